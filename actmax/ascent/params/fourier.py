"""Fourier coefficients of the image, in decorrelated colors."""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Generator, Tensor

from actmax.ascent.params.canvas import Canvas, Parameterization, Params, noise

# A square root of the covariance of ImageNet's colors, and so the map from decorrelated to real
# colors (Olah et al. 2017; the figures are those of lucid, optvis/param/color.py).
COLOR_SVD_SQRT = ((0.26, 0.09, 0.02), (0.27, 0.00, -0.05), (0.27, -0.09, 0.03))
LOGIT_MARGIN = 0.02
"""Distance from 0 and 1 to which values are clamped before the logit, which is infinite there."""


def fourier(decay_power: float = 1.3, decorrelate: bool = True, sd: float = 0.01, contrast: float = math.inf) -> Params:
    """Optimize the coefficients of a real 2-D Fourier transform, scaled by 1/frequency**decay_power.

    Gradient ascent on these coefficients is ascent in another metric on the image: low frequencies, of which
    photographs have most, change first (Olah et al. 2017, "Preconditioning and Parameterization"). A sigmoid keeps
    the image within [0, 1].

    Args:
        decay_power: the power of the frequency.
        decorrelate: whether to use ImageNet's decorrelated colors; images without three channels have none.
        sd: standard deviation of the coefficients at the start.
        contrast: largest standard deviation of the image's logit, log(x / (1 - x)); photographs have 1.3 in the median,
            1.1 and 1.6 at the quartiles (250 of ImageNet's). Without a limit the lowest frequencies of some networks'
            drawings grow until the sigmoid makes them black and white.

    >>> from actmax.ascent.params import Canvas
    >>> param = fourier()([torch.Generator().manual_seed(0)], Canvas(3, 16, 16))
    >>> param.decode(param.start).shape
    torch.Size([1, 3, 16, 16])
    """

    def params(generators: Sequence[Generator], canvas: Canvas) -> Parameterization:
        height, width = canvas.size
        # The mean is scaled like the lowest frequency. The factor `size` makes the amplitude of a given
        # coefficient independent of the image's size.
        size = max(height, width)
        scale = (size / (frequencies(height, width).clamp_min(1 / size) * size).pow(decay_power))[
            None, None, :, :, None
        ]
        scale = scale.to(canvas.device)
        start = noise(generators, canvas.channels, height, width // 2 + 1, 2)
        color = colors() if decorrelate and canvas.channels == 3 else None

        def decode(coefficients: Tensor) -> Tensor:
            return synthesize(torch.view_as_complex(coefficients * scale), canvas, color, contrast)

        def encode(images: Tensor) -> Tensor:
            return torch.view_as_real(spectrum_of(images, color)).contiguous() / scale.cpu()

        return Parameterization(sd * start, decode, encode=encode)

    return params


def frequencies(height: int, width: int) -> Tensor:
    """Return the frequency of each coefficient of a real transform, in cycles per pixel: (H, W // 2 + 1)."""
    rows = torch.fft.fftfreq(height)[:, None]
    columns = torch.fft.rfftfreq(width)[None, :]
    length: Tensor = (rows.square() + columns.square()).sqrt()
    return length


def colors() -> Tensor:
    """Return the map from decorrelated to real colors, (3, 3); its longest column has length 1."""
    color = torch.tensor(COLOR_SVD_SQRT)
    scaled: Tensor = color / color.norm(dim=0).max()
    return scaled


def synthesize(spectrum: Tensor, canvas: Canvas, color: Tensor | None, contrast: float = math.inf) -> Tensor:
    """Decode Fourier coefficients to images.

    Args:
        spectrum: (B, C, H, W // 2 + 1), complex.
        canvas: of the images.
        color: from decorrelated to real colors, (3, 3), or None where colors are real.
        contrast: largest standard deviation before the sigmoid.

    Returns:
        (B, C, H, W) in [0, 1]: a sigmoid keeps them there.
    """
    values = torch.fft.irfft2(spectrum, s=canvas.size, norm="ortho")
    if color is not None:
        values = (color.to(values.device) @ values.flatten(2)).view_as(values)
    if contrast < math.inf:
        values = values * (contrast / values.flatten(1).std(1)).clamp_max(1).view(-1, 1, 1, 1)
    image: Tensor = values.sigmoid()
    return image


def spectrum_of(images: Tensor, color: Tensor | None) -> Tensor:
    """Encode images as Fourier coefficients, the inverse of :func:`synthesize` except for black and white.

    Args:
        images: (B, C, H, W) in [0, 1].
        color: as there.

    Returns:
        (B, C, H, W // 2 + 1), complex.
    """
    values = images.logit(eps=LOGIT_MARGIN)
    if color is not None:
        values = (torch.linalg.inv(color) @ values.flatten(2)).view_as(values)
    spectrum: Tensor = torch.fft.rfft2(values, norm="ortho")
    return spectrum
