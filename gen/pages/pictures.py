"""A stored drawing -> the pictures that pages show besides the master. Each is made once and kept with the drawing."""

from __future__ import annotations

import io
from functools import partial
from typing import Any

from PIL import Image

from actmax.store.store import Entry

REVISION = 1
"""Of how pictures are derived: raise it with any change, or old ones will be shown."""
THUMBNAILS = (160, 320)
"""Widths of a thumbnail on plain and on dense screens, in pixels; never more than the drawing has."""


def thumbnails(size: int) -> dict[int, str]:
    """The widths in which a drawing of that size has thumbnails, and the files' names; the smallest first."""
    wide = sorted({min(size, width) for width in THUMBNAILS})
    return {width: "thumbnail.webp" if place == 0 else "thumbnail-large.webp" for place, width in enumerate(wide)}


def thumbnail(entry: Entry, width: int) -> bytes:
    """A light WebP for the index; a drawing is square."""
    return entry.derived(f"thumbnail-{width}-{REVISION}.webp", partial(_webp, entry, width, quality=80))


def lossless(entry: Entry) -> bytes:
    """A WebP of the same pixels as the master: what was measured on the one holds for the other."""
    return entry.derived(f"lossless-{REVISION}.webp", partial(_webp, entry, entry.recipe.size, lossless=True))


def _webp(entry: Entry, width: int, **options: Any) -> bytes:
    with Image.open(io.BytesIO(entry.read("drawing.png"))) as image:
        rgb = image.convert("RGB")
    if rgb.width != width:
        rgb = rgb.resize((width, width), Image.Resampling.LANCZOS)
    buffer = io.BytesIO()
    rgb.save(buffer, "WEBP", **options)
    return buffer.getvalue()
