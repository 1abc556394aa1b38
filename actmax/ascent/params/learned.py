"""The code of a generator that has learnt to paint photographs."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from torch import Generator, Tensor
from torch.nn import functional

from actmax.ascent.params.canvas import Canvas, Parameterization, Params


def learned(paint: Callable[[Tensor], Tensor], code: int, sd: float = 1.0) -> Params:
    """A code moves, and a generator paints what it stands for (Nguyen et al. 2016, "Synthesizing the preferred inputs
    for neurons in neural networks via deep generator networks", section 3.1).

    Their code is bounded as well (:func:`actmax.ascent.constraints.bounded`), since a generator paints nonsense of what
    it has never met.

    Args:
        paint: codes (B, C), each number in units of its deviation over photographs -> RGB (B, 3, h, w) in [0, 1], such
            as :func:`actmax.networks.decoder.load` gives; enlarged to the canvas.
        code: how many numbers.
        sd: deviation of the noise at the start, without its sign: a code is what a ReLU lets pass.
    """

    def params(generators: Sequence[Generator], canvas: Canvas) -> Parameterization:
        start = torch.stack([sd * torch.randn(code, generator=generator).abs() for generator in generators])

        def picture(codes: Tensor) -> Tensor:
            size = (canvas.height, canvas.width)
            return functional.interpolate(paint(codes), size, mode="bilinear", align_corners=False)

        return Parameterization(start, picture)

    return params
