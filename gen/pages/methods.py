"""The page that compares the methods: their drawings, their measures, what each gains and costs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial

from actmax.networks.cards import card
from gen.compared import COMPARED
from gen.pages import pictures
from gen.pages.contents import Contents, File
from gen.pages.drawing import TOP
from gen.pages.rendering import render_page
from gen.plan import addresses
from gen.study.comparison import Row, benchmarks, budget

WIDTH = 160
"""Width of a drawing in the table, in pixels."""


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
    here, settings, many = addresses.METHODS, contents.plan.settings, benchmarks()
    yield render_page(
        contents,
        here,
        "methods.md.jinja",
        labels=settings.comparison.classes if settings.comparison else (),
        summaries=[_summary(row, contents) for row in contents.comparison],
        budget=budget(),
        many=many,
        judge_titles={name: card(name).title for measured in many for name in measured.evaluation_networks},
        titles={method.name: method.title for method in COMPARED},
        link=partial(_link, here),
        width=min(WIDTH, settings.size),
    )
    for row in contents.comparison:
        for label, entry in row.drawings.items():
            yield addresses.compared(row.method.name, label.slug), pictures.lossless(entry)
            yield addresses.compared_thumbnail(row.method.name, label.slug), pictures.thumbnail(entry, WIDTH)


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
