"""The page that follows one picture through the network, and the pictures of the study."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from actmax.measure.models import Ablation
from actmax.networks.labels import Label, slugify
from gen.figures import Cell, chart, strips
from gen.pages.anchors import keeping
from gen.pages.contents import Contents, File
from gen.pages.markdown import number
from gen.pages.pictures import mosaic, thumbnail
from gen.pages.templating import render
from gen.plan import addresses
from gen.plan.drawings import DRAWING
from gen.study.ablation import COUNTS, Selection, mean_change
from gen.study.study import Study

SELECTIONS: dict[Selection, str] = {"most": "the most active", "least": "the least active", "random": "at random"}
"""Which of the active units are set to zero, in words."""
FEEDS = 0.1
"""How wide the lines are that lead from the picture, as a part of the widest."""
FILTERS_ACROSS, LARGER = 16, 3
"""How many filters stand in a row, and how large a pixel of theirs is."""
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
        figure=_figure(contents, study) if study.stages else "",
        kinds=_kinds(study),
        filters=_about_filters(study),
        ablation=_ablation(study.ablations) if study.ablations else None,
        notes=contents.notes,
    )
    yield addresses.source(addresses.WALK), keeping(contents.published, addresses.WALK, page)
    yield addresses.STUDY_PICTURE, study.picture
    if study.filters:
        yield addresses.STUDY_FILTERS, mosaic(study.filters.pixels, study.filters.side, FILTERS_ACROSS, LARGER)
    for (layer, channel), entry in study.channels.items():
        yield addresses.channel(layer, channel), entry.read("drawing.png")
        yield addresses.channel_thumbnail(layer, channel), thumbnail(entry)
    for name, entry in study.variations.items():
        yield addresses.variation(name), entry.read("drawing.png")
    yield addresses.STUDY_FRAMES, study.variations[DRAWING].read("frames.webp")


def _figure(contents: Contents, study: Study) -> str:
    """The whole way in one drawing: of each layer the channels that add most, and what they hand on."""
    layers, kinds = [], _kinds(study)
    for layer, stage in study.stages.items():
        # The first layer is fed by the picture alone, which no line needs to say.
        fed = study.flow.get(layer, ((FEEDS,),) * len(stage.contributing))
        cells = [
            Cell(
                name=f"{layer}, {kinds[layer]} {channel.number}",
                picture=addresses.link(addresses.WALK, addresses.channel_thumbnail(layer, channel.number)),
                link=_way_on(contents, layer, channel.number),
                fed=row,
            )
            for channel, row in zip(stage.contributing, fed, strict=True)
        ]
        layers.append((layer, cells))
    last = list(study.stages.values())[-1]
    end = (
        f"{study.label.name}: {number(study.logit)}",
        [one.attribution / (abs(last.attribution) or 1) for one in last.contributing],
    )
    caption = (
        f"Of each layer the channels that add most to the logit of {study.label.name}, and what each looks for. "
        "The wider a line, the larger the part of a channel's answer that comes from the one above it; a dashed red "
        "line takes away."
    )
    return strips(addresses.link(addresses.WALK, addresses.STUDY_PICTURE), layers, end, caption)


def _about_filters(study: Study) -> dict[str, int] | None:
    """How many filters of the first layer there are, and how they are shown."""
    if study.filters is None:
        return None
    count, side = len(study.filters.pixels), study.filters.side
    pitch = side * LARGER + 2
    rows = -(-count // FILTERS_ACROSS)
    width, height = FILTERS_ACROSS * pitch - 2, rows * pitch - 2
    return {"count": count, "side": side, "larger": LARGER, "width": width, "height": height}


def _kinds(study: Study) -> dict[str, str]:
    """What a layer is made of: a map for each channel, or single units."""
    return {layer.name: "channel" if len(layer.shape) > 1 else "unit" for layer in study.layers}


def _way_on(contents: Contents, layer: str, channel: int) -> str:
    """To the page of a channel, or to its layer's part of this one."""
    page = contents.plan.unit(layer, channel)
    return addresses.link(addresses.WALK, page.url) if page else f"#{slugify(layer)}"


def _ablation(of_classes: Mapping[Label, Ablation]) -> dict[str, Any]:
    """Return the ablation section's variables: means over the classes, a chart, and a row for each class."""
    means = {selection: mean_change(of_classes, selection) for selection in SELECTIONS}
    classes = len(of_classes)
    caption = "Mean change of the class's logit, by the number of units of the last hidden layer that are set to zero."
    series = {words: means[selection] for selection, words in SELECTIONS.items()}
    return {
        "units": next(iter(of_classes.values())).units,
        "classes": classes,
        "logit": sum(ablation.logit for ablation in of_classes.values()) / classes,
        "active": round(sum(ablation.active for ablation in of_classes.values()) / classes),
        "chart": chart(series, COUNTS, "how many units are set to zero", "change of the logit", caption),
        "selections": list(SELECTIONS.values()),
        "rows": [(count, [means[selection][index] for selection in SELECTIONS]) for index, count in enumerate(COUNTS)],
        "count": COUNTS[SHOWN_COUNT],
        "change": {selection: changes[SHOWN_COUNT] for selection, changes in means.items()},
        "of_classes": [
            (
                label.name,
                ablation.logit,
                [ablation.logit + getattr(ablation, selection)[SHOWN_COUNT] for selection in SELECTIONS],
            )
            for label, ablation in of_classes.items()
        ],
    }
