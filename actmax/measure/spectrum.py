"""How much of a picture is fine grain."""

from __future__ import annotations

import torch
from torch import Tensor

FINE = 0.125
"""Cycles per pixel from which on a wave counts as fine: one of 8 pixels or less."""


def fine_share(images: Tensor) -> Tensor:
    """The part of each picture's variation that is in waves of 8 pixels or less; of a photograph, a few hundredths.

    Args:
        images: (B, C, H, W), any range.

    Returns:
        (B,), from 0 to 1: power in those waves over power in all; 0 for a single colour.
    """
    _, _, height, width = images.shape
    power = torch.fft.fft2(images.float()).abs().square().sum(1)
    rows, columns = torch.fft.fftfreq(height)[:, None], torch.fft.fftfreq(width)[None, :]
    fine = (rows.square() + columns.square()).sqrt() >= FINE
    power[:, 0, 0] = 0
    share: Tensor = power[:, fine].sum(1) / power.flatten(1).sum(1).clamp_min(1e-12)
    return share
