"""Between tensors and images: what an optimization starts from, and what it returns."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from PIL import Image, ImageOps
from torch import Tensor

from actmax.ascent.gradients import gaussian_blur
from actmax.ascent.optimize import to_values
from actmax.errors import RecipeError
from actmax.pictures import read_rgb
from actmax.tensors import image_to_tensor

TRANSPARENT, OPAQUE = 0.5, 0.9
"""Quantiles of the gradient magnitude: up to the first, a mask is transparent; from the second on, it is opaque."""


def fit(image: Image.Image, size: tuple[int, int], channels: int = 3) -> Tensor:
    """Convert the center of an image, as large as possible, to a tensor (C, H, W) in [0, 1].

    Args:
        image: of any size, and of any mode that :func:`actmax.pictures.read_rgb` reads.
        size: height and width.
        channels: 1 or 3.

    Raises:
        PictureError: the image cannot be read.
        RecipeError: images have neither 1 nor 3 channels.
    """
    if channels not in (1, 3):
        raise RecipeError(f"No image file has {channels} channels: start from noise or from a tensor.")
    height, width = size
    fitted = ImageOps.fit(
        read_rgb(image).convert("RGB" if channels == 3 else "L"), (width, height), Image.Resampling.BICUBIC
    )
    return image_to_tensor(fitted).float() / 255


def to_images(values: Tensor) -> list[Image.Image]:
    """Convert (B, C, H, W) in [0, 1] to images of 8 bits, values outside clipped; one channel is gray, three are RGB.

    Raises:
        RecipeError: there is another number of channels.
    """
    if values.shape[1] not in (1, 3):
        raise RecipeError(f"No image file has {values.shape[1]} channels: take the tensor `values`.")
    arrays = to_values(values).permute(0, 2, 3, 1).contiguous().numpy()
    return [Image.fromarray(array[..., 0] if array.shape[2] == 1 else array) for array in arrays]


def to_masks(gradient_magnitude: Tensor) -> list[Image.Image]:
    """Convert gradient magnitudes (B, H, W) to gray images: black for the smaller half, white for the largest tenth.

    They are blurred first, by a hundredth of the width: the gradient varies from pixel to pixel.
    """
    smooth = gaussian_blur(gradient_magnitude[:, None].float().cpu(), gradient_magnitude.shape[2] / 100).flatten(1)
    low, high = (smooth.quantile(part, 1, keepdim=True) for part in (TRANSPARENT, OPAQUE))
    part = ((smooth - low) / (high - low).clamp_min(1e-12)).clamp(0, 1)
    values = (part * 255).round().to(torch.uint8).view(len(gradient_magnitude), *gradient_magnitude.shape[1:]).numpy()
    return [Image.fromarray(gray) for gray in values]


def enlarged(images: Sequence[Image.Image], size: int) -> list[Image.Image]:
    """Resize square images to a width and height."""
    return [image if image.width == size else image.resize((size, size), Image.Resampling.BICUBIC) for image in images]
