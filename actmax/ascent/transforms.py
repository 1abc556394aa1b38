"""Random turns, scales and shifts, drawn anew at each step and for each image: what makes a drawing robust.

A detail that works at one place and one angle only does not survive them (Olah et al. 2017,
"Transformation Robustness").
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

import torch
from torch import Generator, Tensor
from torch.nn import functional

from actmax.ascent.params.canvas import Canvas

View = Callable[[Tensor], Tensor]
"""Normalised images (B, C, H, W) -> the same as they are seen in a step."""

Transform = Callable[[Sequence[Generator], int, Canvas], Sequence[View]]
"""A random generator for each image, the number of steps, the canvas -> a view for each step."""


def affine(jitter: int = 0, scale: float = 0.0, rotate: float = 0.0) -> Transform:
    """Shift, scale and turn in a single interpolation.

    Args:
        jitter: largest shift, in pixels either way.
        scale: largest change of size, as a part of 1 either way.
        rotate: largest turn, in degrees either way.
    """

    def transform(generators: Sequence[Generator], steps: int, canvas: Canvas) -> Sequence[View]:
        size = (canvas.height, canvas.width)
        maps = [random_affine(generator, steps, size, jitter, scale, rotate) for generator in generators]
        return [partial(apply_affine, step) for step in torch.stack(maps, 1).to(canvas.device)]

    return transform


def jitter(pixels: int) -> Transform:
    """Shifts by whole pixels, up to so many either way."""
    return affine(jitter=pixels)


def rotate(degrees: float) -> Transform:
    """Turns, up to so many degrees either way."""
    return affine(rotate=degrees)


def scale(part: float) -> Transform:
    """Changes of size, up to this part of 1 either way."""
    return affine(scale=part)


def random_affine(
    generator: Generator, steps: int, size: tuple[int, int], jitter: int, scale: float, rotate: float
) -> Tensor:
    """The maps that a drawing will see, all drawn before it begins.

    Args:
        generator: the drawing's own.
        steps: how many maps.
        size: height and width of the image, in pixels.
        jitter: largest shift, in pixels; whole pixels, uniformly in -jitter…jitter, for each axis.
        scale: largest change of size, as a part of 1; uniform.
        rotate: largest turn, in degrees; uniform.

    Returns:
        (steps, 2, 3), float32: output position -> input position, both in [-1, 1], as
        :func:`torch.nn.functional.affine_grid` takes them.
    """
    height, width = size
    angle, size_change, *shift = (2 * torch.rand(steps, 4, generator=generator) - 1).unbind(1)
    turn = torch.deg2rad(rotate * angle)
    factor = 1 / (1 + scale * size_change)
    cos, sin = factor * turn.cos(), factor * turn.sin()
    # A pixel is 2 / size of an image that reaches from -1 to 1, however many it has.
    x, y = ((jitter + 0.49) * part for part in shift) if jitter else (torch.zeros(steps), torch.zeros(steps))
    x, y = x.round() * 2 / width, y.round() * 2 / height
    aspect = height / width
    return torch.stack(
        [torch.stack([cos, -sin * aspect, x], 1), torch.stack([sin / aspect, cos, y], 1)],
        1,
    )


def apply_affine(maps: Tensor, images: Tensor) -> Tensor:
    """Each image through its own map, bilinearly; beyond the border the image is mirrored.

    Args:
        maps: (B, 2, 3).
        images: (B, C, H, W), any range.
    """
    grid = functional.affine_grid(maps, list(images.shape), align_corners=False)
    return functional.grid_sample(images, grid, padding_mode="reflection", align_corners=False)
