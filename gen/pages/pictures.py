"""A stored drawing -> the pictures that pages show besides the master. Each is made once and kept with the drawing."""

from __future__ import annotations

import io
from functools import partial
from typing import Any

from PIL import Image

from actmax.pictures import read_rgb
from actmax.store.entry import Entry

REVISION = 1
"""Of how pictures are derived: raise it with any change, or old ones will be shown."""
THUMBNAILS = (160, 320)
"""Widths of a thumbnail on plain and on dense screens, in pixels; never more than the drawing has."""


def thumbnails(size: int) -> list[int]:
    """The widths in which a drawing of that size has thumbnails: one or two, the smallest first."""
    return sorted({min(size, width) for width in THUMBNAILS})


def thumbnail(entry: Entry, width: int) -> bytes:
    """A light WebP for the index; a drawing is square."""
    return entry.derived(f"thumbnail-{width}-{REVISION}.webp", partial(_webp, entry, width, quality=80))


def lossless(entry: Entry) -> bytes:
    """A WebP of the same pixels as the master: what was measured on the one holds for the other."""
    return entry.derived(f"lossless-{REVISION}.webp", partial(_webp, entry, entry.recipe.size, lossless=True))


def _webp(entry: Entry, width: int, **options: Any) -> bytes:
    rgb = read_rgb(entry.read("drawing.png"))
    if rgb.width != width:
        rgb = rgb.resize((width, width), Image.Resampling.LANCZOS)
    buffer = io.BytesIO()
    rgb.save(buffer, "WEBP", **options)
    return buffer.getvalue()
