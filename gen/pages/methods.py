"""The page that compares the methods: their drawings, their measures, what each gains and costs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import partial

from actmax.networks.cards import card
from gen.compared import COMPARED, preset
from gen.figures import chart
from gen.pages import pictures
from gen.pages.contents import Contents, File
from gen.pages.drawing import TOP
from gen.pages.markdown import share
from gen.pages.rendering import render_page
from gen.plan import addresses
from gen.study.comparison import Benchmark, Curves, Recognition, Row, benchmarks, budget, curves

WIDTH = 160
"""Width of a drawing in the table, in pixels."""
TITLES = {**{method.name: method.title for method in COMPARED}, "horama-maco": "Horama's own MACO"}
CHARTED, LARGEST = ("mahendran", "robust", "smooth"), 512
"""The methods in the chart over the number of steps, and its last number."""


@dataclass(frozen=True)
class Summary:
    """Measures of one method's drawings on this page."""

    row: Row
    seconds: float
    """Mean time of a drawing."""
    target_top1: int
    """How many drawings the target network classifies correctly."""
    top1: int
    """How many the evaluation network recognizes."""
    top5: int
    logit: float | None
    """Mean logit of the class in the evaluation network; None without one."""


def methods(contents: Contents) -> Iterator[File]:
    """Yield the page, and its drawings in two sizes."""
    here, settings, many, budgets = addresses.METHODS, contents.plan.settings, benchmarks(), curves()
    yield render_page(
        contents,
        here,
        "methods.md.jinja",
        labels=settings.comparison.classes if settings.comparison else (),
        summaries=[_summary(row, contents) for row in contents.comparison],
        budget=budget(),
        many=many,
        curves=[(measured, _table(measured), _charts(measured)) for measured in budgets],
        judge_titles={
            name: card(name).title
            for names in [each.evaluation_networks for each in many] + [each.evaluation_networks for each in budgets]
            for name in names
        },
        titles=TITLES,
        of_pixels=_of_pixels,
        link=partial(_link, here),
        width=min(WIDTH, settings.size),
    )
    for row in contents.comparison:
        for label, entry in row.drawings.items():
            yield addresses.compared(row.method.name, label.slug), pictures.lossless(entry)
            yield addresses.compared_thumbnail(row.method.name, label.slug), pictures.thumbnail(entry, WIDTH)


def _table(measured: Curves) -> dict[str, dict[int, str]]:
    """Return each method's recognition by the first evaluation network, by the number of steps."""
    judge = measured.evaluation_networks[0]
    return {
        name: {
            steps: f"{share(shares[judge].top1, measured.classes)} / {shares[judge].top5:.2f}"
            for steps, shares in curve.items()
        }
        for name, curve in measured.methods.items()
    }


def _charts(measured: Curves) -> str:
    """Return a chart of some methods' top-1 shares, for the first evaluation network; empty where one is missing."""
    judge, steps = measured.evaluation_networks[0], [each for each in measured.steps if each <= LARGEST]
    drawn = {name: measured.methods.get(name, {}) for name in CHARTED}
    if len(steps) < 2 or any(each not in curve for curve in drawn.values() for each in steps):
        return ""
    series = {TITLES[name]: [curve[each][judge].top1 for each in steps] for name, curve in drawn.items()}
    caption = f"Drawings by {measured.network} that {card(judge).title} recognizes, by the number of steps."
    return chart(series, steps, "steps", "share of the drawings, top-1", caption, signs=False)


def _of_pixels(measured: Benchmark) -> list[Mapping[str, Recognition]]:
    """Return the results of the methods that optimize pixels."""
    return [of for name, of in measured.methods.items() if preset(name)["parameterization"] == "pixels"]


def _link(here: str, source: str) -> str:
    """Return a link from a page to a Markdown file below docs/, perhaps with an anchor."""
    file, sign, anchor = source.partition("#")
    return f"{addresses.markdown_link(here, addresses.of_source(file))}{sign}{anchor}"


def _summary(row: Row, contents: Contents) -> Summary:
    entries = list(row.drawings.values())
    evaluations = [contents.evaluations[entry.digest] for entry in entries if entry.digest in contents.evaluations]
    return Summary(
        row,
        seconds=sum(entry.record.provenance.seconds for entry in entries) / len(entries),
        target_top1=sum(not entry.measures().failed for entry in entries),
        top1=sum(measures.rank == 1 for measures in evaluations),
        top5=sum((measures.rank or TOP + 1) <= TOP for measures in evaluations),
        logit=sum(measures.activation for measures in evaluations) / len(evaluations) if evaluations else None,
    )
