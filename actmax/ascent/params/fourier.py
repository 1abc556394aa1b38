"""The coefficients of the image's waves, in decorrelated colours."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Generator, Tensor

from actmax.ascent.params.canvas import Canvas, Parameterization, Params
from actmax.errors import RecipeError

# A square root of the covariance of ImageNet's colours, and so the way from decorrelated to real
# colour (Olah et al. 2017; the figures are those of lucid, optvis/param/color.py).
COLOR_SVD_SQRT = ((0.26, 0.09, 0.02), (0.27, 0.00, -0.05), (0.27, -0.09, 0.03))
DARKEST = 0.02
"""What black is taken for, and its distance from white: waves would have to be endless to reach either."""


def fourier(decay_power: float = 1.3, decorrelate: bool = True, sd: float = 0.01) -> Params:
    """Coefficients of a real 2-D Fourier transform, scaled by 1/frequency**decay, colours decorrelated.

    Steepest ascent on these coefficients is ascent in another metric on the image: low frequencies,
    which photographs are rich in, move first (Olah et al. 2017, "Preconditioning and
    Parameterization"). A sigmoid keeps the image within [0, 1].

    Args:
        decay: the power of the frequency.
        decorrelate: whether colours are ImageNet's decorrelated ones, which needs three channels.
        sd: standard deviation of the coefficients at the start.
    """

    def params(generators: Sequence[Generator], canvas: Canvas) -> Parameterization:
        if decorrelate and canvas.channels != 3:
            raise RecipeError(
                f"Colours are decorrelated in three channels, and these images have {canvas.channels}: "
                "say decorrelate=False."
            )
        height, width = canvas.height, canvas.width
        # The lowest frequency, a constant, is scaled like a single wave over the image. The factor `size`
        # makes the strength of a given coefficient independent of the image's size.
        size = max(height, width)
        scale = (size / (frequencies(height, width).clamp_min(1 / size) * size).pow(decay_power))[
            None, None, :, :, None
        ]
        scale = scale.to(canvas.device)
        shape = (canvas.channels, height, width // 2 + 1, 2)
        start = torch.stack([torch.randn(shape, generator=generator) for generator in generators])
        color = colors() if decorrelate else None

        def picture(coefficients: Tensor) -> Tensor:
            return synthesize(torch.view_as_complex(coefficients * scale), canvas, color)

        def variable(pictures: Tensor) -> Tensor:
            return torch.view_as_real(spectrum_of(pictures, color)).contiguous() / scale.cpu()

        return Parameterization(sd * start, picture, variable=variable)

    return params


def frequencies(height: int, width: int) -> Tensor:
    """Of the waves of a real transform, in cycles per pixel, whatever their direction: (H, W // 2 + 1)."""
    rows = torch.fft.fftfreq(height)[:, None]
    columns = torch.fft.rfftfreq(width)[None, :]
    length: Tensor = (rows.square() + columns.square()).sqrt()
    return length


def colors() -> Tensor:
    """The way from decorrelated to real colour, (3, 3); its longest column has length 1."""
    color = torch.tensor(COLOR_SVD_SQRT)
    scaled: Tensor = color / color.norm(dim=0).max()
    return scaled


def synthesize(spectrum: Tensor, canvas: Canvas, color: Tensor | None) -> Tensor:
    """Waves -> the images that they add up to.

    Args:
        spectrum: (B, C, H, W // 2 + 1), complex.
        canvas: of the images.
        color: from decorrelated to real colour, (3, 3), or None where colours are real.

    Returns:
        (B, C, H, W) in [0, 1]: a sigmoid keeps them there.
    """
    waves = torch.fft.irfft2(spectrum, s=(canvas.height, canvas.width), norm="ortho")
    if color is not None:
        waves = (color.to(waves.device) @ waves.flatten(2)).view_as(waves)
    image: Tensor = waves.sigmoid()
    return image


def spectrum_of(pictures: Tensor, color: Tensor | None) -> Tensor:
    """The inverse of :func:`synthesize`, but for black and white, which none reaches: (B, C, H, W // 2 + 1), complex.

    Args:
        pictures: (B, C, H, W) in [0, 1].
        color: as there.
    """
    waves = pictures.logit(eps=DARKEST)
    if color is not None:
        waves = (torch.linalg.inv(color) @ waves.flatten(2)).view_as(waves)
    spectrum: Tensor = torch.fft.rfft2(waves, norm="ortho")
    return spectrum
