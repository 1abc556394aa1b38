"""The page that follows one picture through the network, and the pictures of the study."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from actmax.networks.labels import Label
from gen.figures import chart
from gen.pages.anchors import keeping
from gen.pages.contents import Contents, File
from gen.pages.templating import render
from gen.plan import addresses
from gen.study.silenced import COUNTS, Silenced, mean
from gen.study.study import Study
from gen.study.variations import DRAWING

WAYS = {"most": "the most active", "least": "the least active that are not zero", "random": "at random"}
"""Which units are silenced, in words."""
SHOWN_COUNT = 4
"""The place in COUNTS that is shown for each class."""


def walk(contents: Contents, study: Study) -> Iterator[File]:
    """The page, the walk's picture, channels and variations."""
    page = render(
        "walk.md.jinja",
        here=addresses.WALK,
        study=study,
        plan=contents.plan,
        settings=contents.plan.settings,
        network=contents.network,
        witnessed=contents.witnessed,
        silenced=_silenced(study.silenced) if study.silenced else None,
        note=addresses.LOW_ACTIVATIONS if addresses.LOW_ACTIVATIONS in contents.notes else "",
    )
    yield addresses.source(addresses.WALK), keeping(contents.published, addresses.WALK, page)
    yield addresses.STUDY_PICTURE, study.picture
    for layer, units in study.channels.items():
        for unit in units:
            yield addresses.channel(layer, unit.channel), unit.entry.read("drawing.png")
    for name, entry in study.variations.items():
        yield addresses.variation(name), entry.read("drawing.png")
    yield addresses.STUDY_FRAMES, study.variations[DRAWING].read("frames.webp")


def _silenced(changes: Mapping[Label, Silenced]) -> dict[str, Any]:
    """The section on silenced units: means over the classes, a chart, and a row for each class."""
    means = {way: mean(changes, way) for way in ("most", "least", "random")}
    count = len(changes)
    caption = "Mean change of the class's logit, by how many units of the last hidden layer are silenced."
    series = {words: means[way] for way, words in WAYS.items()}
    return {
        "units": next(iter(changes.values())).units,
        "classes": count,
        "logit": sum(measured.logit for measured in changes.values()) / count,
        "active": round(sum(measured.active for measured in changes.values()) / count),
        "chart": chart(series, COUNTS, "the number of silenced units", caption),
        "ways": list(WAYS.values()),
        "rows": [(number, [means[way][place] for way in WAYS]) for place, number in enumerate(COUNTS)],
        "count": COUNTS[SHOWN_COUNT],
        "of_classes": [
            (label.name, measured.logit, [measured.logit + getattr(measured, way)[SHOWN_COUNT] for way in WAYS])
            for label, measured in changes.items()
        ],
    }
