"""An author's page whose head says `measured: true`, filled in with plain values, in a sandbox."""

from __future__ import annotations

import ast
import traceback
from collections.abc import Callable, Mapping
from dataclasses import asdict
from pathlib import Path
from types import MappingProxyType
from typing import Any

from jinja2 import TemplateError

import actmax
from actmax.errors import ActmaxError
from actmax.measure.models import Measures
from actmax.networks.cards import card
from actmax.recipe import DEFAULT, METHODS, OVERRIDABLE, Recipe
from gen.pages import citation, markdown
from gen.pages.captions import caption
from gen.pages.contents import Contents
from gen.pages.figures import anchor, commands, figures, numbered
from gen.pages.live import live_widget
from gen.pages.markdown import number, percent, place, setting
from gen.pages.templating import render, sandbox
from gen.plan import addresses
from gen.plan.drawings import DRAWING, PARAMETERIZATIONS, PENALTIES, STEP_SIZES, STEPS
from gen.settings.schema import Settings
from gen.study.comparison import benchmarks
from gen.study.evaluation import Evaluation
from gen.study.study import Study

MOVED = {"pixels": "its pixels", "fourier": "its waves", "generator": "the weights of an untrained generator"}
"""What a parameterization moves, in words."""

Value = str | int | float | bool | None | list[Any] | dict[str, Any] | Callable[..., str]
"""Plain data, and functions that return text: nothing that leads to an object of the program."""


def filled_in(contents: Contents, path: str, text: str) -> str | None:
    """The page with its figures and measurements; None if its head does not ask for them.

    Args:
        contents: of the site.
        path: of the page, below docs/.
        text: its Markdown.

    Raises:
        ActmaxError: the page asks for what is not there, or for what no page may have; the message names page and
            line.
    """
    head, _ = markdown.split_front_matter(text)
    if head.get("measured") is not True:
        return None
    try:
        known = values(contents, addresses.of_source(path), numbered(text), str(head.get("title") or ""))
        return sandbox().from_string(text).render(known)
    except Exception as error:
        if not _is_the_pages(error):
            raise
        raise ActmaxError(f"docs/{path}{_line(error)}: {str(error).rstrip('.')}.") from error


def values(
    contents: Contents, here: str = "", numbers: Mapping[str, int] = MappingProxyType({}), title: str = ""
) -> dict[str, Value]:
    """All that a page can name.

    Args:
        contents: of the site.
        here: the page's address.
        numbers: of its figures, by name.
        title: of the page.
    """
    network, settings = contents.network, contents.plan.settings
    known: dict[str, Value] = {
        "size": settings.size,
        "network": {
            "name": network.name,
            "title": network.title,
            "note": network.note,
            "classes": network.classes,
        },
        "presets": {name: dict(method) for name, method in METHODS.items()},
        "methods": _methods(contents),
        "settings_fields": _settings_fields(),
        "method_fields": _method_fields(),
        "caption": _caption(contents),
        "listing": listing,
        "figure": figures(contents, here, numbers),
        "see": {name: f"[figure {number}](#{anchor(name)})" for name, number in numbers.items()},
        "live": _live(contents, here) if settings.live else None,
        "best": _best(contents, here),
        "commands": _commands(contents),
        "cite": _cite(contents, here, title),
        "witness": asdict(contents.witnessed) if contents.witnessed else None,
        "many": _many(),
    }
    if contents.study:
        judge, opinions = ("", {}) if contents.evaluation is None else _judge(contents.evaluation)
        known["study"] = _study(contents.study, network.classes, judge, opinions)
    return known


# Functions, not partial objects or methods: through those a page would reach what they hold.


def _caption(contents: Contents) -> Callable[..., str]:
    def of_word(word: str, method: str = "plain") -> str:
        return caption(contents, word, method)

    return of_word


def _live(contents: Contents, here: str) -> dict[str, Callable[..., str]]:
    def draw() -> str:
        return live_widget(contents, "draw", here)

    def bench() -> str:
        return live_widget(contents, "bench", here)

    return {"draw": draw, "bench": bench}


def _best(contents: Contents, here: str) -> Callable[..., str]:
    def row(count: int = 8) -> str:
        return render("best.md.jinja", here=here, plates=contents.best[: int(count)])

    return row


def _commands(contents: Contents) -> Callable[..., str]:
    def of_figures() -> str:
        return render("commands.md.jinja", lines=commands(contents))

    return of_figures


def _cite(contents: Contents, here: str, title: str) -> Callable[..., str]:
    def of_page() -> str:
        years = [entry.record.provenance.drawn.year for entry in contents.entries.values()]
        return f"``` bibtex\n{citation.of_page(title or contents.place.name, here, max(years), contents.place)}\n```"

    return of_page


