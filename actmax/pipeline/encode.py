"""A drawing as files: the PNG master, a JPEG, a filmstrip of its frames, and the mask of its gradient magnitude."""

from __future__ import annotations

import json
from collections.abc import Sequence

from PIL import Image
from PIL.PngImagePlugin import PngInfo

from actmax.pictures import encode_image
from actmax.recipe.recipe import Recipe

CELL = 256
"""Maximum width of a frame in the filmstrip, in pixels; WebP allows 16383 for the whole strip."""


def png(image: Image.Image, recipe: Recipe) -> bytes:
    """Encode without loss, with the recipe as a text chunk: a saved copy still contains how it was made.

    The chunk leaves out default values, so that a later recipe field changes no file.
    """
    about = PngInfo()
    about.add_text("Software", "actmax")
    about.add_text("actmax:recipe", json.dumps(recipe.identity(), sort_keys=True))
    return encode_image(image, "PNG", pnginfo=about)


def jpeg(image: Image.Image) -> bytes:
    """Encode for pages that show or link to a JPEG, with colors at full resolution."""
    return encode_image(image, "JPEG", quality=92, subsampling=0)


def filmstrip(frames: Sequence[Image.Image]) -> bytes:
    """Encode the frames side by side in one WebP, each at most ``CELL`` wide."""
    cell = min(frames[0].width, CELL)
    strip = Image.new("RGB", (cell * len(frames), cell))
    for index, frame in enumerate(frames):
        small = frame if frame.width == cell else frame.resize((cell, cell), Image.Resampling.LANCZOS)
        strip.paste(small, (index * cell, 0))
    return encode_image(strip, "WEBP", quality=60)  # shown for a moment; the last frame is the drawing itself


def mask(gradient_magnitude: Image.Image) -> bytes:
    """Encode the accumulated gradient magnitude as a gray WebP."""
    return encode_image(gradient_magnitude.convert("RGB"), "WEBP", quality=60)
