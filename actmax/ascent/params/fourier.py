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


def fourier(decay: float = 1.3, decorrelate: bool = True, sd: float = 0.01) -> Params:
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
        rows = torch.fft.fftfreq(height)[:, None]
        columns = torch.fft.rfftfreq(width)[None, :]
        # The lowest frequency, a constant, is scaled like a single wave over the image. The factor `size`
        # makes the strength of a given coefficient independent of the image's size.
        size = max(height, width)
        frequency = (rows.square() + columns.square()).sqrt().clamp_min(1 / size)
        scale = (size / (frequency * size).pow(decay))[None, None, :, :, None].to(canvas.device)
        shape = (canvas.channels, height, width // 2 + 1, 2)
        start = torch.stack([torch.randn(shape, generator=generator) for generator in generators])
        color = torch.tensor(COLOR_SVD_SQRT)
        color = (color / color.norm(dim=0).max()).to(canvas.device)

        def picture(coefficients: Tensor) -> Tensor:
            waves = torch.fft.irfft2(torch.view_as_complex(coefficients * scale), s=(height, width), norm="ortho")
            if decorrelate:
                waves = (color @ waves.flatten(2)).view_as(waves)
            image: Tensor = waves.sigmoid()
            return image

        return Parameterization(sd * start, picture)

    return params
