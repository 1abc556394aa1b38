"""The page of a class: its drawings, their measures, how to draw them again, and the files beside it."""

from __future__ import annotations

from collections.abc import Iterator

from actmax.networks.cards import LOGITS
from actmax.networks.labels import Label
from gen.figures import curve
from gen.ledger import kept
from gen.pages import citation, data, pictures
from gen.pages.card import class_card
from gen.pages.contents import Contents, File
from gen.pages.drawing import Drawing
from gen.pages.live import live_widget
from gen.pages.redirects import redirect
from gen.pages.rendering import render_page
from gen.plan import ClassPage, addresses

NEIGHBORS = 8
"""How many classes of the same group a page links to, at most."""


def class_page(
    contents: Contents, page: ClassPage, previous: ClassPage | None, following: ClassPage | None
) -> Iterator[File]:
    """Yield everything below a class's address, and the redirects that lead there.

    Args:
        contents: of the site.
        page: of the class.
        previous: the page before it in the author's order, if any.
        following: the page after it.
    """
    drawings = contents.drawings[page.label]
    yield render_page(
        contents,
        page.url,
        "class.md.jinja",
        page=page,
        drawings=drawings,
        previous=previous,
        following=following,
        recorded=contents.published.addresses,
        gone_anchors=kept.gone_anchors(contents.published, page),
        neighbors={group: _neighbors(contents, page, group) for group in page.groups},
        curves=[_curve(page.label, drawing) for drawing in drawings],
        contributors=contents.units.contributors.get(page.label, {}) if contents.units else {},
        examples=contents.examples.get((LOGITS, page.label.index)),
        live_widget=live_widget(contents, "class", page.url, page.label),
        citations=[citation.bibtex(each, page.label, contents.network.title, contents.site) for each in drawings],
        embeddings=[citation.embedding(each, page.label, contents.network.title, contents.site) for each in drawings],
    )
    for drawing in drawings:
        yield drawing.frames, drawing.entry.read("frames.webp")
        if (cutout := pictures.cutout(drawing.entry)) is not None:
            yield drawing.cutout, cutout
        yield drawing.data, data.of_drawing(contents, page, drawing)
        if len(drawings) > 1:
            yield drawing.thumbnail, pictures.thumbnail(drawing.entry)
    yield addresses.thumbnail(page.url), pictures.thumbnail(drawings[0].entry)
    yield addresses.card(page.url), class_card(drawings[0], page.label.name, contents.network.title)
    for alias in page.aliases:
        yield redirect(alias, page.url, page.label.name, contents.site)


def _curve(label: Label, drawing: Drawing) -> str:
    """Return the figure of a drawing's activation over the steps."""
    record, first = drawing.entry.record, drawing.first_win
    if first is not None:
        won = f"; the dashed line marks where {label.name} first is the top-1 prediction."
    else:
        won = f"; {label.name} is never the top-1 prediction in these views." if record.wins else "."
    caption = f"Activation of {label.name} before each step, in the augmented view of that step{won}"
    return curve(record.activations, drawing.steps, first, caption)


def _neighbors(contents: Contents, page: ClassPage, group: str) -> list[ClassPage]:
    """Return the classes around a class in a group, without itself."""
    members = list(dict.fromkeys(member.label for member in contents.plan.groups[group]))
    position = members.index(page.label)
    members.remove(page.label)
    start = max(0, min(position - NEIGHBORS // 2, len(members) - NEIGHBORS))
    return [contents.plan.class_page(label) for label in members[start : start + NEIGHBORS]]
