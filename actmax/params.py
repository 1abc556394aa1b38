"""What is optimised, and the picture that it stands for: pixels, or Fourier coefficients.

A parameterization is where ascent starts and how that becomes RGB. Each image of a batch starts
from its own generator, so that no image depends on its neighbours.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

import torch
from torch import Generator, Tensor

from actmax.networks import denormalize, normalize

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
    """(B, …) -> RGB (B, 3, size, size); within [0, 1] for Fourier, unclipped for pixels."""


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
