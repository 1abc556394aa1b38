"""The numbered figures of an author's page."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from itertools import count
from typing import Any

from actmax.errors import ActmaxError, quoted
from actmax.networks.labels import slugify
from gen.figures import onion, surface
from gen.figures.onion import UNNAMED
from gen.ledger.file import is_address
from gen.pages import reproduce
from gen.pages.captions import pairs
from gen.pages.contents import Contents
from gen.pages.templating import render
from gen.plan import addresses
from gen.plan.drawings import DRAWING
from gen.study import Study


def numbered(text: str) -> dict[str, int]:
    """Return the numbers of a page's figures by name, in their order: ``{{ figure.onion("onion") }}`` is one."""
    shown = re.sub(r"\{% *raw *%\}.*?\{% *endraw *%\}|\{#.*?#\}", "", text, flags=re.DOTALL)
    names = dict.fromkeys(match[2] for match in re.finditer(r"\bfigure\.\w+\(\s*([\"'])([a-z0-9-]+)\1", shown))
    return {name: number for number, name in enumerate(names, 1)}


def kinds(text: str) -> set[str]:
    """Return the kinds of a page's figures: ``{{ figure.onion("onion") }}`` is an ``onion``."""
    return set(re.findall(r"\bfigure\.(\w+)\(", text))


def figures(contents: Contents, here: str, numbers: Mapping[str, int]) -> dict[str, Callable[..., str]]:
    """Return the functions that a page can call, by name.

    They are closures: through a partial object or a bound method a page would reach what it holds.

    Args:
        contents: of the site.
        here: the page's address.
        numbers: of its figures, by name.
    """
    used: set[str] = set()

    def number(name: object) -> int:
        if not isinstance(name, str) or name not in numbers:
            raise ActmaxError(f"a figure's name consists of small letters, digits and hyphens: {quoted(name)} does not")
        if name in used:
            raise ActmaxError(f"two figures on this page are named {quoted(name)}")
        used.add(name)
        return numbers[name]

    def fill(template: str, name: str, words: str, **others: Any) -> str:
        common = {
            "number": number(name),
            "id": anchor(name),
            "words": str(words),
            "size": contents.plan.settings.size,
            "classes": contents.network.classes,
        }
        return render(template, here=here, **(common | others))

    def of_layers(name: str, words: str = "") -> str:
        drawing = onion(str(words), tuple(contents.network.layers) or UNNAMED)
        return _with_number(drawing, number(name), anchor(name))

    def of_surface(name: str, words: str = "") -> str:
        return _with_number(surface(str(words)), number(name), anchor(name))

    def row(name: str, pictures: list[Any], words: str = "") -> str:
        return fill("row.md.jinja", name, words, pictures=_checked_pictures(pictures))

    def versus(name: str, group: str, words: str = "", method: str = "plain") -> str:
        title = "plain gradient ascent" if method == "plain" else f"by {method}"
        found = pairs(contents, str(group), str(method))
        return fill("versus.md.jinja", name, words, pairs=found, method=title, other="with the gallery's method")

    def study_for(kind: str) -> Study:
        if contents.study is None:
            raise ActmaxError(f"figure.{kind}() shows the drawing of the walk, and mkdocs.yml has no `walk`")
        return contents.study

    def steps(name: str, words: str = "") -> str:
        study = study_for("steps")
        entry = study.variations[DRAWING]
        return fill(
            "steps.md.jinja",
            name,
            words,
            alt=f"The drawing of {study.label.name}",
            steps=list(entry.record.frames),
            file=addresses.STUDY_FRAMES,
            size=min(256, entry.recipe.size),
        )

    def strip(name: str, words: str = "") -> str:
        study = study_for("strip")
        frames = list(study.variations[DRAWING].record.frames)
        half = -(-len(frames) // 2)
        return fill(
            "strip.md.jinja",
            name,
            words,
            alt=f"Noise, and the drawing of {study.label.name}",
            parts=[frames[:half], frames[half:]],
            file=addresses.STUDY_FRAMES,
        )

    def photograph(name: str, words: str = "") -> str:
        if contents.photograph is None:
            raise ActmaxError("figure.photograph() needs `photo` and `walk` in mkdocs.yml")
        return fill("photograph.md.jinja", name, words, photograph=contents.photograph)

    def script(name: str, words: str = "") -> str:
        if contents.script is None:
            raise ActmaxError("figure.script() shows what a script saves, and it has not been run")
        return fill("script.md.jinja", name, words, measures=contents.script.measures)

    return {
        "onion": of_layers,
        "surface": of_surface,
        "row": row,
        "versus": versus,
        "steps": steps,
        "strip": strip,
        "photograph": photograph,
        "script": script,
    }


def commands(contents: Contents) -> list[tuple[str, str]]:
    """Return the file name of each figure, and the shell command that draws it again."""
    drawings = dict(contents.plan.figures)
    if contents.study:
        drawings |= {addresses.variation(name): drawing for name, drawing in contents.plan.variations.items()}
    return [
        (address.rpartition("/")[2], reproduce.command(drawing, contents.plan.source))
        for address, drawing in drawings.items()
    ]


def anchor(name: str) -> str:
    """Return the id of a figure."""
    return f"figure-{slugify(name)}"


def _checked_pictures(values: object) -> list[dict[str, str]]:
    """Return what a page passes to ``figure.row`` if it is a list of pictures.

    Raises:
        ActmaxError: it is something else.
    """
    keys = ("file", "alt", "title", "words")
    rows = values if isinstance(values, list) else []
    if not rows or not all(
        isinstance(row, dict) and all(isinstance(row.get(key), str) for key in keys) for row in rows
    ):
        raise ActmaxError(f"a row of pictures is a list, each with {', '.join(keys)}, such as study.parameterizations")
    if unknown := [row["file"] for row in rows if not is_address(row["file"])]:
        raise ActmaxError(f"{quoted(unknown[0])} is not a file of the site, such as assets/study/picture.png")
    return rows


def in_order() -> Callable[[str], str]:
    """Return a function that numbers the figures of a generated page, from 1; no figure stays none."""
    numbers = count(1)

    def numbered(figure: str) -> str:
        number = next(numbers) if figure else 0
        return _with_number(figure, number, anchor(str(number))) if number else ""

    return numbered


def _with_number(figure: str, number: int, name: str) -> str:
    """Return a figure with an id, and with its number before the caption."""
    link = f'<a class="numbered" href="#{name}">Figure {number}.</a> '
    with_id = figure.replace("<figure ", f'<figure id="{name}" ', 1)
    return with_id.replace("<figcaption>", f"<figcaption>{link}", 1)
