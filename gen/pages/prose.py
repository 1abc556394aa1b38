"""An author's page whose head says `measured: true`, filled in with plain values, in a sandbox."""

from __future__ import annotations

import traceback
from collections.abc import Callable, Mapping
from dataclasses import asdict
from typing import Any

from jinja2 import TemplateError

from actmax.errors import ActmaxError
from actmax.networks.cards import card
from actmax.recipe import DEFAULT, METHODS, OVERRIDABLE, Recipe
from actmax.store.record import Measures
from gen.figures import onion, surface
from gen.figures.onion import UNNAMED
from gen.pages import markdown
from gen.pages.captions import caption
from gen.pages.contents import Contents
from gen.pages.live import easel
from gen.pages.markdown import number, percent, place, setting
from gen.pages.templating import render, sandbox
from gen.plan import addresses
from gen.settings.schema import Settings
from gen.study.comparison import on_many
from gen.study.study import Study
from gen.study.variations import DRAWING, PARAMETERIZATIONS, PENALTIES, STEP_SIZES, STEPS

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
        return sandbox().from_string(text).render(values(contents, addresses.of_source(path)))
    except Exception as error:
        if not _is_the_pages(error):
            raise
        raise ActmaxError(f"docs/{path}{_line(error)}: {str(error).rstrip('.')}.") from error


def values(contents: Contents, here: str = "") -> dict[str, Value]:
    """All that a page at an address can name."""
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
        "settings_fields": _settings_fields(),
        "method_fields": _method_fields(),
        "caption": _caption(contents),
        "figure": _figures(tuple(network.layers) or UNNAMED),
        "live": _live(contents, here) if settings.live else None,
        "best": _best(contents, here),
        "witness": asdict(contents.witnessed) if contents.witnessed else None,
        "many": _many(),
    }
    if contents.study:
        opinions = contents.opinions.measures if contents.opinions else {}
        known["study"] = _study(contents.study, network.classes, opinions)
    return known


# Functions, not partial objects or methods: through those a page would reach what they hold.


def _caption(contents: Contents) -> Callable[..., str]:
    def of_word(word: str, method: str = "plain") -> str:
        return caption(contents, word, method)

    return of_word


def _figures(layers: tuple[str, ...]) -> dict[str, Callable[..., str]]:
    def of_layers(words: str = "") -> str:
        return onion(str(words), layers)

    def of_hill(words: str = "") -> str:
        return surface(str(words))

    return {"onion": of_layers, "surface": of_hill}


def _live(contents: Contents, here: str) -> dict[str, Callable[..., str]]:
    def draw() -> str:
        return easel(contents, "draw", here)

    def bench() -> str:
        return easel(contents, "bench", here)

    return {"draw": draw, "bench": bench}


def _best(contents: Contents, here: str) -> Callable[..., str]:
    def row(count: int = 8) -> str:
        return render("best.md.jinja", here=here, plates=contents.best[: int(count)])

    return row


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
    measured = on_many()
    if not measured:
        return None
    judge = measured[0].judges[0]
    return {
        "network": measured[0].network,
        "classes": measured[0].classes,
        "judge": card(judge).title,
        "first": {method: said[judge].first for method, said in measured[0].methods.items()},
    }


def _study(study: Study, classes: int, opinions: Mapping[str, Measures]) -> dict[str, Any]:
    def step_size(name: str) -> dict[str, Any]:
        entry = study.variations[name]
        return {
            "name": name,
            "file": addresses.variation(name),
            "alpha": entry.recipe.step_size,
            "first": number(entry.record.activations[0]),
            "last": number(entry.measures().activation),
        }

    def way(name: str) -> dict[str, Any]:
        entry = study.variations[name]
        measures = entry.measures()
        failed = ", so it failed" if measures.failed else ""
        return {
            "name": name,
            "file": addresses.variation(name),
            "steps": entry.recipe.steps,
            "verdict": f"{percent(measures.probability)}, place {place(measures.rank)} of {classes}{failed}",
        }

    def penalty(name: str) -> dict[str, Any]:
        entry = study.variations[name]
        opinion = opinions.get(entry.digest)
        return way(name) | {
            "weight": entry.recipe.total_variation,
            "witness": f"place {place(opinion.rank)}" if opinion else "",
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
        "ways": {name: way(name) for name in PARAMETERIZATIONS},
        "penalties": [penalty(name) for name in PENALTIES],
    }


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