def listing(name: str) -> str:
    """The source of a function of the iteration itself, as it was when the site was built.

    Raises:
        ActmaxError: there is none of that name.
    """
    text = (Path(actmax.__file__).parent / "ascent/gradient_ascent.py").read_text("utf-8")
    functions = {node.name: node for node in ast.parse(text).body if isinstance(node, ast.FunctionDef)}
    if name not in functions:
        raise ActmaxError(f"listing({name!r}) is not there: name one of {', '.join(functions)}")
    return ast.get_source_segment(text, functions[name]) or ""


def _methods(contents: Contents) -> dict[str, Any]:
    """What each method comes to on this site: a preset by its own name, and what the author changed of it."""
    own = {
        name: {**METHODS[method.preset], **method.overrides} for name, method in contents.plan.settings.methods.items()
    }
    return {name: dict(method) for name, method in METHODS.items()} | own


def _settings_fields() -> list[Any]:
    return [
        {
            "name": name,
            "default": "" if field.is_required() else setting(field.default),
            "meaning": " ".join((field.description or "").split()),
        }
        for name, field in Settings.model_fields.items()
    ]


def _method_fields() -> list[Any]:
    fields = {name: Recipe.model_fields[name] for name in OVERRIDABLE}
    return [
        {
            "name": name,
            "default": setting(METHODS[DEFAULT].get(name, field.default)),
            "meaning": " ".join((field.description or "").split()),
        }
        for name, field in fields.items()
    ]


def _many() -> dict[str, Any] | None:
    """What the first judge says of many classes' drawings, by method; of the first network that was measured."""
    results = benchmarks()
    if not results:
        return None
    judge = results[0].evaluation_networks[0]
    return {
        "network": results[0].network,
        "classes": results[0].classes,
        "judge": card(judge).title,
        "first": {method: said[judge].top1 for method, said in results[0].methods.items()},
    }


def _study(study: Study, classes: int, judge: str, opinions: Mapping[str, Measures]) -> dict[str, Any]:
    def step_size(name: str) -> dict[str, Any]:
        entry = study.variations[name]
        first, last = number(entry.record.activations[0]), number(entry.measures().activation)
        return {
            "file": addresses.variation(name),
            "alt": f"The drawing of {study.label.name} with a step size that is {name}",
            "title": name,
            "words": f"α = {entry.recipe.step_size:g}, logit from {first} to {last}",
        }

    def verdict(name: str) -> str:
        measures = study.variations[name].measures()
        failed = ", so it failed" if measures.failed else ""
        return f"{percent(measures.probability)}, place {place(measures.rank)} of {classes}{failed}"

    def way(name: str, moved: str) -> dict[str, Any]:
        return {
            "file": addresses.variation(name),
            "alt": f"The drawing of {study.label.name} by moving {moved}",
            "title": moved,
            "words": f"{study.variations[name].recipe.steps} steps, {verdict(name)}",
        }

    def penalty(name: str) -> dict[str, Any]:
        entry = study.variations[name]
        opinion = opinions.get(entry.digest)
        witness = f"; {judge}: place {place(opinion.rank)}" if opinion else ""
        return {
            "file": addresses.variation(name),
            "alt": f"{study.label.name} drawn with a penalty of weight {entry.recipe.total_variation_weight:g}",
            "title": f"λ = {entry.recipe.total_variation_weight:g}",
            "words": f"{verdict(name)}{witness}",
        }

    return {
        "class": study.label.name,
        "layers": [
            {"name": layer.name, "shape": " × ".join(map(str, layer.shape)), "parameters": f"{layer.parameters:,}"}
            for layer in study.layers
        ],
        "steps": STEPS,
        "step_sizes": [step_size(name) for name in STEP_SIZES],
        "frames": list(study.variations[DRAWING].record.frames),
        "ways": [way(name, MOVED[name]) for name in PARAMETERIZATIONS],
        "penalties": [penalty(name) for name in PENALTIES],
    }


def _judge(opinions: Evaluation) -> tuple[str, Mapping[str, Measures]]:
    return opinions.network.title, opinions.measures


def _is_the_pages(error: Exception) -> bool:
    """Whether it arose in the page's own expressions, or in a filter that was given something odd, not in what the
    functions do that it may call."""
    if isinstance(error, (TemplateError, ActmaxError)):
        return True
    *_, last = traceback.extract_tb(error.__traceback__)
    return last.filename in ("<template>", markdown.__file__) or "jinja2" in last.filename


def _line(error: Exception) -> str:
    """Where in an author's page an error arose, in words; empty where Jinja does not tell."""
    passed: Mapping[str, int | None] = {
        frame.filename: frame.lineno for frame in traceback.extract_tb(error.__traceback__)
    }
    line = getattr(error, "lineno", None) or passed.get("<template>")  # Jinja's name for a text of no file
    return f", line {line}" if line else ""
