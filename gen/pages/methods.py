"""The page that compares the methods: their drawings, how often they are recognized, what each gains and costs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import partial

from actmax.measure.intervals import wilson
from actmax.networks.cards import card
from actmax.recipe import DEFAULT
from gen.compared import COMPARED, preset
from gen.figures import chart, dots
from gen.figures.svg import PERCENT
from gen.pages import pictures
from gen.pages.contents import Contents, File
from gen.pages.drawing import recognition
from gen.pages.figures import in_order
from gen.pages.markdown import share
from gen.pages.rendering import render_page
from gen.plan import addresses
from gen.study.comparison import Benchmark, Curves, Difference, Recognition, benchmarks, budget, curves

WIDTH = 160
"""Width of a drawing in the table, in pixels."""
TITLES = {**{method.name: method.title for method in COMPARED}, "horama-maco": "Horama's own MACO"}
CHARTED, LARGEST = 3, 512
"""How many methods are in the chart over the number of steps, and its last number."""
P_VALUE = 0.05
"""Below it, two methods differ by more than chance."""


@dataclass(frozen=True)
class Best:
    """What the evaluation network recognizes of the default method's drawings, and of the best other methods'."""

    share: float
    """Of the default method's drawings."""
    others: float
    """The largest share of another method's drawings."""
    titles: list[str]
    """Of the methods with that share."""
    compared: Mapping[str, Difference]
    """How each other method differs from the default one, by name."""
    alike: list[str]
    """Titles of the methods whose difference from it may be chance."""


def methods(contents: Contents) -> Iterator[File]:
    """Yield the page, and its drawings in two sizes."""
    here, settings, many, budgets = addresses.METHODS, contents.plan.settings, benchmarks(), curves()
    numbered = in_order()
    yield render_page(
        contents,
        here,
        "methods.md.jinja",
        labels=settings.comparison.classes if settings.comparison else (),
        rows=contents.comparison,
        recognized=recognition,
        budget=budget(),
        many=[(measured, numbered(_dots(measured)), _best(measured)) for measured in many],
        curves=[(measured, _table(measured), numbered(_charts(measured))) for measured in budgets],
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


def _dots(measured: Benchmark) -> str:
    """Return the dot plot of what the first evaluation network recognizes."""
    judge, n = measured.evaluation_networks[0], measured.classes
    judged = [of[judge] for of in measured.methods.values()]
    series = {"top-1": [each.top1 for each in judged], "in the top 5": [each.top5 for each in judged]}
    title = f"Share of the drawings that {card(judge).title} recognizes"
    caption = (
        f"How many drawings {card(judge).title} recognizes, top-1 and in its top 5. Each method drew {n} classes by "
        f"{measured.network}, once each; the lines are Wilson's 95{PERCENT} intervals."
    )
    return dots([TITLES[name] for name in measured.methods], series, n, title, caption)


def _best(measured: Benchmark) -> Best:
    judge = measured.evaluation_networks[0]
    others = {TITLES[name]: of[judge].top1 for name, of in measured.methods.items() if name != DEFAULT}
    most = max(others.values())
    differences = measured.compared_with(DEFAULT, judge)
    return Best(
        share=measured.methods[DEFAULT][judge].top1,
        others=most,
        titles=[title for title, top1 in others.items() if top1 == most],
        compared=differences,
        alike=[TITLES[name] for name, difference in differences.items() if difference.p >= P_VALUE],
    )


def _table(measured: Curves) -> dict[str, dict[int, str]]:
    """Return each method's recognition by the first evaluation network, by the number of steps."""
    judge = measured.evaluation_networks[0]
    return {
        name: {
            steps: f"{share(shares[judge].top1, measured.classes)} / {round(shares[judge].top5 * measured.classes)}"
            for steps, shares in curve.items()
        }
        for name, curve in measured.methods.items()
    }


def _charts(measured: Curves) -> str:
    """Return a chart of the first evaluation network's top-1 shares, for the methods with the largest on average over
    the numbers of steps; empty where one of these was not measured."""
    judge, steps = measured.evaluation_networks[0], [each for each in measured.steps if each <= LARGEST]
    whole = {
        name: [100 * curve[each][judge].top1 for each in steps]
        for name, curve in measured.methods.items()
        if all(each in curve for each in steps)
    }
    best = sorted(whole, key=lambda name: -sum(whole[name]))[:CHARTED]
    if len(steps) < 2 or len(best) < CHARTED:
        return ""
    series = {TITLES[name]: whole[name] for name in whole if name in best}
    n = measured.classes
    widest = max(wilson(found / n, n)[1] - found / n for found in range(n + 1))
    caption = (
        f"How many drawings {card(judge).title} recognizes after more and fewer steps. Each method drew "
        f"{n} classes by {measured.network}; the 95{PERCENT} interval of a point reaches up to "
        f"{100 * widest:.0f} percentage points to either side."
    )
    return chart(series, steps, "steps", f"drawings recognized (top-1), {PERCENT.strip()}", caption, signs=False)


def _of_pixels(measured: Benchmark) -> list[Mapping[str, Recognition]]:
    """Return the results of the methods that optimize pixels."""
    return [of for name, of in measured.methods.items() if preset(name)["parameterization"] == "pixels"]


def _link(here: str, source: str) -> str:
    """Return a link from a page to a Markdown file below docs/, perhaps with an anchor."""
    file, sign, anchor = source.partition("#")
    return f"{addresses.markdown_link(here, addresses.of_source(file))}{sign}{anchor}"
