"""A sound as a picture, and a picture as a sound: how loud each pitch is at each moment."""

from __future__ import annotations

import torch
from torch import Tensor

from actmax.sounds.synthesis import LENGTH, SIDE

WINDOW, HOP = 256, 64
"""Samples that are looked at together, and from one look to the next."""
RANGE = 50.0
"""Decibels from black to white."""
MOMENTUM = 0.99
LOUDEST = WINDOW / 4
"""The magnitude that is white: that of a sine of amplitude 1 under this window."""


def spectrogram(samples: Tensor) -> Tensor:
    """(B, LENGTH) -> (B, 1, SIDE, SIDE) in [0, 1]: the highest pitch on top, time from left to right, brightness in
    decibels."""
    waves = torch.stft(samples, WINDOW, HOP, window=_window(), return_complex=True)[:, :SIDE, :SIDE]
    decibels = 20 * (waves.abs() / LOUDEST).clamp_min(1e-9).log10()
    return (1 + decibels / RANGE).clamp(0, 1).flip(1)[:, None]


def sound(picture: Tensor, rounds: int = 100, seed: int = 0) -> Tensor:
    """A sound whose spectrogram comes near a picture. A picture says how loud each pitch is and not where its waves
    begin; that is found by going back and forth between the two (Griffin & Lim 1984, "Signal Estimation from Modified
    Short-Time Fourier Transform"; with the momentum of Perraudin and others 2013).

    Args:
        picture: (1, SIDE, SIDE) in [0, 1].
        rounds: how often it goes back and forth.
        seed: of the phases that it begins with.

    Returns:
        (LENGTH,).
    """
    loud = torch.zeros(WINDOW // 2 + 1, LENGTH // HOP + 1)
    values = picture[0].flip(0)
    loud[:SIDE, :SIDE] = LOUDEST * 10 ** ((values - 1) * RANGE / 20) * (values > 0)
    chance = torch.Generator().manual_seed(seed)
    waves = torch.polar(loud, 2 * torch.pi * torch.rand(loud.shape, generator=chance))
    before = torch.zeros_like(waves)
    for _ in range(rounds):
        samples = torch.istft(waves, WINDOW, HOP, window=_window(), length=LENGTH)
        heard = torch.stft(samples, WINDOW, HOP, window=_window(), return_complex=True)
        ahead = heard + MOMENTUM * (heard - before)
        waves, before = loud * ahead / ahead.abs().clamp_min(1e-9), heard
    return torch.istft(waves, WINDOW, HOP, window=_window(), length=LENGTH)


def _window() -> Tensor:
    return torch.hann_window(WINDOW)
