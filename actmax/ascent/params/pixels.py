"""The normalised image itself."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Generator, Tensor

from actmax.ascent.params.canvas import Canvas, Parameterization, Params


def pixels(sd: float = 0.01) -> Params:
    """The pixels move, from seeded noise on middle grey.

    Args:
        sd: standard deviation of the noise, in normalised pixels.
    """

    def params(generators: Sequence[Generator], canvas: Canvas) -> Parameterization:
        shape = (canvas.channels, canvas.height, canvas.width)
        noise = torch.stack([torch.randn(shape, generator=generator) for generator in generators])
        grey = canvas.normalize(torch.full((1, canvas.channels, 1, 1), 0.5))
        return Parameterization(grey + sd * noise, canvas.denormalize, _unchanged, canvas.normalize)

    return params


def _unchanged(x: Tensor) -> Tensor:
    return x
