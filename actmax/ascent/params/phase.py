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

from actmax.ascent.arguments import checked
from actmax.ascent.params.canvas import Canvas, Parameterization, Params, noise
from actmax.ascent.params.fourier import colors, frequencies, spectrum_of, synthesize
from actmax.errors import RecipeError

SPECTRUM = Path(__file__).parent / "spectrum.safetensors"
"""The mean log magnitudes of photographs, as `actmax train spectrum` has measured them."""
MEASURED_SIZE = 224
"""Height and width of the photographs in pixels: the centered square of each, as large as possible, resized."""
LOWEST_FREQUENCY = 1 / 256
"""Cycles per pixel of the first row of the table, at that size; the last row has half a cycle."""
SHARP_FREQUENCY = 1 / 5
"""Cycles per pixel up to which a photograph that was resized is as sharp as a larger one. Above, resizing blurs it."""


@checked()
def phase(sd: float = math.pi) -> Params:
    """Optimize the phases only: the magnitude of each Fourier coefficient is that of photographs (Fel et al. 2023,
    "Unlocking Feature Visualization for Deeper Networks with MAgnitude Constrained Optimization", section 3.2).

    An image can then not consist of the high frequencies that ascent prefers and photographs lack.

    Differs: the magnitudes are those of the pixels' logits, so that the image after the sigmoid has the contrast of a
    photograph; the authors' code (Horama 0.3, Xplique) averages magnitudes of the pixels and scales each image to a
    standard deviation of 1 before the sigmoid. It standardizes the phases at each step, too; here they are free.

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
        magnitudes, color = magnitude(*canvas.size) / math.sqrt(canvas.height * canvas.width), colors()
        magnitudes = magnitudes.to(canvas.device)
        start = noise(generators, 3, canvas.height, canvas.width // 2 + 1)

        def decode(phases: Tensor) -> Tensor:
            return synthesize(torch.polar(magnitudes.expand_as(phases).contiguous(), phases), canvas, color)

        return Parameterization(sd * start, decode, encode=lambda images: spectrum_of(images, color).angle())

    return params


@lru_cache(maxsize=4)
def magnitude(height: int, width: int) -> Tensor:
    """Return the magnitudes of an image's Fourier coefficients, in decorrelated colors: (3, H, W // 2 + 1).

    Photographs of a scene have the same amplitudes per cycle of the image, whatever their size in pixels. So the table
    is read at the frequency in cycles per image (:func:`table_position`), beyond its end along the power of the
    frequency with which it falls before. Only the blur close to half a cycle per pixel, which comes from resizing,
    depends on the frequency in cycles per pixel. The mean of the image takes the magnitude of the lowest frequency.

    Differs from Horama 0.3 and Xplique, which stretch the authors' table to the image, and so read it at the frequency
    in cycles per pixel: a larger image then has less of its frequencies per cycle of the image.
    """
    scale = min(height, width) / MEASURED_SIZE
    per_image, angle = table_position(height, width, scale)
    per_pixel, _ = table_position(height, width)
    sharp = _row(SHARP_FREQUENCY)

    def at(octaves: Tensor | float) -> Tensor:
        return _read(torch.as_tensor(octaves).expand_as(angle), angle)

    two = _row(4 * LOWEST_FREQUENCY)  # octaves, over which the power is measured at either end
    low, high = (at(two) - at(0.0)) / two, (at(sharp) - at(sharp - two)) / two
    sharpest = per_image.clamp(0, sharp)
    beyond = per_image - sharpest
    blurred = per_pixel.clamp(sharp, 1)
    logs = at(sharpest) + torch.where(beyond < 0, low, high) * beyond
    return scale * (logs + at(blurred) - at(sharp) - high * (blurred - sharp)).exp()


def _row(frequency: float) -> float:
    """Return the position of a frequency in the table: 0 in its first row, 1 in its last."""
    return math.log(frequency / LOWEST_FREQUENCY) / math.log(0.5 / LOWEST_FREQUENCY)


def _read(octaves: Tensor, angle: Tensor) -> Tensor:
    """Interpolate the log magnitudes bilinearly at positions in 0…1, (H, W) each: (3, H, W)."""
    table = load_file(SPECTRUM)["log_strength"].float()  # (3, frequencies, directions)
    wrapped = torch.cat([table, table[:, :, :1]], 2)  # half a turn further the direction is the same
    grid = torch.stack([2 * angle - 1, 2 * octaves - 1], -1)
    return functional.grid_sample(wrapped[None], grid[None], align_corners=True, padding_mode="border")[0]


def table_position(height: int, width: int, scale: float = 1.0) -> tuple[Tensor, Tensor]:
    """Return each coefficient's position in the table, (H, W // 2 + 1) each.

    Args:
        height: of the image, in pixels.
        width: of the image, in pixels.
        scale: the shorter side in units of the photographs' for frequencies in cycles per image, 1 for cycles per
            pixel.

    Returns:
        Log frequency, 0 for the lowest row and 1 for the highest (negative below the table, above 1 beyond its end);
        direction, 0…1.
    """
    rows, columns = torch.fft.fftfreq(height)[:, None], torch.fft.rfftfreq(width)[None, :]
    octaves = (scale * frequencies(height, width).clamp_min(1 / max(height, width)) / LOWEST_FREQUENCY).log2()
    octaves = octaves / math.log2(0.5 / LOWEST_FREQUENCY)
    return octaves, torch.atan2(rows, columns).remainder(math.pi).expand_as(octaves) / math.pi
