"""The page that follows one picture through the network, and the pictures of the study."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from actmax.measure.models import Ablation
from actmax.networks.labels import Label, slugify
from gen.figures import Cell, chart, strips
from gen.pages import pictures
from gen.pages.contents import Contents, File
from gen.pages.figures import in_order
from gen.pages.markdown import tenths
from gen.pages.rendering import render_page
from gen.plan import addresses
from gen.plan.drawings import DRAWING
from gen.study.ablation import COUNTS, Selection, mean_change
from gen.study.study import Study

SELECTIONS: dict[Selection, str] = {"most": "the most active", "least": "the least active", "random": "at random"}
"""Which of the active units are ablated."""
INPUT_CONTRIBUTION = 0.1
"""Contribution that the lines from the picture to the first layer show: there is nothing to compare it with."""
FILTER_COLUMNS, FILTER_SCALE = 8, 7
"""Filters in a row, and the side of an enlarged pixel."""
CELL_PIXELS = 160
"""Width of the file of a channel in the figure, where it is half as wide, for dense screens, and in the rows."""
QUOTED = 4
"""Index in COUNTS of the number of ablated units that the text quotes."""


def walk(contents: Contents, study: Study) -> Iterator[File]:
    """Yield the page, the walk's picture, channels and variations."""
    kinds = {layer.name: "channel" if len(layer.shape) > 1 else "unit" for layer in study.layers}
    numbered = in_order()
    yield render_page(
        contents,
        addresses.WALK,
        "walk.md.jinja",
        study=study,
        figure=numbered(_figure(contents, study, kinds)) if study.walk.stages else "",
        kinds=kinds,
        cell=CELL_PIXELS,
        filters=_filters(study),
        ablation=_ablation(study.ablations, numbered) if study.ablations else None,
    )
    yield addresses.STUDY_PICTURE, study.walk.picture
    yield addresses.STUDY_PICTURE_SHOWN, pictures.compressed(study.walk.picture)
    if study.filters:
        filters = pictures.mosaic(study.filters.pixels, study.filters.side, FILTER_COLUMNS, FILTER_SCALE)
        yield addresses.STUDY_FILTERS, filters
    for (layer, channel), entry in study.channels.items():
        yield addresses.channel(layer, channel), entry.read("drawing.png")
        yield addresses.channel_cell(layer, channel), pictures.thumbnail(entry, CELL_PIXELS)
    for name, entry in study.variations.items():
        yield addresses.variation(name), entry.read("drawing.png")
    yield addresses.STUDY_FRAMES, study.variations[DRAWING].read("frames.webp")


def _figure(contents: Contents, study: Study, kinds: Mapping[str, str]) -> str:
    """Return the drawing of the channels with the largest attribution in each layer, joined by their contributions."""
    layers = []
    for layer, stage in study.walk.stages.items():
        contributions = study.walk.flow.get(layer, ((INPUT_CONTRIBUTION,),) * len(stage.contributing))
        cells = [
            Cell(
                name=f"{layer}, {kinds[layer]} {channel.number}",
                picture=addresses.link(addresses.WALK, addresses.channel_cell(layer, channel.number)),
                link=_channel_link(contents, layer, channel.number),
                contributions=row,
            )
            for channel, row in zip(stage.contributing, contributions, strict=True)
        ]
        layers.append((layer, cells))
    last = list(study.walk.stages.values())[-1]
    end = (
        f"{study.label.name}: {tenths(study.walk.logit)}",
        [channel.attribution / (abs(last.attribution) or 1) for channel in last.contributing],
    )
    caption = (
        f"The channels of each layer with the largest attribution to the logit of {study.label.name}. Each picture "
        "shows what its channel responds to. The wider a line, the larger the contribution to the activation of the "
        "channel below; dashed red lines are negative contributions."
    )
    return strips(addresses.link(addresses.WALK, addresses.STUDY_PICTURE_SHOWN), layers, end, caption)


def _filters(study: Study) -> dict[str, int] | None:
    """Return how many filters the first layer has, and their size on the page."""
    if study.filters is None:
        return None
    count, side = len(study.filters.pixels), study.filters.side
    pitch, rows = side * FILTER_SCALE + pictures.MOSAIC_GAP, -(-count // FILTER_COLUMNS)
    width, height = FILTER_COLUMNS * pitch - pictures.MOSAIC_GAP, rows * pitch - pictures.MOSAIC_GAP
    return {"count": count, "side": side, "scale": FILTER_SCALE, "width": width, "height": height}


def _channel_link(contents: Contents, layer: str, channel: int) -> str:
    """Return a link to the page of a channel, or else to its layer's section of this page."""
    page = contents.plan.unit(layer, channel)
    return addresses.link(addresses.WALK, page.url) if page else f"#{slugify(layer)}"


def _ablation(of_classes: Mapping[Label, Ablation], numbered: Callable[[str], str]) -> dict[str, Any]:
    """Return the section on ablation: means over the classes, a chart, and a row for each class."""
    means = {selection: mean_change(of_classes, selection) for selection in SELECTIONS}
    classes = len(of_classes)
    caption = (
        "Change of the class's logit against the number of ablated units of the last hidden layer. "
        f"Means over the drawings of {classes} classes."
    )
    series = {title: means[selection] for selection, title in SELECTIONS.items()}
    return {
        "units": next(iter(of_classes.values())).units,
        "classes": classes,
        "logit": sum(ablation.logit for ablation in of_classes.values()) / classes,
        "active": round(sum(ablation.active for ablation in of_classes.values()) / classes),
        "chart": numbered(chart(series, COUNTS, "number of ablated units", "change of the logit", caption)),
        "selections": list(SELECTIONS.values()),
        "rows": [(count, [means[selection][index] for selection in SELECTIONS]) for index, count in enumerate(COUNTS)],
        "count": COUNTS[QUOTED],
        "change": {selection: changes[QUOTED] for selection, changes in means.items()},
        "of_classes": [
            (
                label.name,
                ablation.logit,
                [ablation.logit + getattr(ablation, selection)[QUOTED] for selection in SELECTIONS],
            )
            for label, ablation in of_classes.items()
        ],
    }
