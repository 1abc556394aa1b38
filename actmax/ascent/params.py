"""What is optimised, and the picture that it stands for: pixels, Fourier coefficients, or a generator.

A parameterization is where ascent starts and how that becomes RGB. Each image of a batch starts
from its own generator, so that no image depends on its neighbours.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import NamedTuple

import torch
from torch import Generator, Tensor
from torch.nn import functional

from actmax.networks.network import denormalize, normalize

# A square root of the covariance of ImageNet's colours, and so the way from decorrelated to real
# colour (Olah et al. 2017; the figures are those of lucid, optvis/param/color.py).
COLOR_SVD_SQRT = ((0.26, 0.09, 0.02), (0.27, 0.00, -0.05), (0.27, -0.09, 0.03))


class Parameterization(NamedTuple):
    """Where ascent starts, and what its variable means."""

    start: Tensor
    """(B, …), float32: x₀, or the first coefficients."""
    image: Callable[[Tensor], Tensor]
    """(B, …) -> normalised images (B, 3, size, size), what the network is shown."""
    rgb: Callable[[Tensor], Tensor]
    """(B, …) -> RGB (B, 3, size, size); within [0, 1], but unclipped for pixels."""


def pixels(generators: Sequence[Generator], size: int, sd: float) -> Parameterization:
    """The normalised image itself, from seeded noise of deviation ``sd`` on middle grey."""
    noise = torch.stack([torch.randn(3, size, size, generator=generator) for generator in generators])
    grey = normalize(torch.full((1, 3, 1, 1), 0.5))
    return Parameterization(grey + sd * noise, lambda x: x, denormalize)


def fourier(generators: Sequence[Generator], size: int, sd: float, decay: float, decorrelate: bool) -> Parameterization:
    """Coefficients of a real 2-D Fourier transform, scaled by 1/frequency**decay, colours decorrelated.

    Steepest ascent on these coefficients is ascent in another metric on the image: low frequencies,
    which photographs are rich in, move first (Olah et al. 2017, "Preconditioning and
    Parameterization"). A sigmoid keeps RGB within [0, 1].
    """
    half = size // 2 + 1
    rows = torch.fft.fftfreq(size)[:, None]
    columns = torch.fft.rfftfreq(size)[None, :]
    # The lowest frequency, a constant, is scaled like one wave over the picture. The factor `size`
    # makes the strength of a given coefficient independent of the picture's size.
    frequency = (rows.square() + columns.square()).sqrt().clamp_min(1 / size)
    scale = (size / (frequency * size).pow(decay))[None, None, :, :, None]
    start = torch.stack([torch.randn(3, size, half, 2, generator=generator) for generator in generators])
    color = torch.tensor(COLOR_SVD_SQRT)
    color = color / color.norm(dim=0).max()

    def rgb(coefficients: Tensor) -> Tensor:
        scaled = torch.view_as_complex(coefficients * scale.to(coefficients.device))
        waves = torch.fft.irfft2(scaled, s=(size, size), norm="ortho")
        if decorrelate:
            waves = (color.to(waves.device) @ waves.flatten(2)).view_as(waves)
        picture: Tensor = waves.sigmoid()
        return picture

    return Parameterization(sd * start, lambda coefficients: normalize(rgb(coefficients)), rgb)


# Channels of an untrained generator's layers, coarse to fine: wide where that is cheap. The last
# doubling has no layer of its own, since most of the work would be there.
GENERATOR = (64, 48, 32, 16)


def generator(generators: Sequence[Generator], size: int, sd: float) -> Parameterization:
    """The weights of an untrained convolutional generator with a fixed random input.

    Its convolutions, each over twice as many pixels as the one before, favour smooth patches with
    clean edges before anything is learnt: a deep image prior (Ulyanov, Vedaldi & Lempitsky 2018).
    Each image has a generator of its own, whose weights ascent moves from seeded noise of deviation
    ``sd`` times that of He et al. 2015.
    """
    coarse = -(-size // 2 ** len(GENERATOR))
    shapes = [*((wide, narrow, 3, 3) for narrow, wide in pairwise(GENERATOR)), (3, GENERATOR[-1], 1, 1)]
    counts = [math.prod(shape) for shape in shapes]
    gains = torch.cat([torch.full((math.prod(shape),), math.sqrt(2 / math.prod(shape[1:]))) for shape in shapes])
    inputs = torch.cat([torch.randn(GENERATOR[0], coarse, coarse, generator=one) for one in generators])
    start = torch.stack([sd * gains * torch.randn(sum(counts), generator=one) for one in generators])

    def rgb(weights: Tensor) -> Tensor:
        images = len(weights)
        # All images at once: their channels side by side, each group with its own kernels.
        x = inputs.to(weights.device)[None]  # (1, B * C, H, W)
        for flat, shape in zip(torch.split(weights, counts, 1), shapes, strict=True):
            kernels = flat.reshape(images * shape[0], *shape[1:])
            if shape is shapes[-1]:
                x = functional.conv2d(x, kernels, groups=images)
            else:
                x = functional.interpolate(x, scale_factor=2.0, mode="bilinear", align_corners=False)
                x = functional.leaky_relu(functional.conv2d(x, kernels, padding=1, groups=images), 0.2)
                x = functional.group_norm(x, images)
        x = functional.interpolate(x, scale_factor=2.0, mode="bilinear", align_corners=False)
        picture: Tensor = x.view(images, 3, *x.shape[2:])[:, :, :size, :size].sigmoid()
        return picture

    return Parameterization(start, lambda weights: normalize(rgb(weights)), rgb)
