"""Parameterizations: their start, their range, their dependence on seeds alone, and the way from images back."""

from __future__ import annotations

import math
import os
from pathlib import Path

import pytest
import torch
from PIL import Image
from safetensors.torch import load_file
from torch import Generator, Tensor

from actmax.ascent.params import (
    Canvas,
    Parameterization,
    Params,
    cppn,
    fourier,
    generator,
    learned,
    phase,
    pixels,
    pyramid,
)
from actmax.ascent.params.fourier import LOGIT_MARGIN, colors, frequencies, limit_contrast, spectrum_of
from actmax.ascent.params.phase import LOWEST_FREQUENCY, MEASURED_SIZE, SPECTRUM, magnitude
from actmax.engine.pictures import fit
from actmax.errors import RecipeError
from actmax.networks.network import IMAGENET

EVERY: dict[str, Params] = {
    "pixels": pixels(0.1),
    "fourier": fourier(1.0, decorrelate=False, sd=0.1),
    "generator": generator(),
    "phase": phase(),
    "pyramid": pyramid(),
    "cppn": cppn(),
}
SIZES = [(64, 64), (65, 65), (64, 96), (71, 64)]


def canvas(height: int = 64, width: int = 64, channels: int = 3) -> Canvas:
    if channels == 3:
        return Canvas(channels, height, width, IMAGENET, IMAGENET.inverse)
    return Canvas(channels, height, width, lambda x: 2 * x - 1, lambda x: (x + 1) / 2)


def seeded(*seeds: int) -> list[Generator]:
    return [torch.Generator().manual_seed(seed) for seed in seeds]


def picture(param: Parameterization) -> Tensor:
    return param.decode(param.start)


def test_pixels_start_as_faint_noise_on_middle_gray() -> None:
    param = pixels(0.01)(seeded(0), canvas())
    assert param.start.shape == (1, 3, 64, 64)
    assert picture(param).mean((0, 2, 3)).tolist() == pytest.approx([0.5] * 3, abs=1e-3)
    assert param.start.std((2, 3)).flatten().tolist() == pytest.approx([0.01] * 3, rel=0.05)


def test_pixels_are_the_normalized_image_unclipped() -> None:
    param = pixels(0.01)(seeded(0), canvas())
    far = torch.full((1, 3, 64, 64), 9.0)
    assert param.decode_normalized is not None
    assert param.decode_normalized(far) is far
    assert param.decode(far).max() > 1


@pytest.mark.parametrize(("height", "width"), SIZES)
@pytest.mark.parametrize(
    ("name", "channels"),
    [("phase", 3), *((name, channels) for name in EVERY if name != "phase" for channels in (1, 3, 5))],
)
def test_images_have_the_shape_of_the_canvas(name: str, channels: int, height: int, width: int) -> None:
    images = picture(EVERY[name](seeded(0, 1), canvas(height, width, channels)))
    assert images.shape == (2, channels, height, width)
    assert images.isfinite().all()


@pytest.mark.parametrize("size", [64, 65])
def test_all_but_pixels_stay_within_0_and_1(size: int) -> None:
    for params in (fourier(1.0, sd=10.0), generator(3.0), phase(), pyramid(sd=10.0), cppn()):
        images = picture(params(seeded(0, 1), canvas(size, size)))
        assert images.min() >= 0
        assert images.max() <= 1


def test_colors_are_decorrelated_in_three_channels_only() -> None:
    for params in (fourier, pyramid):
        with_colors, without = (params(decorrelate=value)(seeded(0), canvas(channels=1)) for value in (True, False))
        assert torch.equal(picture(with_colors), picture(without))


def test_a_cppn_is_gray_at_the_start_and_smooth_later() -> None:
    param = cppn()(seeded(0), canvas())
    assert torch.equal(picture(param), torch.full((1, 3, 64, 64), 0.5))
    image = param.decode(torch.randn(param.start.shape, generator=torch.Generator().manual_seed(0)) / 5)
    assert image.diff(dim=3).abs().mean() < 0.25 * image.std()


def test_phases_need_three_channels() -> None:
    with pytest.raises(RecipeError, match="The spectrum is that of three channels, and these images have 1"):
        phase()(seeded(0), canvas(channels=1))


