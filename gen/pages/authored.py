"""Fill in an author's page whose front matter says `measured: true`: plain values, in a sandbox."""

from __future__ import annotations

import ast
import re
import traceback
from collections.abc import Callable, Mapping
from dataclasses import asdict
from datetime import UTC, date, datetime
from pathlib import Path
from types import MappingProxyType
from typing import Any

from jinja2 import TemplateError
from pydantic.fields import FieldInfo

import actmax
from actmax.errors import ActmaxError
from actmax.networks.cards import card
from actmax.networks.weights import metadata
from actmax.recipe import DEFAULT, METHODS, OVERRIDABLE, Recipe
from gen.pages import citation, markdown
from gen.pages.calls import replaced
from gen.pages.captions import caption
from gen.pages.contents import Contents
from gen.pages.embedded import drawing_function
from gen.pages.figures import anchor, commands, figures, numbered
from gen.pages.front import a_or_an, front
from gen.pages.live import live_widget
from gen.pages.markdown import percent, rank, setting, tenths
from gen.pages.templating import render, sandbox
from gen.plan import addresses
from gen.plan.classes import ClassPage
from gen.plan.drawings import DRAWING, PARAMETERIZATIONS, PENALTIES, STEP_SIZES, STEPS
from gen.settings import Settings
from gen.study.comparison import benchmarks
from gen.study.photograph import Photograph
from gen.study.script import SCRIPT
from gen.study.study import Study

OPTIMIZED = {
    "pixels": "pixels",
    "fourier": "Fourier coefficients",
    "generator": "the weights of an untrained generator",
}
"""What is optimized, by parameterization."""

PLAIN = PARAMETERIZATIONS["pixels"]
"""The method without a regularizer."""
WORDS_PER_MINUTE = 230
"""How fast an adult reads English prose (Brysbaert 2019: 238 words a minute)."""

Value = str | int | float | bool | None | list[Any] | dict[str, Any] | Callable[..., str]
"""Plain data, and functions that return text: nothing that leads to an object of the program."""


def filled_in(contents: Contents, path: str, text: str) -> str | None:
    """Return a page with its figures and measurements; None if it has none.

    Those of a page whose front matter says ``measured: true`` are expressions; any other page may have drawings.

    Args:
        contents: of the site.
        path: of the page, below docs/.
        text: its Markdown.

    Raises:
        ActmaxError: the page uses something that does not exist or is not allowed; the message names page and line.
    """
    head, _ = markdown.split_front_matter(text)
    here = addresses.of_source(path)
    if head.get("measured") is not True:
        return replaced(text, drawing_function(contents, here))
    try:
        known = values(contents, here, numbered(text), str(head.get("title") or ""))
        known["byline"] = _byline(contents, head.get("date"), text)
        return markdown.declining(sandbox().from_string(text).render(known), head)
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
        "network": {
            **{name: getattr(network, name) for name in ("name", "title", "note", "classes")},
            "accuracy": _accuracy(metadata(network.file) if network.file else {}),
        },
        "presets": {name: dict(method) for name, method in METHODS.items()},
        "methods": _methods(contents),
        "settings_fields": _fields(Settings.model_fields),
        "method_fields": _fields({name: Recipe.model_fields[name] for name in OVERRIDABLE}, METHODS[DEFAULT]),
        "listing": listing,
        "figure": figures(contents, here, numbers),
        "see": {name: f"[figure {number}](#{anchor(name)})" for name, number in numbers.items()},
        "lead": _lead(contents),
        "recognition": _recognition(contents, here),
        "many": _many(),
        **_functions(contents, here, title),
    }
    if contents.photograph:
        known["photograph"] = _photograph(contents.photograph)
    if contents.study:
        known["study"] = _study(contents, contents.study)
    return known


def _recognition(contents: Contents, here: str) -> dict[str, Any] | None:
    """Return how many classes the evaluation network recognizes, and the one of which it recognizes the least, if that
    is not in its top 5 although the target network recognizes it; None without an evaluation network."""
    if contents.recognition is None:
        return None
    only = [page for page in contents.best if contents.drawings[page.label][0].only_by_target]
    return asdict(contents.recognition) | {"worst": _worst(contents, here, only[-1]) if only else None}


def _worst(contents: Contents, here: str, page: ClassPage) -> dict[str, Any]:
    drawing = contents.drawings[page.label][0]
    return {
        "name": page.label.name,
        "link": addresses.markdown_link(here, page.url),
        "rank": drawing.evaluation.rank if drawing.evaluation else None,
        "prediction": drawing.second_top[0][0].name,
    }


def _lead(contents: Contents) -> dict[str, Any] | None:
    """Return what the front page's picture shows; None without a class."""
    if not contents.plan.class_pages:
        return None
    return {"name": a_or_an(contents.best[0].label.name), "steps": contents.lead.entry.recipe.steps}


def _byline(contents: Contents, published: object, text: str) -> Callable[[], str]:
    """Return the function for author, date, reading time and citation of a page."""

    def byline(role: str = "") -> str:
        when = published if isinstance(published, date) else None
        author = contents.site.author and f"{role} {contents.site.author}".strip()
        return render("byline.md.jinja", author=author, date=when, minutes=reading_time(text))

    return byline


