"""Random turns, scales and shifts, drawn anew at each step and for each image: what makes a drawing robust.

A detail that works at one place and one angle only does not survive them (Olah et al. 2017,
"Transformation Robustness").
"""

from __future__ import annotations

import torch
from torch import Generator, Tensor
from torch.nn import functional


def random_affine(generator: Generator, steps: int, size: int, jitter: int, scale: float, rotate: float) -> Tensor:
    """The maps that one drawing will see, all drawn before it begins.

    Args:
        generator: the drawing's own.
        steps: how many maps.
        size: of the picture, in pixels.
        jitter: largest shift, in pixels; whole pixels, uniformly in -jitter…jitter, for each axis.
        scale: largest change of size, as a part of 1; uniform.
        rotate: largest turn, in degrees; uniform.

    Returns:
        (steps, 2, 3), float32: output position -> input position, both in [-1, 1], as
        :func:`torch.nn.functional.affine_grid` takes them.
    """
    angle, size_change, *shift = (2 * torch.rand(steps, 4, generator=generator) - 1).unbind(1)
    turn = torch.deg2rad(rotate * angle)
    zoom = 1 / (1 + scale * size_change)
    cos, sin = zoom * turn.cos(), zoom * turn.sin()
    # A pixel is 2 / size of a picture that reaches from -1 to 1.
    x, y = ((jitter + 0.49) * one for one in shift) if jitter else (torch.zeros(steps), torch.zeros(steps))
    x, y = x.round() * 2 / size, y.round() * 2 / size
    return torch.stack([torch.stack([cos, -sin, x], 1), torch.stack([sin, cos, y], 1)], 1)


def apply_affine(maps: Tensor, images: Tensor) -> Tensor:
    """Each image through its own map, bilinearly; beyond the border the picture is mirrored.

    Args:
        maps: (B, 2, 3).
        images: (B, C, H, W), any range.
    """
    grid = functional.affine_grid(maps, list(images.shape), align_corners=False)
    return functional.grid_sample(images, grid, padding_mode="reflection", align_corners=False)
