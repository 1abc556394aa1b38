"""The phases of the image's waves, while their strengths stay those of photographs."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

import torch
from safetensors.torch import load_file
from torch import Generator, Tensor
from torch.nn import functional

from actmax.ascent.params.canvas import Canvas, Parameterization, Params
from actmax.ascent.params.fourier import colors, frequencies, spectrum_of, synthesize
from actmax.errors import RecipeError

SPECTRUM = Path(__file__).parent / "spectrum.safetensors"
"""How strong the waves of photographs are, as `actmax train spectrum` has measured it."""
LOWEST = 1 / 256
"""Cycles per pixel of the longest wave in the table; the shortest has half a one."""


def phase(sd: float = math.pi) -> Params:
    """Only the phases move: the strength of each wave is that of photographs (Fel et al. 2023, "Unlocking Feature
    Visualization for Deeper Networks with MAgnitude Constrained Optimization", section 3.2).

    A picture can then not be made of the high frequencies that ascent likes and photographs lack.

    Args:
        sd: standard deviation of the phases at the start, in radians; π scatters them evenly, nearly.
    """

    def params(generators: Sequence[Generator], canvas: Canvas) -> Parameterization:
        if canvas.channels != 3:
            raise RecipeError(f"The spectrum is that of three channels, and these images have {canvas.channels}.")
        strengths, color = strength(canvas.height, canvas.width).to(canvas.device), colors()
        shape = (3, canvas.height, canvas.width // 2 + 1)
        start = torch.stack([torch.randn(shape, generator=generator) for generator in generators])

        def picture(phases: Tensor) -> Tensor:
            return synthesize(torch.polar(strengths.expand_as(phases).contiguous(), phases), canvas, color)

        return Parameterization(sd * start, picture, variable=lambda pictures: spectrum_of(pictures, color).angle())

    return params


@lru_cache(maxsize=4)
def strength(height: int, width: int) -> Tensor:
    """Of each wave of an image, in decorrelated colours: (3, H, W // 2 + 1), as :func:`synthesize` takes them.

    Read from a table of logarithms over frequency and direction, bilinearly. What has no wave at all is taken for the
    longest.
    """
    table = load_file(SPECTRUM)["log_strength"].float()  # (3, frequencies, directions)
    wrapped = torch.cat([table, table[:, :, :1]], 2)  # half a turn on, the direction is the same
    radius, angle = places(height, width)
    grid = torch.stack([2 * angle - 1, 2 * radius - 1], -1)
    logs = functional.grid_sample(wrapped[None], grid[None], align_corners=True, padding_mode="border")[0]
    return logs.exp()


def places(height: int, width: int) -> tuple[Tensor, Tensor]:
    """Of each wave in the table: its frequency on a logarithmic scale, and its direction, each 0…1, (H, W // 2 + 1)."""
    rows, columns = torch.fft.fftfreq(height)[:, None], torch.fft.rfftfreq(width)[None, :]
    octaves = (frequencies(height, width).clamp_min(1 / max(height, width)) / LOWEST).log2() / math.log2(0.5 / LOWEST)
    return octaves.clamp(0, 1), torch.atan2(rows, columns).remainder(math.pi).expand_as(octaves) / math.pi
