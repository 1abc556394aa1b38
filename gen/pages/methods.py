"""The page of methods: each one's drawings, what networks say of them, and what it buys and costs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial

from actmax.networks.cards import card
from gen.compared import COMPARED
from gen.pages import pictures
from gen.pages.anchors import keeping
from gen.pages.contents import Contents, File
from gen.pages.drawing import FIVE
from gen.pages.templating import render
from gen.plan import addresses
from gen.study.comparison import Row, benchmarks, budget

SMALL = 160
"""Width of a drawing in the table, in pixels."""


@dataclass(frozen=True)
class Summary:
    """What was measured of one method on the page's own drawings."""

    row: Row
    seconds: float
    """A drawing took; a mean."""
    own_first: int
    """Of how many the network that drew says the class first."""
    first: int
    """Of how many the second network does."""
    in_five: int
    """Of how many it has the class among its first five."""
    logit: float | None
    """Of the class in the second network; a mean. None where no second network was asked."""


def methods(contents: Contents) -> Iterator[File]:
    """The page, and its drawings in two sizes."""
    here, plan = addresses.METHODS, contents.plan
    opinions = contents.evaluation.measures if contents.evaluation else {}
    page = render(
        "methods.md.jinja",
        here=here,
        labels=plan.settings.comparison.classes if plan.settings.comparison else (),
        summaries=[_summary(row, contents) for row in contents.comparison],
        opinions=opinions,
        network=contents.network,
        second=contents.second,
        pages=contents.drawings.keys(),
        budget=budget(),
        settings=plan.settings,
        many=benchmarks(),
        judge_titles={name: card(name).title for found in benchmarks() for name in found.evaluation_networks},
        titles={method.name: method.title for method in COMPARED},
        link=partial(_link, here),
        small=min(SMALL, plan.settings.size),
    )
    yield addresses.source(here), keeping(contents.published, here, page)
    for row in contents.comparison:
        for label, entry in row.drawings.items():
            yield addresses.compared(row.method.name, label.slug), pictures.lossless(entry)
            yield addresses.compared_thumbnail(row.method.name, label.slug), pictures.thumbnail(entry, SMALL)


def _link(here: str, source: str) -> str:
    """From a page to a Markdown file below docs/, perhaps with an anchor."""
    file, sign, anchor = source.partition("#")
    return f"{addresses.markdown_link(here, addresses.of_source(file))}{sign}{anchor}"


def _summary(row: Row, contents: Contents) -> Summary:
    opinions = contents.evaluation.measures if contents.evaluation else {}
    entries = list(row.drawings.values())
    said = [opinions[entry.digest] for entry in entries if entry.digest in opinions]
    return Summary(
        row,
        seconds=sum(entry.record.provenance.seconds for entry in entries) / len(entries),
        own_first=sum(not entry.measures().failed for entry in entries),
        first=sum(one.rank == 1 for one in said),
        in_five=sum((one.rank or FIVE + 1) <= FIVE for one in said),
        logit=sum(one.activation for one in said) / len(said) if said else None,
    )
