"""A stored drawing -> the pictures that a page shows besides the master: so far, the thumbnail."""

from __future__ import annotations

import io

from PIL import Image

THUMBNAIL = 160
"""Largest width of a thumbnail, in pixels."""


def thumbnail(png: bytes) -> bytes:
    """A light WebP for the index, at most ``THUMBNAIL`` wide; a drawing is square."""
    with Image.open(io.BytesIO(png)) as image:
        width = min(image.width, THUMBNAIL)
        small = image.convert("RGB").resize((width, width), Image.Resampling.LANCZOS)
    buffer = io.BytesIO()
    small.save(buffer, "WEBP", quality=82)
    return buffer.getvalue()
