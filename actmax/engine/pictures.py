"""Between tensors and pictures: what an ascent starts from, and what it leaves behind."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from PIL import Image, ImageOps
from torch import Tensor

from actmax.ascent.gradients import blurred
from actmax.ascent.optimize import to_values
from actmax.errors import RecipeError
from actmax.tensors import image_to_tensor

UNTOUCHED, MOST = 0.5, 0.9
"""Parts of a picture's places: those that are transparent, and those beyond which all are opaque."""


def shown(picture: Image.Image, size: tuple[int, int], channels: int = 3) -> Tensor:
    """The centre of a picture, as large as it can be -> (C, H, W) in [0, 1].

    Raises:
        RecipeError: images of so many channels have no picture file.
    """
    if channels not in (1, 3):
        raise RecipeError(f"No picture has {channels} channels: an ascent on such images starts from noise.")
    height, width = size
    fitted = ImageOps.fit(picture.convert("RGB" if channels == 3 else "L"), (width, height), Image.Resampling.BICUBIC)
    return image_to_tensor(fitted).float() / 255


def to_images(rgb: Tensor) -> list[Image.Image]:
    """RGB (B, 3, H, W) -> B pictures of 8 bits, values outside [0, 1] clipped."""
    return [Image.fromarray(values) for values in to_values(rgb).permute(0, 2, 3, 1).numpy()]


def to_masks(gradient_magnitude: Tensor) -> list[Image.Image]:
    """Sums of slopes (B, H, W) -> B grey pictures: black for the less touched half, white for the most touched tenth.

    Blurred first, by a hundredth of the width: single pixels say nothing.
    """
    smooth = blurred(gradient_magnitude[:, None].float().cpu(), gradient_magnitude.shape[2] / 100).flatten(1)
    low, high = (smooth.quantile(part, 1, keepdim=True) for part in (UNTOUCHED, MOST))
    part = ((smooth - low) / (high - low).clamp_min(1e-12)).clamp(0, 1)
    values = (part * 255).round().to(torch.uint8).view(len(gradient_magnitude), *gradient_magnitude.shape[1:]).numpy()
    return [Image.fromarray(grey) for grey in values]


def enlarged(images: Sequence[Image.Image], size: int) -> list[Image.Image]:
    """Square pictures at a width and height."""
    return [image if image.width == size else image.resize((size, size), Image.Resampling.BICUBIC) for image in images]
