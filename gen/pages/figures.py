"""The numbered figures of an author's page."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from actmax.errors import ActmaxError, quoted
from actmax.networks.labels import slugify
from gen.figures import onion, surface
from gen.figures.onion import UNNAMED
from gen.ledger.file import is_address
from gen.pages import again
from gen.pages.captions import pairs
from gen.pages.contents import Contents
from gen.pages.templating import render
from gen.plan import addresses
from gen.plan.drawings import DRAWING


def numbered(text: str) -> dict[str, int]:
    """The figures of a page, by name, in their order: ``{{ figure.onion("onion") }}`` is one."""
    shown = re.sub(r"\{% *raw *%\}.*?\{% *endraw *%\}|\{#.*?#\}", "", text, flags=re.DOTALL)
    names = dict.fromkeys(match[2] for match in re.finditer(r"\bfigure\.\w+\(\s*([\"'])([a-z0-9-]+)\1", shown))
    return {name: number for number, name in enumerate(names, 1)}


def figures(contents: Contents, here: str, numbers: Mapping[str, int]) -> dict[str, Callable[..., str]]:
    """What a page can call, by name. Functions, not partial objects or methods: through those a page would reach what
    they hold.

    Args:
        contents: of the site.
        here: the page's address.
        numbers: of its figures, by name.
    """
    used: set[str] = set()

    def number(name: object) -> int:
        if not isinstance(name, str) or name not in numbers:
            raise ActmaxError(f"a figure's name is a text of small letters, digits and hyphens, not {quoted(name)}")
        if name in used:
            raise ActmaxError(f"a figure of the name {quoted(name)} stands twice on this page")
        used.add(name)
        return numbers[name]

    def fill(template: str, name: str, words: str, **others: Any) -> str:
        size, classes = contents.plan.settings.size, contents.network.classes
        common = {"number": number(name), "id": anchor(name), "words": str(words)}
        return render(template, here=here, **common, **({"size": size, "classes": classes} | others))

    def of_layers(name: str, words: str = "") -> str:
        drawing = onion(str(words), tuple(contents.network.layers) or UNNAMED)
        return _as_numbered(drawing, number(name), anchor(name))

    def of_hill(name: str, words: str = "") -> str:
        return _as_numbered(surface(str(words)), number(name), anchor(name))

    def row(name: str, pictures: list[Any], words: str = "") -> str:
        return fill("row.md.jinja", name, words, pictures=_pictures(pictures))

    def versus(name: str, group: str, words: str = "", method: str = "plain") -> str:
        found = pairs(contents, str(group), str(method))
        way = "by the iteration alone" if method == "plain" else f"by {method}"
        return fill("versus.md.jinja", name, words, pairs=found, method=way, other="as the gallery draws it")

    def steps(name: str, words: str = "") -> str:
        study = contents.study
        if study is None:
            raise ActmaxError("figure.steps() shows the drawing of the walk, and mkdocs.yml asks for no `walk`")
        entry = study.variations[DRAWING]
        shown = min(256, entry.recipe.size)
        about = {"steps": list(entry.record.frames), "file": addresses.STUDY_FRAMES, "size": shown}
        return fill("steps.md.jinja", name, words, alt=f"The drawing of {study.label.name}", **about)

    return {"onion": of_layers, "surface": of_hill, "row": row, "versus": versus, "steps": steps}


def commands(contents: Contents) -> list[tuple[str, str]]:
    """The figures by their file's name, each with the line for the shell that draws it again."""
    drawings = dict(contents.plan.figures)
    if contents.study:
        drawings |= {addresses.variation(name): drawing for name, drawing in contents.plan.variations.items()}
    return [(address.rpartition("/")[2], again.command(drawing)) for address, drawing in drawings.items()]


def anchor(name: str) -> str:
    """The id of a figure."""
    return f"figure-{slugify(name)}"


def _pictures(values: object) -> list[dict[str, str]]:
    """What a page gives a row to show.

    Raises:
        ActmaxError: it is something else.
    """
    keys = ("file", "alt", "title", "words")
    rows = values if isinstance(values, list) else []
    if not rows or not all(
        isinstance(row, dict) and all(isinstance(row.get(key), str) for key in keys) for row in rows
    ):
        raise ActmaxError(f"a row of pictures is a list, each with {', '.join(keys)}, such as study.ways")
    if unknown := [row["file"] for row in rows if not is_address(row["file"])]:
        raise ActmaxError(f"{quoted(unknown[0])} is no file of the site, such as assets/study/picture.png")
    return rows


def _as_numbered(figure: str, number: int, name: str) -> str:
    """A drawing of ours with its number in front of the caption."""
    link = f'<a class="numbered" href="#{name}">Figure {number}</a> '
    with_id = figure.replace("<figure ", f'<figure id="{name}" ', 1)
    return with_id.replace("<figcaption>", f"<figcaption>{link}", 1)
