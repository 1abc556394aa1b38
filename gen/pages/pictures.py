"""A stored drawing -> the pictures that pages show besides the master. Each is made once and kept with the drawing."""

from __future__ import annotations

import io
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

from PIL import Image, ImageOps

from actmax.pictures import encode_image, read_rgb
from actmax.store.entry import Entry

REVISION = 1
"""Of how pictures are derived: raise it with any change, or old ones will be shown."""
MASK = "mask.webp"
"""The file that says where a drawing's steps have been."""
THUMBNAIL, SHOWN = 224, 160
"""Width of a thumbnail's file, which is sharp on dense screens too, and on the page, in pixels; never more than the
drawing has."""


def thumbnail(entry: Entry, width: int = THUMBNAIL) -> bytes:
    """A light WebP for the index; a drawing is square."""
    width = min(width, entry.recipe.size)
    return entry.derived(f"thumbnail-{width}-{REVISION}.webp", partial(_webp, entry, width, quality=80))


def lossless(entry: Entry) -> bytes:
    """A WebP of the same pixels as the master: what was measured on the one holds for the other."""
    return entry.derived(f"lossless-{REVISION}.webp", partial(_webp, entry, entry.recipe.size, lossless=True))


def cutout(entry: Entry) -> bytes | None:
    """A WebP in which what the steps hardly touched is transparent; None for a drawing of before there were masks."""
    if MASK not in entry.record.files:
        return None
    return entry.derived(f"cutout-{REVISION}.webp", partial(_cut_out, entry))


def _cut_out(entry: Entry) -> bytes:
    rgba = read_rgb(entry.read("drawing.png"))
    rgba.putalpha(read_rgb(entry.read(MASK)).convert("L"))
    return encode_image(rgba, "WEBP", quality=80)


def sheet(smalls: Sequence[bytes], cell: int, columns: int) -> bytes:
    """Small pictures in rows, in one WebP: one request for hundreds of them."""
    rows = -(-len(smalls) // columns)
    grid = Image.new("RGB", (cell * columns, cell * rows))
    for place, small in enumerate(smalls):
        with Image.open(io.BytesIO(small)) as opened:
            picture = opened.convert("RGB").resize((cell, cell), Image.Resampling.LANCZOS)
        grid.paste(picture, (place % columns * cell, place // columns * cell))
    return encode_image(grid, "WEBP", quality=75)


def photo(path: Path, width: int) -> bytes:
    """The middle of an author's picture, small and square."""
    square = ImageOps.fit(read_rgb(path), (2 * width, 2 * width), Image.Resampling.LANCZOS)
    return encode_image(square, "WEBP", quality=80)


def strip(pictures: Sequence[bytes]) -> bytes:
    """Square pictures of one size side by side in one WebP."""
    opened = [read_rgb(picture) for picture in pictures]
    side = opened[0].width
    row = Image.new("RGB", (side * len(opened), side))
    for place, picture in enumerate(opened):
        row.paste(picture, (side * place, 0))
    return encode_image(row, "WEBP", quality=88)


def _webp(entry: Entry, width: int, **options: Any) -> bytes:
    rgb = read_rgb(entry.read("drawing.png"))
    if rgb.width != width:
        rgb = rgb.resize((width, width), Image.Resampling.LANCZOS)
    return encode_image(rgb, "WEBP", **options)


def mosaic(tiles: Sequence[bytes], side: int, columns: int, larger: int, gap: int = 2) -> bytes:
    """A PNG of small pictures side by side, each of them enlarged pixel by pixel.

    Args:
        tiles: RGB, row by row.
        side: of each, in pixels.
        columns: how many stand in a row.
        larger: how many pixels each of theirs becomes, either way.
        gap: between them, transparent.
    """
    pitch, rows = side * larger + gap, -(-len(tiles) // columns)
    whole = Image.new("RGBA", (columns * pitch - gap, rows * pitch - gap))
    for place, tile in enumerate(tiles):
        one = Image.frombytes("RGB", (side, side), tile).resize((side * larger,) * 2, Image.Resampling.NEAREST)
        whole.paste(one, (place % columns * pitch, place // columns * pitch))
    return encode_image(whole, "PNG", optimize=True)
