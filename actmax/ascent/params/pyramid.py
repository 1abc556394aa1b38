"""A Laplacian pyramid: images of several resolutions that are added up."""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Generator, Tensor
from torch.nn import functional

from actmax.ascent.arguments import checked
from actmax.ascent.params.canvas import Canvas, Parameterization, Params, noise
from actmax.ascent.params.fourier import LOGIT_MARGIN, colors


@checked(levels=(1, math.inf))
def pyramid(levels: int = 4, decorrelate: bool = True, sd: float = 0.01) -> Params:
    """Optimize the levels of a Laplacian pyramid, each of half the resolution of the one before (lucid's `lowres`).

    As with Fourier coefficients, low frequencies change faster than with pixels, but every parameter acts at a
    position.

    Args:
        levels: how many resolutions.
        decorrelate: whether to use ImageNet's decorrelated colors; images without three channels have none.
        sd: standard deviation of the levels at the start.

    >>> from actmax.ascent.params import Canvas
    >>> param = pyramid()([torch.Generator().manual_seed(0)], Canvas(3, 24, 30))
    >>> param.decode(param.start).shape
    torch.Size([1, 3, 24, 30])
    """

    def params(generators: Sequence[Generator], canvas: Canvas) -> Parameterization:
        sizes = [(-(-canvas.height // 2**level), -(-canvas.width // 2**level)) for level in range(levels)]
        counts = [canvas.channels * math.prod(size) for size in sizes]
        color = colors() if decorrelate and canvas.channels == 3 else None

        def decode(flat: Tensor) -> Tensor:
            values: Tensor = sum(
                (
                    functional.interpolate(
                        part.view(len(flat), canvas.channels, *size), canvas.size, mode="bilinear", align_corners=False
                    )
                    for part, size in zip(torch.split(flat, counts, 1), sizes, strict=True)
                ),
                flat.new_zeros(()),
            )
            if color is not None:
                values = (color.to(values.device) @ values.flatten(2)).view_as(values)
            return values.sigmoid()

        def encode(images: Tensor) -> Tensor:
            values = images.logit(eps=LOGIT_MARGIN)
            if color is not None:
                values = (torch.linalg.inv(color) @ values.flatten(2)).view_as(values)
            return torch.cat([values.flatten(1), values.new_zeros(len(values), sum(counts[1:]))], 1)

        return Parameterization(sd * noise(generators, sum(counts)), decode, encode=encode)

    return params