@pytest.mark.parametrize(("height", "width"), SIZES)
def test_the_magnitudes_are_those_of_photographs(height: int, width: int) -> None:
    image = picture(phase()(seeded(5), canvas(height, width)))[0].double()
    decorrelated = torch.linalg.inv(colors().double()) @ image.logit().flatten(1)
    found = torch.fft.rfft2(decorrelated.view(3, height, width), norm="ortho").abs()
    # Coefficients of the first column, and of the last where the width is even, come in pairs: their mean counts.
    inner = slice(1, (width + 1) // 2)
    torch.testing.assert_close(found[..., inner], magnitude(height, width)[..., inner].double(), rtol=0.01, atol=0.01)


def test_photographs_have_most_magnitude_in_low_frequencies_and_in_brightness() -> None:
    brightness, *others = magnitude(64, 64)
    assert brightness[0, 1] > 4 * brightness[0, 8] > 12 * brightness[0, 31]
    assert all(brightness[0, 1] > other[0, 1] for other in others)


BANDS = ((2, 4), (4, 8), (8, 16), (16, 32), (32, 48))
"""In cycles per image."""
OF_PHOTOGRAPHS = (0.1425, 0.0554, 0.0220, 0.00893, 0.0047)
"""The mean magnitude of brightness in each band, divided by the size: of 300 photographs of 288 × 288 pixels. Resized
to 128…224 pixels they have the same to 10 %, and to 4 % in all bands but the last."""


def band_powers(magnitudes: Tensor, size: int) -> list[float]:
    """The mean power of each band of frequencies, relative to the image's size."""
    cycles = frequencies(size, size) * size
    return [(magnitudes[(cycles >= low) & (cycles < high)] / size).square().mean().item() for low, high in BANDS]


@pytest.mark.parametrize("size", [128, 224, 384, 1024])
def test_at_every_size_the_power_of_each_band_is_that_of_photographs(size: int) -> None:
    expected = [value**2 for value in OF_PHOTOGRAPHS]
    assert band_powers(magnitude(size, size)[0], size) == pytest.approx(expected, rel=0.2)


@pytest.mark.parametrize("size", [128, 224, 384])
def test_images_have_the_contrast_of_photographs_at_every_size(size: int) -> None:
    deviations = [picture(phase()(seeded(seed), canvas(size, size))).std().item() for seed in range(4)]
    assert sum(deviations) / 4 == pytest.approx(0.2, rel=0.15)


def test_magnitudes_are_those_of_the_table_at_the_size_at_which_it_was_measured() -> None:
    logs = load_file(SPECTRUM)["log_strength"].float()[0, :, 0].tolist()
    found = magnitude(MEASURED_SIZE, MEASURED_SIZE)[0, 0].log()
    for column in (1, 5, 40, 56, 90, 112):
        row = 23 * math.log(column / MEASURED_SIZE / LOWEST_FREQUENCY) / math.log(0.5 / LOWEST_FREQUENCY)
        below = min(int(row), 22)
        assert found[column].item() == pytest.approx(
            logs[below] + (row - below) * (logs[below + 1] - logs[below]), abs=1e-3
        )


def test_magnitudes_fall_without_a_step_at_the_ends_of_the_table() -> None:
    """Each coefficient is smaller than the one before, but by no more than frequency**-6 falls."""
    for height, width in ((2048, 2048), (64, 1024)):
        logs = magnitude(height, width)[0, 0, 1:].log()
        powers = logs.diff() / torch.arange(1, len(logs) + 1).log().diff()
        assert powers.max() < 0
        assert powers.min() > -6


@pytest.mark.parametrize("size", [128, 224, 288])
def test_the_power_of_each_band_is_that_of_photographs_at_hand(size: int) -> None:
    if not (folder := os.environ.get("ACTMAX_TEST_DATA")):
        pytest.skip("needs photographs")
    images = [fit(Image.open(path), (size, size)) for path in sorted(Path(folder, "photos").glob("*.webp"))]
    found = spectrum_of(torch.stack(images), colors())[:, 0].abs().mean(0)
    assert band_powers(magnitude(size, size)[0], size) == pytest.approx(band_powers(found, size), rel=0.6)


def test_decay_amplifies_low_frequencies() -> None:
    def smoothness(decay_power: float) -> float:
        image = picture(fourier(decay_power, decorrelate=False, sd=0.01)(seeded(0), canvas()))
        return (image.diff(dim=3).var() / image.var()).item()

    assert smoothness(2.0) < 0.5 * smoothness(1.0) < 0.5 * smoothness(0.0)


def test_contrast_is_limited_where_it_is_larger_and_left_where_it_is_not() -> None:
    free, limited = fourier(sd=1.0)(seeded(0), canvas()), fourier(sd=1.0, contrast=1.2)(seeded(0), canvas())
    strong, faint = free.start * 10, free.start * 0.01

    def deviation(x: Tensor) -> float:
        return limited.decode(x).logit().std().item()

    assert deviation(strong) == pytest.approx(1.2, abs=0.01)
    assert deviation(faint) < 1
    assert torch.equal(limited.decode(faint), free.decode(faint))


def test_the_gradient_of_limited_contrast_is_that_of_the_plain_expression() -> None:
    values = torch.randn(2, 3, 5, 6, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    values = (values * torch.tensor([3.0, 0.5])[:, None, None, None]).requires_grad_()  # one is limited
    plain = values * (1.6 / values.flatten(1).std(1)).clamp_max(1)[:, None, None, None]
    torch.testing.assert_close(limit_contrast(values, 1.6), plain)
    assert torch.autograd.gradcheck(lambda x: limit_contrast(x, 1.6), values)


def test_decorrelated_colors_change_the_channels_together() -> None:
    channels = torch.corrcoef(picture(fourier(1.0)(seeded(0), canvas()))[0].flatten(1))
    assert channels[0, 1] > 0.8
    plain = picture(fourier(1.0, decorrelate=False)(seeded(0), canvas()))
    assert torch.corrcoef(plain[0].flatten(1))[0, 1].abs() < 0.4


@pytest.mark.parametrize("name", [name for name in EVERY if name != "cppn"])
def test_an_image_starts_from_its_seed_alone(name: str) -> None:
    together, alone = (EVERY[name](seeded(*seeds), canvas()) for seeds in ((3, 4, 3), (4,)))
    first, second, third = picture(together)
    torch.testing.assert_close(second, picture(alone)[0])
    assert torch.equal(together.start[0], together.start[2])
    torch.testing.assert_close(first, third)
    assert not torch.equal(first, second)


# The code of a trained generator.


def synthesize(codes: Tensor) -> Tensor:
    """A pixel on the left and one on the right, each of the color that three numbers of the code are."""
    return codes.view(-1, 2, 3, 1).permute(0, 2, 3, 1).clamp(0, 1)


def test_a_code_is_decoded_and_enlarged_to_the_canvas() -> None:
    param = learned(synthesize, 6)(seeded(0), canvas(48, 64))
    image = param.decode(torch.tensor([[1.0, 0.0, 0.5, 0.0, 1.0, 0.5]]))
    assert image.shape == (1, 3, 48, 64)
    assert image[0, :, 20, 0].tolist() == [1.0, 0.0, 0.5]
    assert image[0, :, 20, 63].tolist() == [0.0, 1.0, 0.5]
    with pytest.raises(RecipeError, match="cannot start from an image"):
        param.starting_from(image)


def test_a_code_starts_at_or_above_zero_from_its_seed_alone() -> None:
    together, alone = (learned(synthesize, 600, sd=2.0)(seeded(*seeds), canvas()).start for seeds in ((3, 4), (4,)))
    assert together.min() >= 0
    assert together.square().mean().sqrt().item() == pytest.approx(2, rel=0.1)
    assert torch.equal(together[1], alone[0])


# From an image.


def colorful(height: int = 64, width: int = 64, channels: int = 3) -> Tensor:
    """Two smooth images, away from black and white."""
    param = fourier(1.5, decorrelate=False, sd=0.3)(seeded(8, 9), canvas(height, width, channels))
    return picture(param).clamp(0.05, 0.95)


@pytest.mark.parametrize(("height", "width"), SIZES)
@pytest.mark.parametrize(
    ("params", "channels"),
    [
        (pixels(0.1), 3),
        (pixels(0.1), 5),
        (fourier(1.3), 3),
        (fourier(0.0, decorrelate=False), 1),
        (fourier(2.0, decorrelate=False), 5),
        (pyramid(), 3),
        (pyramid(2), 1),
    ],
)
def test_encoding_and_decoding_return_the_image(params: Params, channels: int, height: int, width: int) -> None:
    wanted = colorful(height, width, channels)
    param = params(seeded(0, 1), canvas(height, width, channels)).starting_from(wanted)
    assert param.start.dtype == torch.float32
    torch.testing.assert_close(picture(param), wanted, rtol=0, atol=1e-3)


def test_fourier_coefficients_reach_neither_black_nor_white_but_come_close() -> None:
    halves = torch.cat([torch.zeros(1, 3, 64, 32), torch.ones(1, 3, 64, 32)], 3)
    found = picture(fourier()(seeded(0), canvas()).starting_from(halves))
    torch.testing.assert_close(found, halves.clamp(LOGIT_MARGIN, 1 - LOGIT_MARGIN), rtol=0, atol=1e-3)


def test_phases_keep_the_positions_of_an_image() -> None:
    """With the magnitudes of photographs it still resembles the image more than noise of those magnitudes."""
    wanted = picture(fourier(1.5, sd=0.3)(seeded(8, 9), canvas()))
    param = phase()(seeded(0, 1), canvas())

    def correlations(other: Parameterization) -> list[float]:
        pairs = torch.stack([picture(other), wanted], 1).flatten(2)
        return [torch.corrcoef(pair)[0, 1].item() for pair in pairs]

    assert min(correlations(param.starting_from(wanted))) > 0.7
    assert max(map(abs, correlations(param))) < 0.3


def test_a_generator_cannot_start_from_an_image() -> None:
    with pytest.raises(RecipeError, match="cannot start from an image: pixels, fourier, phase and pyramid can"):
        generator()(seeded(0), canvas()).starting_from(colorful()[:1])
