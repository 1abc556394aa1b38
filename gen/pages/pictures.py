"""Pictures derived from stored drawings. Those of a single drawing are computed once and kept in the store."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

from PIL import Image, ImageOps

from actmax.pictures import encode_image, read_rgb
from actmax.store.entry import Entry

REVISION = 1
"""Raise it with any change of how pictures are derived: those in the store are recomputed then."""
MASK = "mask.webp"
"""The stored file with the magnitude of the gradient at each pixel."""
THUMBNAIL, THUMBNAIL_ON_PAGE = 224, 160
"""Width of a thumbnail's file, for dense screens, and its width on a page; at most that of the drawing."""
MAX_WEBP_SIDE = 16_383
MOSAIC_GAP = 2
"""Transparent pixels between the pictures of a mosaic."""


def thumbnail(entry: Entry, width: int = THUMBNAIL) -> bytes:
    """Return a small WebP of a drawing."""
    width = min(width, entry.recipe.size)
    return entry.derived(f"thumbnail-{width}-{REVISION}.webp", partial(_webp, entry, width, quality=80))


def lossless(entry: Entry) -> bytes:
    """Return a WebP with the pixels of the PNG, for which its measures hold too."""
    return entry.derived(f"lossless-{REVISION}.webp", partial(_webp, entry, entry.recipe.size, lossless=True))


def compressed(picture: bytes) -> bytes:
    """Return a WebP that looks like the picture, for a page where no measure refers to its file."""
    return encode_image(read_rgb(picture), "WEBP", quality=90)


def cutout(entry: Entry) -> bytes | None:
    """Return a WebP that is transparent where gradients were small; None if the drawing has no mask."""
    if MASK not in entry.record.files:
        return None
    return entry.derived(f"cutout-{REVISION}.webp", partial(_masked, entry))


def _masked(entry: Entry) -> bytes:
    rgba = read_rgb(entry.read("drawing.png"))
    rgba.putalpha(read_rgb(entry.read(MASK)).convert("L"))
    return encode_image(rgba, "WEBP", quality=80)


def _webp(entry: Entry, width: int, **options: Any) -> bytes:
    return encode_image(_resized(read_rgb(entry.read("drawing.png")), width), "WEBP", **options)


def sheet(pictures: Sequence[bytes], cell: int, columns: int) -> bytes:
    """Return small square pictures as one WebP, row by row, so that a page fetches one file for hundreds."""
    resized = [_resized(read_rgb(picture), cell) for picture in pictures]
    return encode_image(_grid(resized, columns, "RGB"), "WEBP", quality=75)


def filmstrip(pictures: Sequence[bytes]) -> bytes:
    """Return square pictures of one size side by side as one WebP, scaled down if WebP requires it."""
    opened = [read_rgb(picture) for picture in pictures]
    side = min(opened[0].width, MAX_WEBP_SIDE // len(opened))
    return encode_image(_grid([_resized(picture, side) for picture in opened], len(opened), "RGB"), "WEBP", quality=88)


def photo(path: Path, width: int) -> bytes:
    """Return the center of an author's picture, square, at twice the width for dense screens."""
    square = ImageOps.fit(read_rgb(path), (2 * width, 2 * width), Image.Resampling.LANCZOS)
    return encode_image(square, "WEBP", quality=80)


def mosaic(tiles: Sequence[bytes], side: int, columns: int, scale: int) -> bytes:
    """Return small pictures as one PNG, row by row, each pixel enlarged.

    Args:
        tiles: RGB bytes of each.
        side: of each, in pixels.
        columns: pictures in a row.
        scale: side of an enlarged pixel.
    """
    pictures = [Image.frombytes("RGB", (side, side), tile) for tile in tiles]
    enlarged = [picture.resize((side * scale,) * 2, Image.Resampling.NEAREST) for picture in pictures]
    return encode_image(_grid(enlarged, columns, "RGBA", MOSAIC_GAP), "PNG", optimize=True)


def _resized(picture: Image.Image, width: int) -> Image.Image:
    return picture if picture.width == width else picture.resize((width, width), Image.Resampling.LANCZOS)


def _grid(pictures: Sequence[Image.Image], columns: int, mode: str, gap: int = 0) -> Image.Image:
    """Return square pictures of one size in rows."""
    pitch, rows = pictures[0].width + gap, -(-len(pictures) // columns)
    grid = Image.new(mode, (columns * pitch - gap, rows * pitch - gap))
    for index, picture in enumerate(pictures):
        grid.paste(picture, (index % columns * pitch, index // columns * pitch))
    return grid
