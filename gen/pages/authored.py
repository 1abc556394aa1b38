"""Fill in an author's page whose front matter says `measured: true`: plain values, in a sandbox."""

from __future__ import annotations

import ast
import traceback
from collections.abc import Callable, Mapping
from dataclasses import asdict
from pathlib import Path
from types import MappingProxyType
from typing import Any

from jinja2 import TemplateError
from pydantic.fields import FieldInfo

import actmax
from actmax.errors import ActmaxError
from actmax.networks.cards import card
from actmax.recipe import DEFAULT, METHODS, OVERRIDABLE, Recipe
from gen.pages import citation, markdown
from gen.pages.captions import caption
from gen.pages.contents import Contents
from gen.pages.figures import anchor, commands, figures, numbered
from gen.pages.front import a_or_an, front
from gen.pages.live import live_widget
from gen.pages.markdown import number, percent, rank, setting
from gen.pages.templating import render, sandbox
from gen.plan import addresses
from gen.plan.drawings import DRAWING, PARAMETERIZATIONS, PENALTIES, STEP_SIZES, STEPS
from gen.settings import Settings
from gen.study.comparison import benchmarks
from gen.study.study import Study

OPTIMIZED = {
    "pixels": "pixels",
    "fourier": "Fourier coefficients",
    "generator": "the weights of an untrained generator",
}
"""What is optimized, by parameterization."""

Value = str | int | float | bool | None | list[Any] | dict[str, Any] | Callable[..., str]
"""Plain data, and functions that return text: nothing that leads to an object of the program."""


def filled_in(contents: Contents, path: str, text: str) -> str | None:
    """Return a page with its figures and measurements; None if its front matter does not ask for them.

    Args:
        contents: of the site.
        path: of the page, below docs/.
        text: its Markdown.

    Raises:
        ActmaxError: the page uses something that does not exist or is not allowed; the message names page and line.
    """
    head, _ = markdown.split_front_matter(text)
    if head.get("measured") is not True:
        return None
    try:
        known = values(contents, addresses.of_source(path), numbered(text), str(head.get("title") or ""))
        return sandbox().from_string(text).render(known)
    except Exception as error:
        if not _caused_by_page(error):
            raise
        raise ActmaxError(f"docs/{path}{_line(error)}: {str(error).rstrip('.')}.") from error


def values(
    contents: Contents, here: str = "", numbers: Mapping[str, int] = MappingProxyType({}), title: str = ""
) -> dict[str, Value]:
    """Return all names that a page can use, with their values.

    Args:
        contents: of the site.
        here: the page's address.
        numbers: of its figures, by name.
        title: of the page.
    """
    network, settings = contents.network, contents.plan.settings
    known: dict[str, Value] = {
        "size": settings.size,
        "network": {name: getattr(network, name) for name in ("name", "title", "note", "classes")},
        "presets": {name: dict(method) for name, method in METHODS.items()},
        "methods": _methods(contents),
        "settings_fields": _fields(Settings.model_fields),
        "method_fields": _fields({name: Recipe.model_fields[name] for name in OVERRIDABLE}, METHODS[DEFAULT]),
        "listing": listing,
        "figure": figures(contents, here, numbers),
        "see": {name: f"[figure {number}](#{anchor(name)})" for name, number in numbers.items()},
        "lead": {"name": a_or_an(contents.best[0].label.name), "steps": contents.lead.entry.recipe.steps},
        "recognition": asdict(contents.recognition) if contents.recognition else None,
        "many": _many(),
        **_functions(contents, here, title),
    }
    if contents.study:
        known["study"] = _study(contents, contents.study)
    return known


def _functions(contents: Contents, here: str, title: str) -> dict[str, Value]:
    """Return what a page can call.

    They are closures: through a partial object or a bound method a page would reach what it holds.
    """

    def caption_of(word: str, method: str = "plain") -> str:
        return caption(contents, word, method)

    def front_picture() -> str:
        return front(contents, here)

    def bench() -> str:
        return live_widget(contents, "bench", here)

    def best(count: int = 8) -> str:
        return render("best.md.jinja", here=here, pages=contents.best[: int(count)])

    def figure_commands() -> str:
        return render("commands.md.jinja", commands=commands(contents))

    def cite() -> str:
        year = max(entry.record.provenance.drawn.year for entry in contents.entries.values())
        return f"``` bibtex\n{citation.of_page(title or contents.site.name, here, year, contents.site)}\n```"

    return {
        "caption": caption_of,
        "front": front_picture,
        "live": {"bench": bench} if contents.plan.settings.live else None,
        "best": best,
        "commands": figure_commands,
        "cite": cite,
    }


