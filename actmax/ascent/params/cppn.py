"""A compositional pattern-producing network: a small network from coordinates to colors."""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Generator, Tensor

from actmax.ascent.arguments import checked
from actmax.ascent.params.canvas import Canvas, Parameterization, Params, noise


@checked(layers=(1, math.inf), width=(1, math.inf))
def cppn(layers: int = 8, width: int = 24, sd: float = 1.0) -> Params:
    """Optimize the weights of a network that maps a pixel's coordinates to its color, so that images are smooth at any
    size (Mordvintsev et al. 2018, "Differentiable Image Parameterizations", section on CPPNs).

    Each image has a network of its own. Its activation is the pair (atan x / 0.67, (atan² x - 0.45) / 0.396), as there.

    Args:
        layers: how many hidden layers.
        width: units of each.
        sd: standard deviation of the weights at the start, in units of 1/√inputs.

    >>> from actmax.ascent.params import Canvas
    >>> param = cppn()([torch.Generator().manual_seed(0)], Canvas(3, 24, 30))
    >>> param.decode(param.start).shape
    torch.Size([1, 3, 24, 30])
    """

    def params(generators: Sequence[Generator], canvas: Canvas) -> Parameterization:
        shapes = [(2, width), *[(2 * width, width)] * (layers - 1), (2 * width, canvas.channels)]
        counts = [math.prod(shape) for shape in shapes]
        gains = torch.cat([torch.full((math.prod(shape),), shape[0] ** -0.5) for shape in shapes])
        gains[-counts[-1] :] = 0  # the image is gray at the start, as in the source
        scale = math.sqrt(3) / max(canvas.size)
        rows, columns = (torch.arange(size) * 2.0 - size + 1 for size in canvas.size)
        grid = torch.stack(torch.meshgrid(rows * scale, columns * scale, indexing="ij"), -1).view(-1, 2)
        grid = grid.to(canvas.device)

        def decode(flat: Tensor) -> Tensor:
            x = grid.expand(len(flat), -1, -1)
            for index, (part, shape) in enumerate(zip(torch.split(flat, counts, 1), shapes, strict=True)):
                if index:
                    bent = x.atan()
                    x = torch.cat([bent / 0.67, (bent.square() - 0.45) / 0.396], 2)
                x = x @ part.view(len(flat), *shape)
            return x.sigmoid().mT.reshape(len(flat), canvas.channels, *canvas.size)

        return Parameterization(sd * gains * noise(generators, sum(counts)), decode)

    return params
