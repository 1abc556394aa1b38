"""Pixels and Fourier coefficients: where they start, what range they have, and that seeds alone decide."""

from __future__ import annotations

import pytest
import torch
from torch import Generator

from actmax.ascent.params import fourier, pixels
from actmax.networks.network import denormalize, normalize


def seeded(*seeds: int) -> list[Generator]:
    return [torch.Generator().manual_seed(seed) for seed in seeds]


def test_pixels_start_as_faint_noise_on_middle_grey() -> None:
    param = pixels(seeded(0), 64, 0.01)
    assert param.start.shape == (1, 3, 64, 64)
    assert param.rgb(param.start).mean((0, 2, 3)).tolist() == pytest.approx([0.5] * 3, abs=1e-3)
    assert param.start.std((2, 3)).flatten().tolist() == pytest.approx([0.01] * 3, rel=0.05)


def test_pixels_are_the_normalised_image_unclipped() -> None:
    param = pixels(seeded(0), 64, 0.01)
    far = torch.full((1, 3, 64, 64), 9.0)
    assert param.image(far) is far
    assert param.rgb(far).max() > 1


def test_normalisation_has_an_inverse() -> None:
    rgb = torch.rand(2, 3, 5, 5, generator=seeded(0)[0])
    torch.testing.assert_close(denormalize(normalize(rgb)), rgb)


@pytest.mark.parametrize("size", [64, 65])
def test_fourier_gives_pictures_of_the_size_within_0_and_1(size: int) -> None:
    param = fourier(seeded(0, 1), size, 10.0, 1.0, decorrelate=True)
    rgb = param.rgb(param.start)
    assert rgb.shape == (2, 3, size, size)
    assert rgb.min() >= 0
    assert rgb.max() <= 1
    torch.testing.assert_close(param.image(param.start), normalize(rgb))


def test_decay_makes_low_frequencies_strong() -> None:
    def smoothness(decay: float) -> float:
        param = fourier(seeded(0), 64, 0.01, decay, decorrelate=False)
        picture = param.rgb(param.start)
        return (picture.diff(dim=3).var() / picture.var()).item()

    assert smoothness(2.0) < 0.5 * smoothness(1.0) < 0.5 * smoothness(0.0)


def test_decorrelated_colour_moves_the_channels_together() -> None:
    param = fourier(seeded(0), 64, 0.01, 1.0, decorrelate=True)
    channels = torch.corrcoef(param.rgb(param.start)[0].flatten(1))
    assert channels[0, 1] > 0.8
    plain = fourier(seeded(0), 64, 0.01, 1.0, decorrelate=False)
    assert torch.corrcoef(plain.rgb(plain.start)[0].flatten(1))[0, 1].abs() < 0.4


@pytest.mark.parametrize("make", [lambda g: pixels(g, 64, 0.1), lambda g: fourier(g, 64, 0.1, 1.0, decorrelate=True)])
def test_an_image_starts_from_its_seed_alone(make) -> None:  # type: ignore[no-untyped-def]
    together, alone = make(seeded(3, 4, 3)).start, make(seeded(4)).start
    assert torch.equal(together[1], alone[0])
    assert torch.equal(together[0], together[2])
    assert not torch.equal(together[0], together[1])
