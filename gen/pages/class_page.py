"""The page of one class: its drawings, their measures, how they are made again, and all files beside it."""

from __future__ import annotations

from collections.abc import Iterator

from actmax.networks.labels import Label
from gen.figures import curve
from gen.ledger import kept
from gen.pages import again, citation, data, pictures
from gen.pages.anchors import keeping
from gen.pages.contents import Contents, File
from gen.pages.drawing import Drawing
from gen.pages.live import live_widget
from gen.pages.redirects import redirect
from gen.pages.templating import render
from gen.plan import ClassPage, addresses

NEIGHBOURS = 8
"""How many classes of the same group a page shows, at most."""


def class_page(
    contents: Contents, plate: ClassPage, before: ClassPage | None, after: ClassPage | None
) -> Iterator[File]:
    """All that lies below a class's address, and the redirects that lead there.

    Args:
        contents: of the site.
        plate: the class.
        before: the class before it in the author's order, if any.
        after: the class after it.
    """
    drawings = contents.drawings[plate.label]
    page = render(
        "class.md.jinja",
        here=plate.url,
        plate=plate,
        drawings=drawings,
        before=before,
        after=after,
        gone_anchors=kept.gone_anchors(contents.published, plate),
        neighbours={group: _neighbours(contents, plate, group) for group in plate.groups},
        network=contents.network,
        second=contents.second,
        place=contents.place,
        pages=contents.drawings.keys(),
        curve=_curve(plate.label, drawings[0]),
        again=again,
        contributors=contents.units.contributors.get(plate.label, {}) if contents.units else {},
        plan=contents.plan,
        live_widget=live_widget(contents, "class", plate.url, plate.label),
        citations=[
            citation.bibtex(drawing, plate.label, contents.network.title, contents.place) for drawing in drawings
        ],
    )
    yield addresses.source(plate.url), keeping(contents.published, plate.url, page)
    for drawing in drawings:
        yield drawing.frames, drawing.entry.read("frames.webp")
        if (cut := pictures.cutout(drawing.entry)) is not None:
            yield drawing.cutout, cut
        yield drawing.data, data.of_drawing(contents, plate, drawing)
    yield addresses.thumbnail(plate.url), pictures.thumbnail(drawings[0].entry)
    for alias in plate.aliases:
        yield redirect(alias, plate.url, plate.label.name, contents.place)


def _curve(label: Label, drawing: Drawing) -> str:
    """The activation over the steps of the main drawing."""
    record, first = drawing.entry.record, drawing.first_win
    if first is not None:
        won = f"; the dashed line is where {label.name} first comes first."
    else:
        won = f"; {label.name} never came first in these views." if record.wins else "."
    caption = f"Activation of {label.name} before each step, in the view that the ascent saw{won}"
    return curve(record.activations, drawing.steps, first, caption)


def _neighbours(contents: Contents, plate: ClassPage, group: str) -> list[ClassPage]:
    """The classes that stand around a class in a group, without itself."""
    members = list(dict.fromkeys(member.label for member in contents.plan.groups[group]))
    place = members.index(plate.label)
    members.remove(plate.label)
    start = max(0, min(place - NEIGHBOURS // 2, len(members) - NEIGHBOURS))
    return [contents.plan.class_page(label) for label in members[start : start + NEIGHBOURS]]
