"""Pixels, Fourier coefficients and generators: where they start, what range they have, and that seeds alone decide."""

from __future__ import annotations

import pytest
import torch
from torch import Generator, Tensor

from actmax.ascent.params import Canvas, Parameterization, Params, fourier, generator, pixels
from actmax.errors import RecipeError
from actmax.networks.network import IMAGENET

EVERY: dict[str, Params] = {
    "pixels": pixels(0.1),
    "fourier": fourier(1.0, decorrelate=False, sd=0.1),
    "generator": generator(),
}


def canvas(height: int = 64, width: int = 64, channels: int = 3) -> Canvas:
    if channels == 3:
        return Canvas(channels, height, width, IMAGENET, IMAGENET.inverse)
    return Canvas(channels, height, width, lambda x: 2 * x - 1, lambda x: (x + 1) / 2)


def seeded(*seeds: int) -> list[Generator]:
    return [torch.Generator().manual_seed(seed) for seed in seeds]


def picture(param: Parameterization) -> Tensor:
    return param.picture(param.start)


def test_pixels_start_as_faint_noise_on_middle_grey() -> None:
    param = pixels(0.01)(seeded(0), canvas())
    assert param.start.shape == (1, 3, 64, 64)
    assert picture(param).mean((0, 2, 3)).tolist() == pytest.approx([0.5] * 3, abs=1e-3)
    assert param.start.std((2, 3)).flatten().tolist() == pytest.approx([0.01] * 3, rel=0.05)


def test_pixels_are_the_normalised_image_unclipped() -> None:
    param = pixels(0.01)(seeded(0), canvas())
    far = torch.full((1, 3, 64, 64), 9.0)
    assert param.normalized is not None
    assert param.normalized(far) is far
    assert param.picture(far).max() > 1


@pytest.mark.parametrize(("height", "width"), [(64, 64), (65, 65), (64, 96), (71, 64)])
@pytest.mark.parametrize("channels", [1, 3, 5])
@pytest.mark.parametrize("name", EVERY)
def test_pictures_have_the_canvas_shape_whatever_it_is(name: str, channels: int, height: int, width: int) -> None:
    images = picture(EVERY[name](seeded(0, 1), canvas(height, width, channels)))
    assert images.shape == (2, channels, height, width)
    assert images.isfinite().all()


@pytest.mark.parametrize("size", [64, 65])
def test_fourier_and_generator_stay_within_0_and_1(size: int) -> None:
    for params in (fourier(1.0, sd=10.0), generator(3.0)):
        images = picture(params(seeded(0, 1), canvas(size, size)))
        assert images.min() >= 0
        assert images.max() <= 1


def test_colours_are_decorrelated_in_three_channels_only() -> None:
    with pytest.raises(RecipeError, match="these images have 1: say decorrelate=False"):
        fourier()(seeded(0), canvas(channels=1))


def test_decay_makes_low_frequencies_strong() -> None:
    def smoothness(decay: float) -> float:
        image = picture(fourier(decay, decorrelate=False, sd=0.01)(seeded(0), canvas()))
        return (image.diff(dim=3).var() / image.var()).item()

    assert smoothness(2.0) < 0.5 * smoothness(1.0) < 0.5 * smoothness(0.0)


def test_decorrelated_colour_moves_the_channels_together() -> None:
    channels = torch.corrcoef(picture(fourier(1.0)(seeded(0), canvas()))[0].flatten(1))
    assert channels[0, 1] > 0.8
    plain = picture(fourier(1.0, decorrelate=False)(seeded(0), canvas()))
    assert torch.corrcoef(plain[0].flatten(1))[0, 1].abs() < 0.4


@pytest.mark.parametrize("name", EVERY)
def test_an_image_starts_from_its_seed_alone(name: str) -> None:
    together, alone = (EVERY[name](seeded(*seeds), canvas()) for seeds in ((3, 4, 3), (4,)))
    first, second, third = picture(together)
    torch.testing.assert_close(second, picture(alone)[0])
    assert torch.equal(together.start[0], together.start[2])
    torch.testing.assert_close(first, third)
    assert not torch.equal(first, second)
