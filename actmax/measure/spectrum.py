"""The share of an image's variance in high frequencies."""

from __future__ import annotations

import torch
from torch import Tensor

HIGH_FREQUENCY = 0.125
"""Lowest of the high frequencies, in cycles per pixel: a wavelength of 8 pixels."""


def high_frequency_share(images: Tensor) -> Tensor:
    """Measure the share of each image's variance at wavelengths of 8 pixels or less; a few percent in photographs.

    Args:
        images: (B, C, H, W), any range.

    Returns:
        (B,), from 0 to 1: power at those frequencies over total power; 0 for a constant image.
    """
    _, _, height, width = images.shape
    power = torch.fft.fft2(images.float()).abs().square().sum(1)
    rows, columns = torch.fft.fftfreq(height)[:, None], torch.fft.fftfreq(width)[None, :]
    high = (rows.square() + columns.square()).sqrt() >= HIGH_FREQUENCY
    power[:, 0, 0] = 0
    share: Tensor = power[:, high].sum(1) / power.flatten(1).sum(1).clamp_min(1e-12)
    return share
