"""What the write-up says beneath a figure, measured on the file that is shown."""

from __future__ import annotations

from typing import Any

from actmax.errors import ActmaxError, quoted
from gen.pages.contents import Contents
from gen.pages.markdown import escape, number
from gen.pages.templating import render
from gen.pages.units import of_channel
from gen.plan import addresses


def caption(contents: Contents, word: str, method: str = "plain") -> str:
    """A sentence of Markdown on the drawing of a class or of a channel.

    Args:
        contents: of the site.
        word: what the author calls the class, or a channel such as ``conv4:117`` that has a page.
        method: by which a class is drawn. Where that publishes a figure, the figure's JPEG is what was measured, and
            else the PNG.

    Raises:
        ActmaxError: there is no such drawing.
    """
    if (plate := contents.plan.unit_named(word)) is not None:
        drawing = of_channel(contents, plate)[0]
        return (
            f"**{escape(plate.name)}** after {drawing.variant.recipe.steps} steps: shown this picture, the channel "
            f"answers {number(drawing.measures.activation)}, the mean over its map."
        )
    found = contents.plan.drawn(word, method)
    if found is None:
        raise ActmaxError(f"{unknown(word, method)}.")
    member, variant = found
    jpeg = any(variant.recipe == figure.recipe for figure in contents.plan.figures.values())
    return render(
        "caption.md.jinja",
        member=member,
        variant=variant,
        file="JPEG" if jpeg else "picture",
        measures=contents.entries[variant.recipe.digest()].measures("drawing.jpg" if jpeg else "drawing.png"),
        network=contents.network,
    ).strip()


def unknown(word: str, method: str) -> str:
    """What is said of a caption that there cannot be."""
    call = f"caption({quoted(word)}, {quoted(method)})"
    return f"{call}: no class listed under that word has a drawing by this method"


def pairs(contents: Contents, group: str, method: str) -> list[dict[str, Any]]:
    """A group's figures by a method, and of each the drawing that its page shows first.

    Raises:
        ActmaxError: there is no such group, or the method publishes no figures of it.
    """
    published = {figure.recipe: address for address, figure in contents.plan.figures.items()}
    found = []
    for member in contents.plan.groups.get(group, ()):
        plate = contents.plan.class_page(member.label)
        variant = plate.by_method(method)
        if variant is None or variant.recipe not in published or variant == plate.variants[0]:
            continue
        measures = contents.entries[variant.recipe.digest()].measures("drawing.jpg")
        found.append(
            {
                "word": member.word,
                "stand_in": member.label.name if member.stand_in else "",
                "file": published[variant.recipe],
                "other": addresses.thumbnail(plate.url),
                "page": plate.url,
                "measures": measures,
            }
        )
    if not found:
        raise ActmaxError(
            f"no figures of the group {quoted(group)} are drawn by the method {quoted(method)}, "
            "beside those that their pages show first"
        )
    return found
