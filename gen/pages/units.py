"""The network's pages: a map, a page for each layer, and one for each of its channels."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from actmax.measure.models import Measures
from gen.figures import curve
from gen.pages import data, pictures
from gen.pages.contents import Contents, File
from gen.pages.drawing import Drawing
from gen.pages.live import live_link
from gen.pages.markdown import hundredths
from gen.pages.rendering import render_page
from gen.pages.similarity import similarity_ranks
from gen.plan import ChannelPage, addresses
from gen.study.units import Units

CELL, COLUMNS, ROWS = 64, 16, 16
"""Of a sheet of small drawings: pixels of a drawing, drawings per row and column."""
THUMBNAIL = 96
"""Width of a channel's picture on other pages, in pixels."""
ON_MAP = 12
"""Channels of a layer that the map shows."""


class ChannelDrawing(Drawing):
    """A drawing on the page of a channel. The JPEG is published and measured; nobody cites hundreds of PNGs."""

    @property
    def measures(self) -> Measures:
        """Measures of the JPEG."""
        return self.entry.measures("drawing.jpg")

    @property
    def file(self) -> str:
        """Address of the JPEG."""
        return addresses.picture(self.page, self.variant.anchor)


def network(contents: Contents, units: Units) -> Iterator[File]:
    """Yield everything below ``network/``."""
    plan = contents.plan
    yield render_page(
        contents,
        addresses.NETWORK,
        "network.md.jinja",
        units=plan.units,
        layers={layer.name: layer for layer in contents.study.layers} if contents.study else {},
        on_map=ON_MAP,
        cell=CELL,
    )
    layers = {layer: {"url": addresses.of_layer(layer), "units": addresses.units(layer)} for layer in plan.units}
    about = {"name": contents.network.name, "title": contents.network.title, "weights": plan.source.digest}
    yield addresses.UNITS, data.text({"schema": data.SCHEMA, "network": about, "layers": layers})
    for layer, pages in plan.units.items():
        yield from _layer(contents, units, layer, pages)


def channel_drawings(contents: Contents, page: ChannelPage) -> list[ChannelDrawing]:
    """Return a channel's drawings, the main one first, those that minimize it last."""
    classes = contents.plan.classes
    return [
        ChannelDrawing(page.url, planned, contents.entries[planned.digest], classes=classes) for planned in page.every
    ]


def _layer(contents: Contents, units: Units, layer: str, pages: Sequence[ChannelPage]) -> Iterator[File]:
    drawings = {page.channel: channel_drawings(contents, page) for page in pages}
    thumbnails = [pictures.thumbnail(drawings[page.channel][0].entry, THUMBNAIL) for page in pages]
    cells = COLUMNS * ROWS
    sheets = [thumbnails[start : start + cells] for start in range(0, len(thumbnails), cells)]
    below, above = _around(list(contents.plan.units), layer)
    yield render_page(
        contents,
        addresses.of_layer(layer),
        "layer.md.jinja",
        layer=layer,
        pages=pages,
        similarity=similarity_ranks(thumbnails),
        columns=COLUMNS,
        cells=cells,
        rows=[-(-len(sheet) // COLUMNS) for sheet in sheets],
        below=below,
        above=above,
        live_link=live_link(contents, addresses.of_layer(layer), pages[0].name),
    )
    yield addresses.strip(layer), pictures.sheet(thumbnails[:ON_MAP], CELL, min(ON_MAP, len(thumbnails)))
    for index, sheet in enumerate(sheets):
        yield addresses.sheet(layer, index), pictures.sheet(sheet, CELL, COLUMNS)
    about = [_about(page, drawings[page.channel], units) for page in pages]
    yield addresses.units(layer), data.text({"schema": data.SCHEMA, "layer": layer, "units": about})
    neighbors = zip(pages, (None, *pages[:-1]), (*pages[1:], None), thumbnails, strict=True)
    for page, previous, following, thumbnail in neighbors:
        yield from _channel(contents, units, page, drawings[page.channel], previous, following)
        yield addresses.small(page.url), thumbnail


def _around(names: list[str], name: str) -> tuple[str, str]:
    """Return the names before and after one in a list; empty where there is none."""
    if name not in names:
        return "", ""
    index = names.index(name)
    return (names[index - 1] if index else ""), (names[index + 1] if index + 1 < len(names) else "")


def _channel(
    contents: Contents,
    units: Units,
    page: ChannelPage,
    drawings: Sequence[ChannelDrawing],
    previous: ChannelPage | None,
    following: ChannelPage | None,
) -> Iterator[File]:
    unit, main = (page.layer, page.channel), drawings[0]
    below, above = _around(list(contents.network.layers), page.layer)
    caption = "The channel's activation before each step, in the augmented view of that step."
    yield render_page(
        contents,
        page.url,
        "unit.md.jinja",
        page=page,
        drawings=drawings,
        previous=previous,
        following=following,
        below=below,
        above=above,
        inputs=units.inputs.get(unit, []),
        outputs=units.outputs.get(unit, []),
        classes=units.classes.get(unit, []),
        examples=contents.examples.get(unit),
        curve=curve(main.entry.record.activations, main.steps, None, caption),
        labels=contents.plan.classes.labels,
        width=THUMBNAIL,
        live_link=live_link(contents, page.url, page.name),
    )
    for drawing in drawings:
        yield drawing.file, drawing.entry.read("drawing.jpg")
    yield main.frames, main.entry.read("frames.webp")


def _about(page: ChannelPage, drawings: Sequence[ChannelDrawing], units: Units) -> dict[str, Any]:
    unit = (page.layer, page.channel)
    return {
        "channel": page.channel,
        "url": page.url,
        "drawings": [
            {
                "anchor": drawing.variant.anchor,
                "recipe_digest": drawing.entry.digest,
                "jpg": drawing.file,
                "size": drawing.size,
                "caption": f"{drawing.name}: activation {hundredths(drawing.measures.activation)}",
                "activation": drawing.measures.activation,
            }
            for drawing in drawings
        ],
        "inputs": units.inputs.get(unit, []),
        "outputs": units.outputs.get(unit, []),
        "classes": [[label.index, value] for label, value in units.classes.get(unit, [])],
    }
