"""The weights of an untrained convolutional generator."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise

import torch
from torch import Generator, Tensor
from torch.nn import functional

from actmax.ascent.arguments import checked
from actmax.ascent.params.canvas import Canvas, Parameterization, Params

# Channels of the generator's layers, coarse to fine: wide where that is cheap. The last doubling
# has no layer of its own, since most of the work would be there.
WIDTHS = (64, 48, 32, 16)


@checked()
def generator(sd: float = 1.0) -> Params:
    """Optimize the weights of an untrained convolutional generator with a fixed random input.

    Its convolutions, each over twice as many pixels as the one before, favor smooth regions with clean edges before
    anything is learned: a deep image prior (Ulyanov, Vedaldi & Lempitsky 2018). Each image has a generator of its own.

    Args:
        sd: standard deviation of the weights at the start, in units of that of He et al. 2015.

    >>> from actmax.ascent.params import Canvas
    >>> param = generator()([torch.Generator().manual_seed(0)], Canvas(3, 20, 30))
    >>> param.decode(param.start).shape
    torch.Size([1, 3, 20, 30])
    """

    def params(generators: Sequence[Generator], canvas: Canvas) -> Parameterization:
        height, width = canvas.size
        coarse = (-(-height // 2 ** len(WIDTHS)), -(-width // 2 ** len(WIDTHS)))
        shapes = [*((wide, narrow, 3, 3) for narrow, wide in pairwise(WIDTHS)), (canvas.channels, WIDTHS[-1], 1, 1)]
        counts = [math.prod(shape) for shape in shapes]
        gains = torch.cat([torch.full((math.prod(shape),), math.sqrt(2 / math.prod(shape[1:]))) for shape in shapes])
        inputs = torch.stack([torch.randn(1, WIDTHS[0], *coarse, generator=chance) for chance in generators])
        inputs = inputs.to(canvas.device)
        start = torch.stack([sd * gains * torch.randn(sum(counts), generator=chance) for chance in generators])

        def decode(weights: Tensor) -> Tensor:
            images = [decode_one(x, flat) for x, flat in zip(inputs, weights, strict=True)]
            return torch.cat(images)[:, :, :height, :width].sigmoid()

        # One image after another: as groups of channels of one convolution they would round differently.
        def decode_one(x: Tensor, weights: Tensor) -> Tensor:
            for flat, shape in zip(torch.split(weights, counts), shapes, strict=True):
                kernels = flat.view(shape)
                if shape is shapes[-1]:
                    x = functional.conv2d(x, kernels)
                else:
                    x = _doubled(x)
                    x = functional.leaky_relu(functional.conv2d(x, kernels, padding=1), 0.2)
                    x = functional.group_norm(x, 1)
            return _doubled(x)

        return Parameterization(start, decode)

    return params


def _doubled(x: Tensor) -> Tensor:
    return functional.interpolate(x, scale_factor=2.0, mode="bilinear", align_corners=False)
