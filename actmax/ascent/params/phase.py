"""The phases of the Fourier coefficients, while their magnitudes stay those of photographs."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

import torch
from safetensors.torch import load_file
from torch import Generator, Tensor
from torch.nn import functional

from actmax.ascent.params.canvas import Canvas, Parameterization, Params, noise
from actmax.ascent.params.fourier import colors, frequencies, spectrum_of, synthesize
from actmax.errors import RecipeError

SPECTRUM = Path(__file__).parent / "spectrum.safetensors"
"""The mean log magnitudes of photographs, as `actmax train spectrum` has measured them."""
LOWEST_FREQUENCY = 1 / 256
"""Cycles per pixel of the first row of the table; the last has half a cycle."""


def phase(sd: float = math.pi) -> Params:
    """Optimize the phases only: the magnitude of each Fourier coefficient is that of photographs (Fel et al. 2023,
    "Unlocking Feature Visualization for Deeper Networks with MAgnitude Constrained Optimization", section 3.2).

    An image can then not consist of the high frequencies that ascent prefers and photographs lack.

    Args:
        sd: standard deviation of the phases at the start, in radians; at π they are nearly uniform.

    >>> from actmax.ascent.params import Canvas
    >>> param = phase()([torch.Generator().manual_seed(0)], Canvas(3, 16, 16))
    >>> param.decode(param.start).shape
    torch.Size([1, 3, 16, 16])
    """

    def params(generators: Sequence[Generator], canvas: Canvas) -> Parameterization:
        if canvas.channels != 3:
            raise RecipeError(f"The spectrum is that of three channels, and these images have {canvas.channels}.")
        magnitudes, color = magnitude(*canvas.size).to(canvas.device), colors()
        start = noise(generators, 3, canvas.height, canvas.width // 2 + 1)

        def decode(phases: Tensor) -> Tensor:
            return synthesize(torch.polar(magnitudes.expand_as(phases).contiguous(), phases), canvas, color)

        return Parameterization(sd * start, decode, encode=lambda images: spectrum_of(images, color).angle())

    return params


@lru_cache(maxsize=4)
def magnitude(height: int, width: int) -> Tensor:
    """Return the magnitudes of an image's Fourier coefficients, in decorrelated colors: (3, H, W // 2 + 1).

    Interpolated bilinearly in a table of log magnitudes over frequency and direction. Below its lowest frequency they
    grow as the amplitude of photographs does, with 1/frequency (Field 1987). The mean of the image takes the
    magnitude of the lowest frequency.
    """
    table = load_file(SPECTRUM)["log_strength"].float()  # (3, frequencies, directions)
    wrapped = torch.cat([table, table[:, :, :1]], 2)  # half a turn further the direction is the same
    octaves, angle = table_position(height, width)
    grid = torch.stack([2 * angle - 1, 2 * octaves.clamp(0, 1) - 1], -1)
    logs = functional.grid_sample(wrapped[None], grid[None], align_corners=True, padding_mode="border")[0]
    return (logs + octaves.clamp_max(0).neg() * math.log(0.5 / LOWEST_FREQUENCY)).exp()


def table_position(height: int, width: int) -> tuple[Tensor, Tensor]:
    """Return each coefficient's position in the table: its log frequency, 0 for the lowest row and 1 for the highest
    (negative below the table), and its direction, 0…1; (H, W // 2 + 1) each."""
    rows, columns = torch.fft.fftfreq(height)[:, None], torch.fft.rfftfreq(width)[None, :]
    octaves = (frequencies(height, width).clamp_min(1 / max(height, width)) / LOWEST_FREQUENCY).log2()
    octaves = octaves / math.log2(0.5 / LOWEST_FREQUENCY)
    return octaves.clamp_max(1), torch.atan2(rows, columns).remainder(math.pi).expand_as(octaves) / math.pi
