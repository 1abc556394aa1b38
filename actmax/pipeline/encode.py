"""A drawing as files: the PNG master, a JPEG, a filmstrip of its frames, and the mask of what the steps touched."""

from __future__ import annotations

import json
from collections.abc import Sequence

from PIL import Image
from PIL.PngImagePlugin import PngInfo

from actmax.pictures import encode_image
from actmax.recipe.recipe import Recipe

CELL = 256
"""Largest width of a frame in the filmstrip, in pixels; WebP ends at 16383 for the whole strip."""


def png(image: Image.Image, recipe: Recipe) -> bytes:
    """Lossless, with the recipe inside: a picture that was saved somewhere still says how it was made.

    Only what differs from the defaults stands there, so that a field which recipes get later changes no picture.
    """
    about = PngInfo()
    about.add_text("Software", "actmax")
    about.add_text("actmax:recipe", json.dumps(recipe.identity(), sort_keys=True))
    return encode_image(image, "PNG", pnginfo=about)


def jpeg(image: Image.Image) -> bytes:
    """For pages that show or link to a JPEG; colours are kept at full resolution."""
    return encode_image(image, "JPEG", quality=92, subsampling=0)


def filmstrip(frames: Sequence[Image.Image]) -> bytes:
    """The frames side by side in one WebP, each at most ``CELL`` wide."""
    cell = min(frames[0].width, CELL)
    strip = Image.new("RGB", (cell * len(frames), cell))
    for place, frame in enumerate(frames):
        strip.paste(
            frame if frame.width == cell else frame.resize((cell, cell), Image.Resampling.LANCZOS), (place * cell, 0)
        )
    return encode_image(strip, "WEBP", quality=60)  # they pass by in a moment; the last one is there in full


def mask(gradient_magnitude: Image.Image) -> bytes:
    """Where the steps have been, as a grey WebP."""
    return encode_image(gradient_magnitude.convert("RGB"), "WEBP", quality=60)
