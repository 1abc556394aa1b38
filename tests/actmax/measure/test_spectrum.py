"""The high-frequency share of sinusoids, of noise, and of photographs."""

from __future__ import annotations

import math
from pathlib import Path

import pytest
import torch
from torch import Tensor

from actmax.measure.measure import decode
from actmax.measure.spectrum import HIGH_FREQUENCY, high_frequency_share


def sinusoid(length: float, size: int = 64) -> Tensor:
    """A horizontal sinusoid of that wavelength in pixels, equal in all channels."""
    turns = 2 * math.pi * torch.arange(size) / length
    return (0.5 + 0.4 * turns.sin()).expand(1, 3, size, size)


@pytest.mark.parametrize(("length", "share"), [(64, 0.0), (16, 0.0), (64 / 7, 0.0), (8, 1.0), (4, 1.0)])
def test_wavelengths_up_to_8_pixels_count_in_either_direction(length: float, share: float) -> None:
    for image in (sinusoid(length), sinusoid(length).mT):
        assert high_frequency_share(image).tolist() == pytest.approx([share], abs=1e-5)


def test_share_does_not_depend_on_brightness_and_contrast() -> None:
    both = sinusoid(32) + 0.5 * sinusoid(4)  # half as high: a quarter of the power
    images = torch.cat([both, 0.01 * both + 7, 255 * both])
    assert high_frequency_share(images).tolist() == pytest.approx([0.2] * 3, abs=1e-3)


def test_wavelength_of_a_diagonal_sinusoid_counts() -> None:
    across = torch.arange(64)
    turns = 2 * math.pi * (across[:, None] + across[None, :]) / 64
    assert high_frequency_share((6 * turns).sin()[None, None]).item() == pytest.approx(1, abs=1e-5)  # 7.5 pixels
    assert high_frequency_share((5 * turns).sin()[None, None]).item() == pytest.approx(0, abs=1e-5)  # 9.1 pixels


def test_share_of_white_noise_and_of_a_constant_image() -> None:
    noise = torch.rand(4, 3, 96, 128, generator=torch.Generator().manual_seed(0))
    assert high_frequency_share(noise).tolist() == pytest.approx([1 - math.pi * HIGH_FREQUENCY**2] * 4, abs=0.01)
    assert high_frequency_share(torch.full((2, 3, 16, 16), 0.7)).tolist() == pytest.approx([0.0, 0.0], abs=1e-6)


def test_share_of_photographs_is_a_few_percent(checking_data: Path) -> None:
    paths = sorted((checking_data / "photos").glob("*.webp"))
    shares = [high_frequency_share(decode(path.read_bytes())).item() for path in paths]
    assert 0.005 < sorted(shares)[len(shares) // 2] < 0.1
    assert max(shares) < 0.4