def _functions(contents: Contents, here: str, title: str) -> dict[str, Value]:
    """Return what a page can call.

    They are closures: through a partial object or a bound method a page would reach what it holds.
    """
    settings = contents.plan.settings

    def caption_of(word: str, method: str = "plain") -> str:
        return caption(contents, word, method)

    def front_picture() -> str:
        if not contents.plan.class_pages:
            raise ActmaxError("front() shows a class of the gallery, and there is none")
        return front(contents, here)

    def bench() -> str:
        return live_widget(contents, "bench", here)

    def best(count: int = 8) -> str:
        return render("best.md.jinja", here=here, pages=contents.best[: int(count)])

    def figure_commands() -> str:
        return render("commands.md.jinja", commands=commands(contents))

    def drawn(method: str) -> str:
        row = next((row for row in contents.comparison if row.method.name == method), None)
        label = contents.plan.walk
        if row is None or label not in row.drawings:
            return ""
        return render("drawn.md.jinja", here=here, row=row, label=label, size=settings.size)

    def cite() -> str:
        years = (entry.record.provenance.drawn.year for entry in contents.entries.values())
        year = max(years, default=datetime.now(UTC).year)
        return f"``` bibtex\n{citation.of_page(title or contents.site.name, here, year, contents.site)}\n```"

    return {
        "caption": caption_of,
        "front": front_picture,
        "live": {"bench": bench} if contents.plan.live else None,
        "best": best,
        "commands": figure_commands,
        "cite": cite,
        "drawn": drawn,
        "drawing": drawing_function(contents, here),
    }


def listing(name: str) -> str:
    """Return the source of a function of ``actmax.ascent.gradient_ascent``, or the write-up's ``script``.

    Raises:
        ActmaxError: there is no function of that name.
    """
    if name == "script":
        return SCRIPT.read_text("utf-8").rstrip()
    text = (Path(actmax.__file__).parent / "ascent/gradient_ascent.py").read_text("utf-8")
    functions = {node.name: node for node in ast.parse(text).body if isinstance(node, ast.FunctionDef)}
    if name not in functions:
        raise ActmaxError(f"listing({name!r}) does not exist: name one of {', '.join([*functions, 'script'])}")
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


def _accuracy(about: Mapping[str, str]) -> dict[str, int] | None:
    """Return how many of the held-out photographs a trained network classifies correctly, by its file's header."""
    share, held = about.get("accuracy", ""), re.match(r"\d+", about.get("held out", ""))
    if held is None or not re.fullmatch(r"[01]\.\d+", share):
        return None
    count = int(held[0])
    return {"right": round(float(share) * count), "count": count}


def _many() -> dict[str, Any] | None:
    """Return, of the first network measured on many classes, how many of each method's drawings its first evaluation
    network recognizes: without a regularizer, with one, and with the gallery's method."""
    if not benchmarks():
        return None
    measured = benchmarks()[0]
    judge = measured.evaluation_networks[0]
    top1 = {name: round(by_judge[judge].top1 * measured.classes) for name, by_judge in measured.methods.items()}
    return {
        "network": measured.network,
        "classes": measured.classes,
        "judge": card(judge).title,
        "top1": top1,
        "none": top1[PLAIN],
        "one": [count for name, count in top1.items() if name not in PARAMETERIZATIONS.values()],
        "all": top1[DEFAULT],
    }


def _photograph(photograph: Photograph) -> dict[str, Any]:
    """Return the predictions for the photograph, and what became of it after small steps."""
    measured = photograph.adversarial
    return {
        "before": [[label.name, probability] for label, probability in photograph.before],
        "after": [[label.name, probability] for label, probability in photograph.after],
        "steps": measured.steps,
        "change": measured.change,
        "failed": measured.after.failed,
        "logits": [measured.before.activation, measured.after.activation],
    }


def reading_time(text: str) -> int:
    """Return how many minutes a page takes to read: its words without code, tags and front matter."""
    _, body = markdown.split_front_matter(text)
    prose = re.sub(r"^```.*?^```|\{[%#].*?[%#]\}|\$\$.*?\$\$|<[^>]*>", " ", body, flags=re.DOTALL | re.MULTILINE)
    return max(1, round(len(re.findall(r"[^\W\d_][\w'-]*", prose)) / WORDS_PER_MINUTE))


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
        first, *_, last = map(tenths, entry.record.activations)
        published = tenths(entry.measures().activation)
        words = f"logit {first} at the start, {last} before the last step, {published} in the file"
        title, how = f"α = {entry.recipe.step_size:,g}, {variation}", f"with a step size of {entry.recipe.step_size:g}"
        return picture(variation, title, how, words) | {"lowest": tenths(min(entry.record.activations))}

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
        "judged": _judged(contents, study),
    }


def _judged(contents: Contents, study: Study) -> dict[str, Any] | None:
    """Return the evaluation network's rank of the class for each penalty."""
    evaluated = {name: contents.evaluations.get(study.variations[name].digest) for name in PENALTIES}
    ranks = {name: measures.rank for name, measures in evaluated.items() if measures and measures.rank}
    if contents.second is None or len(ranks) < len(PENALTIES):
        return None
    return {"network": contents.second.title, "rank": ranks}


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