def listing(name: str) -> str:
    """Return the source of a function of ``actmax.ascent.gradient_ascent``.

    Raises:
        ActmaxError: there is no function of that name.
    """
    text = (Path(actmax.__file__).parent / "ascent/gradient_ascent.py").read_text("utf-8")
    functions = {node.name: node for node in ast.parse(text).body if isinstance(node, ast.FunctionDef)}
    if name not in functions:
        raise ActmaxError(f"listing({name!r}) does not exist: name one of {', '.join(functions)}")
    return ast.get_source_segment(text, functions[name]) or ""


def _methods(contents: Contents) -> dict[str, Any]:
    """Return the fields of each preset, and of each method of the settings."""
    methods = contents.plan.settings.methods
    own = {name: {**METHODS[method.preset], **method.overrides} for name, method in methods.items()}
    return {name: dict(method) for name, method in METHODS.items()} | own


def _fields(fields: Mapping[str, FieldInfo], defaults: Mapping[str, Any] = MappingProxyType({})) -> list[Any]:
    """Return name, default and meaning of each field."""
    return [
        {
            "name": name,
            "default": "" if field.is_required() else setting(defaults.get(name, field.default)),
            "meaning": " ".join((field.description or "").split()),
        }
        for name, field in fields.items()
    ]


def _many() -> dict[str, Any] | None:
    """Return, of the first network measured on many classes, how often its first judge recognizes each method."""
    if not benchmarks():
        return None
    measured = benchmarks()[0]
    judge = measured.evaluation_networks[0]
    return {
        "network": measured.network,
        "classes": measured.classes,
        "judge": card(judge).title,
        "top1": {method: by_judge[judge].top1 for method, by_judge in measured.methods.items()},
    }


def _study(contents: Contents, study: Study) -> dict[str, Any]:
    """Return the measurements of the walk's class, with the rows of pictures for ``figure.row``."""
    name = study.label.name

    def picture(variation: str, title: str, how: str, words: str) -> dict[str, str]:
        file = addresses.variation(variation)
        return {"file": file, "alt": f"The drawing of {name} {how}", "title": title, "words": words}

    def prediction(variation: str) -> str:
        measures = study.variations[variation].measures()
        failed = ", so it failed" if measures.failed else ""
        return f"{percent(measures.probability)}, rank {rank(measures.rank)} of {contents.network.classes}{failed}"

    def step_size(variation: str) -> dict[str, str]:
        entry = study.variations[variation]
        first, last = number(entry.record.activations[0]), number(entry.measures().activation)
        words = f"α = {entry.recipe.step_size:g}, logit from {first} to {last}"
        return picture(variation, variation, f"with a step size that is {variation}", words)

    def parameterization(variation: str) -> dict[str, str]:
        optimized = OPTIMIZED[variation]
        words = f"{study.variations[variation].recipe.steps} steps, {prediction(variation)}"
        return picture(variation, optimized, f"by optimizing {optimized}", words)

    def penalty(variation: str) -> dict[str, str]:
        entry = study.variations[variation]
        weight = entry.recipe.excess_variation_weight
        evaluated = contents.evaluations.get(entry.digest)
        second = f"; {contents.second.title}: rank {rank(evaluated.rank)}" if evaluated and contents.second else ""
        how = f"with a penalty of weight {weight:g}"
        return picture(variation, f"λ = {weight:g}", how, f"{prediction(variation)}{second}")

    return {
        "class": name,
        "layers": [
            {"name": layer.name, "shape": " × ".join(map(str, layer.shape)), "parameters": f"{layer.parameters:,}"}
            for layer in study.layers
        ],
        "steps": STEPS,
        "step_sizes": [step_size(variation) for variation in STEP_SIZES],
        "frames": list(study.variations[DRAWING].record.frames),
        "parameterizations": [parameterization(variation) for variation in PARAMETERIZATIONS],
        "penalties": [penalty(variation) for variation in PENALTIES],
    }


def _caused_by_page(error: Exception) -> bool:
    """Return whether an error arose in the page's own expressions, or in a filter, not in a function that it calls."""
    if isinstance(error, (TemplateError, ActmaxError)):
        return True
    *_, last = traceback.extract_tb(error.__traceback__)
    return last.filename in ("<template>", markdown.__file__) or "jinja2" in last.filename


def _line(error: Exception) -> str:
    """Return the line of an author's page at which an error arose, in words; empty if Jinja does not report it."""
    lines: Mapping[str, int | None] = {
        frame.filename: frame.lineno for frame in traceback.extract_tb(error.__traceback__)
    }
    line = getattr(error, "lineno", None) or lines.get("<template>")  # Jinja's name for a text without a file
    return f", line {line}" if line else ""
