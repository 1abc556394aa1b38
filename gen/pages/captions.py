"""Captions for the write-up's figures, measured on the published files."""

from __future__ import annotations

from dataclasses import dataclass

from actmax.errors import ActmaxError, quoted
from actmax.measure.models import Measures
from gen.pages.contents import Contents
from gen.pages.markdown import escape, hundredths
from gen.pages.templating import render
from gen.pages.units import channel_drawings
from gen.plan import addresses


@dataclass(frozen=True)
class Pair:
    """A class by two methods."""

    word: str
    stand_in: str
    """The class that stands in for the author's word; empty if the word names the class."""
    file: str
    """Address of the figure by the first method."""
    other: str
    """Address of the class page's main drawing."""
    page: str
    measures: Measures
    """Of the figure."""
    other_measures: Measures
    """Of the class page's main drawing."""


def caption(contents: Contents, word: str, method: str = "plain") -> str:
    """Return a sentence of Markdown about the drawing of a class or a channel.

    Args:
        contents: of the site.
        word: the author's word for a class, or a channel that has a page, such as ``conv4:117``.
        method: of the drawing, for a class. The measures are those of the figure's JPEG if the method publishes
            figures, otherwise those of the PNG.

    Raises:
        ActmaxError: there is no such drawing.
    """
    if (page := contents.plan.unit_named(word)) is not None:
        drawing = channel_drawings(contents, page)[0]
        return (
            f"**{escape(page.name)}** after {drawing.variant.recipe.steps} steps. The channel's mean activation for "
            f"this picture is {hundredths(drawing.measures.activation)}."
        )
    found = contents.plan.drawn(word, method)
    if found is None:
        raise ActmaxError(f"{no_caption(word, method)}.")
    member, planned = found
    jpeg = any(planned.recipe == figure.recipe for figure in contents.plan.figures.values())
    return render(
        "caption.md.jinja",
        member=member,
        variant=planned,
        file="JPEG" if jpeg else "picture",
        measures=contents.entries[planned.digest].measures("drawing.jpg" if jpeg else "drawing.png"),
        network=contents.network,
    ).strip()


def no_caption(word: str, method: str) -> str:
    """Return the error message for a caption without a drawing."""
    call = f"caption({quoted(word)}, {quoted(method)})"
    return f"{call}: no class listed under that word has a drawing by this method"


def pairs(contents: Contents, group: str, method: str) -> list[Pair]:
    """Return a group's figures by a method, each with the main drawing of its class page.

    Raises:
        ActmaxError: there is no such group, or the method publishes no figures of it.
    """
    published = {figure.recipe: address for address, figure in contents.plan.figures.items()}
    found = []
    for member in contents.plan.groups.get(group, ()):
        page = contents.plan.class_page(member.label)
        planned = page.by_method(method)
        if planned is None or planned.recipe not in published or planned == page.main:
            continue
        found.append(
            Pair(
                word=member.word,
                stand_in=member.label.name if member.stand_in else "",
                file=published[planned.recipe],
                other=addresses.thumbnail(page.url),
                page=page.url,
                measures=contents.entries[planned.digest].measures("drawing.jpg"),
                other_measures=contents.entries[page.main.digest].measures(),
            )
        )
    if not found:
        raise ActmaxError(
            f"the method {quoted(method)} publishes no figures of the group {quoted(group)} besides main drawings"
        )
    return found
