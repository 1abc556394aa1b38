"""Tests of actmax.train.photographs: the spectrum of images whose spectrum is known; channel statistics by hand."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
import torch
from PIL import Image
from safetensors.torch import load_file
from torch import Tensor, nn

from actmax.ascent.params import Canvas, phase
from actmax.ascent.params.phase import SPECTRUM
from actmax.ascent.penalties import channel_moments
from actmax.engine.pictures import to_images
from actmax.errors import ActmaxError, RecipeError, StoreError, UnknownNameError
from actmax.networks import statistics as shipped
from actmax.networks import weights
from actmax.networks.load import load
from actmax.networks.network import IMAGENET, Network
from actmax.networks.statistics import statistics_of
from actmax.networks.wrapping import wrap
from actmax.train.images import framed, read_images
from actmax.train.photographs import DIRECTIONS, FREQUENCIES, SIZE, convolutional_layers, spectrum, statistics


@pytest.fixture(scope="module")
def compact() -> Network:
    return load(weights.resolve_weights("compact"))


def saved(images: Sequence[Image.Image], folder: Path) -> Path:
    folder.mkdir()
    for index, image in enumerate(images):
        image.save(folder / f"{index}.png")
    return folder


def table(path: Path) -> Tensor:
    return load_file(path)["log_strength"].float()


def noise(count: int) -> list[Image.Image]:
    values = torch.rand(count, 3, SIZE, SIZE, generator=torch.Generator().manual_seed(0))
    return to_images(0.3 + 0.4 * values)


# The amplitude spectrum.


def test_white_noise_has_equal_amplitudes(tmp_path: Path) -> None:
    path = tmp_path / "noise.safetensors"
    assert spectrum([saved(noise(4), tmp_path / "noise")], path) == 4
    measured = table(path)
    assert measured.shape == (3, FREQUENCIES, DIRECTIONS)
    # The few coefficients of the lowest frequencies vary by chance.
    assert (measured[:, 8:] - measured[:, 8:].mean((1, 2), keepdim=True)).abs().max() < 0.15
    assert path.stat().st_mode & 0o777 == 0o644
    assert weights.metadata(path)["photographs"] == "4 of noise"


def test_a_known_spectrum_is_measured(tmp_path: Path) -> None:
    """Images with the shipped amplitudes and random phases."""
    generators = [torch.Generator().manual_seed(seed) for seed in range(4)]
    param = phase()(generators, Canvas(3, SIZE, SIZE, IMAGENET, IMAGENET.inverse))
    path = tmp_path / "measured.safetensors"
    spectrum([saved(to_images(param.decode(param.start)), tmp_path / "images")], path)
    # Without the highest frequencies, which have neighbors on one side only, and without those across rows: two phases
    # contribute to each of them, and add up to less.
    directions = [direction for direction in range(DIRECTIONS) if abs(direction - DIRECTIONS // 2) > 1]
    error = (table(path) - table(SPECTRUM))[0, 4:21, directions]
    assert error.abs().max() < 0.3
    assert error.mean().abs() < 0.15


def test_horizontal_stripes_are_found_in_their_direction(tmp_path: Path) -> None:
    rows = torch.rand(4, 1, SIZE, 1, generator=torch.Generator().manual_seed(0)).expand(4, 3, SIZE, SIZE)
    path = tmp_path / "rows.safetensors"
    spectrum([saved(to_images(0.3 + 0.4 * rows), tmp_path / "rows")], path)
    by_direction = table(path)[0, 10:20].mean(0)
    assert by_direction.argmax().item() == DIRECTIONS // 2  # a quarter of a turn from those along a row
    assert by_direction[DIRECTIONS // 2] > by_direction[0] + 1


# Channel statistics.


def test_statistics_are_mean_and_deviation_over_the_images(compact: Network, folder: Path, tmp_path: Path) -> None:
    path = tmp_path / "statistics.safetensors"
    assert statistics(compact, ["conv2", "conv1"], [folder], path) == 10
    images = framed(read_images(folder, SIZE), SIZE).float() / 255
    measured = load_file(path)
    assert sorted(measured) == ["conv1.deviation", "conv1.mean", "conv2.deviation", "conv2.mean"]
    for layer in ("conv1", "conv2"):
        with torch.inference_mode():
            activations = channel_moments(compact.submodel([layer], (SIZE, SIZE))(IMAGENET(images))[layer])
        torch.testing.assert_close(measured[f"{layer}.mean"].float(), activations.mean(0), rtol=2e-3, atol=2e-3)
        torch.testing.assert_close(measured[f"{layer}.deviation"].float(), activations.std(0), rtol=2e-3, atol=2e-3)
    header = weights.metadata(path)
    assert (header["network"], header["weights"]) == ("compact", compact.weights)
    assert header["photographs"] == f"10 of {folder.name}"
    assert path.stat().st_mode & 0o777 == 0o644


@pytest.fixture
def empty_cache() -> Iterator[None]:
    shipped._shipped.cache_clear()
    yield
    shipped._shipped.cache_clear()


def test_written_statistics_are_those_that_recipes_use(
    compact: Network, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, empty_cache: None
) -> None:
    path = tmp_path / "statistics.safetensors"
    statistics(compact, ["conv5", "conv3"], [folder], path)
    monkeypatch.setattr(shipped, "SHIPPED", path)
    read = statistics_of(compact)
    assert list(read) == ["conv3", "conv5"]
    assert torch.equal(read["conv5"].mean, load_file(path)["conv5.mean"].float())
    assert shipped.measured(compact.weights)


def test_layers_with_feature_maps_are_the_convolutions(compact: Network) -> None:
    assert convolutional_layers(compact) == ["conv1", "conv2", "conv3", "conv4", "conv5"]
    assert convolutional_layers(wrap(nn.Sequential(nn.Conv2d(3, 2, 3), nn.AdaptiveAvgPool2d(1), nn.Flatten()))) == []


@pytest.mark.parametrize(
    ("layers", "error", "message"),
    [
        (["conv1", "fc6"], RecipeError, "fc6 has no feature maps"),
        (["conv6"], UnknownNameError, "no layer 'conv6'. Did you mean 'conv"),
        ([], RecipeError, "the compact AlexNet has no layer with feature maps on its card: name one"),
    ],
)
def test_layers_without_feature_maps_are_refused(
    compact: Network, layers: list[str], error: type[Exception], message: str, folder: Path, tmp_path: Path
) -> None:
    with pytest.raises(error, match=message):
        statistics(compact, layers, [folder], tmp_path / "statistics.safetensors")
    assert list(tmp_path.iterdir()) == []


def test_a_single_photograph_is_refused(compact: Network, tmp_path: Path) -> None:
    with pytest.raises(ActmaxError, match="There is a single photograph in one: a standard deviation needs several"):
        statistics(compact, ["conv1"], [saved(noise(1), tmp_path / "one")], tmp_path / "statistics.safetensors")


def test_an_unwritable_path_is_refused(compact: Network, folder: Path, tmp_path: Path) -> None:
    (tmp_path / "folder.safetensors").mkdir()
    for path in (tmp_path / "absent" / "table.safetensors", tmp_path / "folder.safetensors"):
        with pytest.raises(StoreError, match=f"{path.name} cannot be written: "):
            spectrum([folder], path)
        with pytest.raises(StoreError, match=f"{path.name} cannot be written: "):
            statistics(compact, ["conv1"], [folder], path)
    assert [path.name for path in tmp_path.iterdir()] == ["folder.safetensors"]
