"""The network's pages: a map, a page for each layer, and one for each of its channels."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from actmax.measure.models import Measures
from actmax.networks import labels
from gen.figures import curve
from gen.pages import again, data, pictures
from gen.pages.anchors import keeping
from gen.pages.contents import Contents, File
from gen.pages.drawing import Drawing
from gen.pages.likeness import by_likeness
from gen.pages.markdown import number
from gen.pages.templating import render
from gen.plan import ChannelPage, addresses
from gen.study.units import Units

SHOWN = "drawing.jpg"
"""Of a drawing's stored files the one that pages show."""
CELL, COLUMNS, ROWS = 64, 16, 16
"""Of a sheet of small drawings: pixels, and how many stand beside and above each other."""
SMALL = 96
"""Width of a channel's picture on other pages, in pixels."""
ON_THE_MAP = 12
"""How many channels of a layer the map shows."""


class UnitDrawing(Drawing):
    """One drawing on the page of a channel, which shows the JPEG: hundreds of channels need no masters to cite."""

    @property
    def measures(self) -> Measures:
        """Of the JPEG."""
        return self.entry.measures(SHOWN)

    @property
    def file(self) -> str:
        """The address of the JPEG."""
        return addresses.picture(self.page, self.variant.anchor)


def network(contents: Contents, known: Units) -> Iterator[File]:
    """All that lies below ``network/``."""
    plan = contents.plan
    here = addresses.NETWORK
    page = render(
        "network.md.jinja",
        here=here,
        units=plan.units,
        network=contents.network,
        layers={layer.name: layer for layer in contents.study.layers} if contents.study else {},
        on_the_map=ON_THE_MAP,
        cell=CELL,
    )
    yield addresses.source(here), keeping(contents.published, here, page)
    layers = {layer: {"url": addresses.of_layer(layer), "units": addresses.units(layer)} for layer in plan.units}
    about = {"name": contents.network.name, "title": contents.network.title, "weights": plan.source.digest}
    yield addresses.UNITS, data.text({"schema": data.SCHEMA, "network": about, "layers": layers})
    for layer, plates in plan.units.items():
        yield from _layer(contents, known, layer, plates)
    for photo in known.shown:
        yield addresses.photo(photo.name), pictures.photo(photo.path, SMALL)


def _layer(contents: Contents, known: Units, layer: str, plates: Sequence[ChannelPage]) -> Iterator[File]:
    here, names = addresses.of_layer(layer), list(contents.plan.units)
    place = names.index(layer)
    drawings = {plate.channel: of_channel(contents, plate) for plate in plates}
    smalls = [pictures.thumbnail(drawings[plate.channel][0].entry, SMALL) for plate in plates]
    sheets = [smalls[start : start + COLUMNS * ROWS] for start in range(0, len(smalls), COLUMNS * ROWS)]
    page = render(
        "layer.md.jinja",
        here=here,
        layer=layer,
        plates=plates,
        drawings=drawings,
        likeness=by_likeness(smalls),
        columns=COLUMNS,
        cells=COLUMNS * ROWS,
        rows=[-(-len(sheet) // COLUMNS) for sheet in sheets],
        below=names[place - 1] if place else "",
        above=names[place + 1] if place + 1 < len(names) else "",
        network=contents.network,
    )
    yield addresses.source(here), keeping(contents.published, here, page)
    yield addresses.strip(layer), pictures.sheet(smalls[:ON_THE_MAP], CELL, min(ON_THE_MAP, len(smalls)))
    for count, sheet in enumerate(sheets):
        yield addresses.sheet(layer, count), pictures.sheet(sheet, CELL, COLUMNS)
    yield (
        addresses.units(layer),
        data.text(
            {
                "schema": data.SCHEMA,
                "layer": layer,
                "units": [_about(plate, drawings[plate.channel], known) for plate in plates],
            }
        ),
    )
    for index, plate in enumerate(plates):
        before = plates[index - 1] if index else None
        after = plates[index + 1] if index + 1 < len(plates) else None
        yield from _unit(contents, known, plate, drawings[plate.channel], before, after)
        yield addresses.small(plate.url), smalls[index]


def _unit(
    contents: Contents,
    known: Units,
    plate: ChannelPage,
    drawings: Sequence[UnitDrawing],
    before: ChannelPage | None,
    after: ChannelPage | None,
) -> Iterator[File]:
    unit, main = (plate.layer, plate.channel), drawings[0]
    record = main.entry.record
    layers = list(contents.network.layers)
    place = layers.index(plate.layer) if plate.layer in layers else -1
    page = render(
        "unit.md.jinja",
        here=plate.url,
        plate=plate,
        drawings=drawings,
        before=before,
        after=after,
        network=contents.network,
        plan=contents.plan,
        pages=contents.drawings.keys(),
        below=layers[place - 1] if place > 0 else "",
        above=layers[place + 1] if 0 <= place < len(layers) - 1 else "",
        inputs=known.inputs.get(unit, []),
        outputs=known.outputs.get(unit, []),
        classes=known.classes.get(unit, []),
        photos=known.photos.get(unit, []),
        curve=curve(
            record.activations, main.steps, None, "The channel's activation before each step, as the ascent saw it."
        ),
        again=again,
        labels=labels.classes(),
        small=SMALL,
    )
    yield addresses.source(plate.url), keeping(contents.published, plate.url, page)
    for drawing in drawings:
        yield drawing.file, drawing.entry.read(SHOWN)
    yield main.frames, main.entry.read("frames.webp")


def of_channel(contents: Contents, plate: ChannelPage) -> list[UnitDrawing]:
    """The main one first, those of what silences it last."""
    return [UnitDrawing(plate.url, variant, contents.entries[variant.recipe.digest()]) for variant in plate.every]


def _about(plate: ChannelPage, drawings: Sequence[UnitDrawing], known: Units) -> dict[str, Any]:
    unit = (plate.layer, plate.channel)
    return {
        "channel": plate.channel,
        "url": plate.url,
        "drawings": [
            {
                "anchor": drawing.variant.anchor,
                "recipe_digest": drawing.entry.digest,
                "jpg": drawing.file,
                "size": drawing.size,
                "caption": f"{drawing.name}: activation {number(drawing.measures.activation)}",
                "activation": drawing.measures.activation,
            }
            for drawing in drawings
        ],
        "inputs": known.inputs.get(unit, []),
        "outputs": known.outputs.get(unit, []),
        "classes": [[label.index, value] for label, value in known.classes.get(unit, [])],
    }
