"""The normalized pixels themselves."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Generator

from actmax.ascent.arguments import checked
from actmax.ascent.params.canvas import Canvas, Parameterization, Params, noise


@checked()
def pixels(sd: float = 0.01) -> Params:
    """Optimize the normalized pixels, from seeded noise on middle gray.

    Args:
        sd: standard deviation of the noise, in normalized pixels.

    >>> from actmax.ascent.params import Canvas
    >>> param = pixels(sd=0.0)([torch.Generator()], Canvas(1, 1, 2))
    >>> param.decode(param.start).tolist()
    [[[[0.5, 0.5]]]]
    """

    def params(generators: Sequence[Generator], canvas: Canvas) -> Parameterization:
        gray = canvas.normalize(torch.full((1, canvas.channels, 1, 1), 0.5))
        start = gray + sd * noise(generators, canvas.channels, *canvas.size)
        return Parameterization(start, canvas.denormalize, lambda x: x, canvas.normalize)

    return params
