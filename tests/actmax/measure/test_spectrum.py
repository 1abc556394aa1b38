"""How much of a picture is fine grain: waves whose length is known, noise whose share is, and photographs."""

from __future__ import annotations

import math
from pathlib import Path

import pytest
import torch
from torch import Tensor

from actmax.measure.measure import decode
from actmax.measure.spectrum import HIGH_FREQUENCY, high_frequency_share


def wave(length: float, size: int = 64) -> Tensor:
    """A wave of that length in pixels, from left to right in all channels."""
    turns = 2 * math.pi * torch.arange(size) / length
    return (0.5 + 0.4 * turns.sin()).expand(1, 3, size, size)


@pytest.mark.parametrize(("length", "fine"), [(64, 0.0), (16, 0.0), (64 / 7, 0.0), (8, 1.0), (4, 1.0)])
def test_waves_of_8_pixels_or_less_are_fine_in_either_direction(length: float, fine: float) -> None:
    for image in (wave(length), wave(length).mT):
        assert high_frequency_share(image).tolist() == pytest.approx([fine], abs=1e-5)


def test_a_share_is_of_power_whatever_the_brightness_and_contrast() -> None:
    both = wave(32) + 0.5 * wave(4)  # half as high: a quarter of the power
    images = torch.cat([both, 0.01 * both + 7, 255 * both])
    assert high_frequency_share(images).tolist() == pytest.approx([0.2] * 3, abs=1e-3)


def test_a_slanted_wave_is_as_fine_as_it_is_long() -> None:
    across = torch.arange(64)
    turns = 2 * math.pi * (across[:, None] + across[None, :]) / 64
    assert high_frequency_share((6 * turns).sin()[None, None]).item() == pytest.approx(1, abs=1e-5)  # 7.5 pixels
    assert high_frequency_share((5 * turns).sin()[None, None]).item() == pytest.approx(0, abs=1e-5)  # 9.1 pixels


def test_noise_is_as_fine_as_there_are_fine_waves_and_one_colour_is_not_at_all() -> None:
    noise = torch.rand(4, 3, 96, 128, generator=torch.Generator().manual_seed(0))
    assert high_frequency_share(noise).tolist() == pytest.approx([1 - math.pi * HIGH_FREQUENCY**2] * 4, abs=0.01)
    assert high_frequency_share(torch.full((2, 3, 16, 16), 0.7)).tolist() == pytest.approx([0.0, 0.0], abs=1e-6)


def test_of_a_photograph_a_few_hundredths_are_fine(checking_data: Path) -> None:
    paths = sorted((checking_data / "photos").glob("*.webp"))
    shares = [high_frequency_share(decode(path.read_bytes())).item() for path in paths]
    assert 0.005 < sorted(shares)[len(shares) // 2] < 0.1
    assert max(shares) < 0.4
