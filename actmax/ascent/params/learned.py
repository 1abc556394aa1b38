"""The code of a generator that was trained on photographs."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

from torch import Generator, Tensor
from torch.nn import functional

from actmax.ascent.arguments import checked
from actmax.ascent.params.canvas import Canvas, Parameterization, Params, noise


@checked(code=(1, math.inf))
def learned(decode: Callable[[Tensor], Tensor], code: int, sd: float = 1.0) -> Params:
    """Optimize the code of a trained generator (Nguyen et al. 2016, "Synthesizing the preferred inputs for neurons in
    neural networks via deep generator networks", section 3.1).

    Their code is bounded as well (:func:`actmax.ascent.constraints.bounded`), since a generator makes nonsense of codes
    unlike those of its training.

    Args:
        decode: codes (B, C), each number in units of its standard deviation over photographs -> RGB (B, 3, h, w) in
            [0, 1], such as :func:`actmax.networks.decoder.load` returns; enlarged to the canvas.
        code: how many numbers a code has.
        sd: standard deviation of the noise at the start, of which the absolute values are taken: a code comes from a
            ReLU.

    >>> import torch
    >>> from actmax.ascent.params import Canvas
    >>> gray = lambda codes: codes.mean(1).view(-1, 1, 1, 1).expand(-1, 3, 4, 4)
    >>> param = learned(gray, code=5)([torch.Generator().manual_seed(0)], Canvas(3, 8, 8))
    >>> param.decode(param.start).shape
    torch.Size([1, 3, 8, 8])
    """

    def params(generators: Sequence[Generator], canvas: Canvas) -> Parameterization:
        def enlarged(codes: Tensor) -> Tensor:
            return functional.interpolate(decode(codes), canvas.size, mode="bilinear", align_corners=False)

        return Parameterization(sd * noise(generators, code).abs(), enlarged)

    return params
