"""Fourier coefficients of the image, in decorrelated colors."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import torch
from torch import Generator, Tensor
from torch.autograd.function import once_differentiable

from actmax.ascent.arguments import checked
from actmax.ascent.params.canvas import Canvas, Parameterization, Params, noise
from actmax.tensors import standard_deviation

# A square root of the covariance of ImageNet's colors, and so the map from decorrelated to real
# colors (Olah et al. 2017; the figures are those of lucid, optvis/param/color.py).
COLOR_SVD_SQRT = ((0.26, 0.09, 0.02), (0.27, 0.00, -0.05), (0.27, -0.09, 0.03))
LOGIT_MARGIN = 0.02
"""Distance from 0 and 1 to which values are clamped before the logit, which is infinite there."""


@checked(contrast=(0, math.inf))
def fourier(decay_power: float = 1.3, decorrelate: bool = True, sd: float = 0.01, contrast: float = math.inf) -> Params:
    """Optimize the coefficients of a real 2-D Fourier transform, scaled by 1/frequency**decay_power.

    Gradient ascent on these coefficients is ascent in another metric on the image: low frequencies, of which
    photographs have most, change first (Olah et al. 2017, "Preconditioning and Parameterization"; the power is 1
    there). A sigmoid keeps the image within [0, 1].

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
        scale = size / (frequencies(height, width).clamp_min(1 / size) * size).pow(decay_power)
        unnormalized = (scale / math.sqrt(height * width)).to(canvas.device)
        start = noise(generators, canvas.channels, height, width // 2 + 1, 2)
        color = colors() if decorrelate and canvas.channels == 3 else None

        def decode(coefficients: Tensor) -> Tensor:
            # Complex numbers, since a factor that is broadcast along the last axis takes three times as long.
            spectrum = torch.view_as_complex(coefficients) * unnormalized
            return synthesize(spectrum, canvas, color, contrast)

        def encode(images: Tensor) -> Tensor:
            return torch.view_as_real(spectrum_of(images, color) / scale).contiguous()

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
        spectrum: (B, C, H, W // 2 + 1), complex, divided by √(H W): the division is a pass over memory less where it
            is part of another factor.
        canvas: of the images.
        color: from decorrelated to real colors, (3, 3), or None where colors are real.
        contrast: largest standard deviation before the sigmoid.

    Returns:
        (B, C, H, W) in [0, 1]: a sigmoid keeps them there.
    """
    values = torch.fft.irfft2(spectrum, s=canvas.size, norm="forward")
    if color is not None:
        values = (color.to(values.device) @ values.flatten(2)).view_as(values)
    if contrast < math.inf:
        values = limit_contrast(values, contrast)
    image: Tensor = values.sigmoid()
    return image


def limit_contrast(values: Tensor, largest: float) -> Tensor:
    """Scale images (B, C, H, W) down to a largest standard deviation."""
    limited: Tensor = _LimitedContrast.apply(values, largest)
    return limited


class _LimitedContrast(torch.autograd.Function):
    """With the gradient by hand, in half the time."""

    @staticmethod
    def forward(ctx: Any, values: Tensor, largest: float) -> Tensor:
        deviation = standard_deviation(values)[:, None]
        factor = (largest / deviation).clamp_max(1)
        ctx.save_for_backward(values, deviation, factor)
        return (values.flatten(1) * factor).view_as(values)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grads: Tensor) -> tuple[Tensor, None]:
        values, deviation, factor = ctx.saved_tensors
        flat, flat_grads = values.flatten(1), grads.flatten(1)
        # The factor's gradient is -factor (x - mean) / (n - 1) / deviation² where it is below 1.
        weight = torch.where(factor < 1, factor / deviation.square() / (flat.shape[1] - 1), 0)
        weight = weight * (flat * flat_grads).sum(1, keepdim=True)
        centered = flat - flat.mean(1, keepdim=True)
        return (flat_grads * factor).addcmul_(centered, weight, value=-1).view_as(values), None


def spectrum_of(images: Tensor, color: Tensor | None) -> Tensor:
    """Encode images as Fourier coefficients: times 1/√(H W), the inverse of :func:`synthesize` except for black and
    white.

    Args:
        images: (B, C, H, W) in [0, 1].
        color: as there.

    Returns:
        (B, C, H, W // 2 + 1), complex, orthonormal.
    """
    values = images.logit(eps=LOGIT_MARGIN)
    if color is not None:
        values = (torch.linalg.inv(color) @ values.flatten(2)).view_as(values)
    spectrum: Tensor = torch.fft.rfft2(values, norm="ortho")
    return spectrum
