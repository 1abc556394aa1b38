"""Spectrograms of sounds, and sounds from spectrograms."""

from __future__ import annotations

import torch
from torch import Tensor

from actmax.sounds.synthesis import LENGTH, SIDE

WINDOW, HOP = 256, 64
"""Samples of a window, and from one window to the next."""
RANGE = 50.0
"""Decibels from black to white."""
ROUNDS, MOMENTUM = 100, 0.99
"""Of the estimation of phases."""
FULL_SCALE = WINDOW / 4
"""The magnitude that is white: that of a sine of amplitude 1 under this window."""


def spectrogram(samples: Tensor) -> Tensor:
    """Return the spectrograms of samples, (B, LENGTH) -> (B, 1, SIDE, SIDE) in [0, 1].

    The highest frequency is in the first row; values are decibels, 0 for RANGE below full scale.
    """
    spectrum = torch.stft(samples, WINDOW, HOP, window=_window(), return_complex=True)[:, :SIDE, :SIDE]
    decibels = 20 * (spectrum.abs() / FULL_SCALE).clamp_min(1e-9).log10()
    return (1 + decibels / RANGE).clamp(0, 1).flip(1)[:, None]


def sound(picture: Tensor) -> Tensor:
    """Return a sound whose spectrogram is close to the given one.

    A spectrogram has no phases; they are estimated by alternating between sound and spectrogram (Griffin & Lim 1984,
    "Signal Estimation from Modified Short-Time Fourier Transform"; with the momentum of Perraudin et al. 2013).

    Args:
        picture: the spectrogram, (1, SIDE, SIDE) in [0, 1].

    Returns:
        (LENGTH,).
    """
    magnitude = torch.zeros(WINDOW // 2 + 1, LENGTH // HOP + 1)
    values = picture[0].flip(0)
    magnitude[:SIDE, :SIDE] = FULL_SCALE * 10 ** ((values - 1) * RANGE / 20) * (values > 0)
    generator = torch.Generator().manual_seed(0)
    spectrum = torch.polar(magnitude, 2 * torch.pi * torch.rand(magnitude.shape, generator=generator))
    before = torch.zeros_like(spectrum)
    for _ in range(ROUNDS):
        samples = torch.istft(spectrum, WINDOW, HOP, window=_window(), length=LENGTH)
        consistent = torch.stft(samples, WINDOW, HOP, window=_window(), return_complex=True)
        ahead = consistent + MOMENTUM * (consistent - before)
        spectrum, before = magnitude * ahead / ahead.abs().clamp_min(1e-9), consistent
    return torch.istft(spectrum, WINDOW, HOP, window=_window(), length=LENGTH)


def _window() -> Tensor:
    return torch.hann_window(WINDOW)
