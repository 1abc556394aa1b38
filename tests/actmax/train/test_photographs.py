"""Tests of actmax.train.photographs: what is measured of images whose waves are known, and of channels by hand."""

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
from actmax.ascent.penalties import described
from actmax.engine.pictures import to_images
from actmax.errors import ActmaxError, RecipeError, StoreError, UnknownNameError
from actmax.networks import compact as stored
from actmax.networks import statistics as shipped
from actmax.networks import weights
from actmax.networks.load import load
from actmax.networks.network import IMAGENET, Network, wrap
from actmax.networks.statistics import statistics_of
from actmax.train.images import framed, read_images
from actmax.train.photographs import DIRECTIONS, FREQUENCIES, SIZE, maps, spectrum, statistics


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


# The strengths of waves.


def test_noise_is_as_strong_in_every_wave(tmp_path: Path) -> None:
    path = tmp_path / "noise.safetensors"
    assert spectrum([saved(noise(4), tmp_path / "noise")], path) == 4
    found = table(path)
    assert found.shape == (3, FREQUENCIES, DIRECTIONS)
    # The few longest waves vary by chance.
    assert (found[:, 8:] - found[:, 8:].mean((1, 2), keepdim=True)).abs().max() < 0.15
    assert path.stat().st_mode & 0o777 == 0o644
    assert stored.header(path)["photographs"] == "4 of noise"


def test_waves_of_known_strength_are_found_as_strong(tmp_path: Path) -> None:
    """Pictures of nothing but the shipped strengths, with phases by chance."""
    generators = [torch.Generator().manual_seed(seed) for seed in range(4)]
    param = phase()(generators, Canvas(3, SIZE, SIZE, IMAGENET, IMAGENET.inverse))
    path = tmp_path / "found.safetensors"
    spectrum([saved(to_images(param.picture(param.start)), tmp_path / "painted")], path)
    # Without the shortest waves, whose neighbours on one side are missing in the mean, and without those that run from
    # row to row: each of them is painted by two phases, which add up to less.
    away = [direction for direction in range(DIRECTIONS) if abs(direction - DIRECTIONS // 2) > 1]
    off = (table(path) - table(SPECTRUM))[0, 4:21, away]
    assert off.abs().max() < 0.3
    assert off.mean().abs() < 0.15


def test_lying_waves_are_told_from_standing_ones(tmp_path: Path) -> None:
    rows = torch.rand(4, 1, SIZE, 1, generator=torch.Generator().manual_seed(0)).expand(4, 3, SIZE, SIZE)
    path = tmp_path / "rows.safetensors"
    spectrum([saved(to_images(0.3 + 0.4 * rows), tmp_path / "rows")], path)
    found = table(path)[0, 10:20].mean(0)
    assert found.argmax().item() == DIRECTIONS // 2  # a quarter of a turn from those along a row
    assert found[DIRECTIONS // 2] > found[0] + 1


# The answers of channels.


def test_statistics_are_mean_and_deviation_over_the_images(compact: Network, folder: Path, tmp_path: Path) -> None:
    path = tmp_path / "statistics.safetensors"
    assert statistics(compact, ["conv2", "conv1"], [folder], path) == 10
    images = framed(read_images(folder, SIZE), SIZE).float() / 255
    found = load_file(path)
    assert sorted(found) == ["conv1.deviation", "conv1.mean", "conv2.deviation", "conv2.mean"]
    for layer in ("conv1", "conv2"):
        with torch.inference_mode():
            answers = described(compact.submodel([layer], (SIZE, SIZE))(IMAGENET(images))[layer])
        torch.testing.assert_close(found[f"{layer}.mean"].float(), answers.mean(0), rtol=2e-3, atol=2e-3)
        torch.testing.assert_close(found[f"{layer}.deviation"].float(), answers.std(0), rtol=2e-3, atol=2e-3)
    about = stored.header(path)
    assert (about["network"], about["weights"]) == ("compact", compact.weights)
    assert about["photographs"] == f"10 of {folder.name}"
    assert path.stat().st_mode & 0o777 == 0o644


@pytest.fixture
def forgotten() -> Iterator[None]:
    shipped._shipped.cache_clear()
    yield
    shipped._shipped.cache_clear()


def test_what_is_written_is_what_drawings_read(
    compact: Network, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, forgotten: None
) -> None:
    path = tmp_path / "statistics.safetensors"
    statistics(compact, ["conv5", "conv3"], [folder], path)
    monkeypatch.setattr(shipped, "SHIPPED", path)
    found = statistics_of(compact)
    assert list(found) == ["conv3", "conv5"]
    assert torch.equal(found["conv5"].mean, load_file(path)["conv5.mean"].float())
    assert shipped.measured(compact.weights)


def test_layers_with_a_map_are_the_convolutions(compact: Network) -> None:
    assert maps(compact) == ["conv1", "conv2", "conv3", "conv4", "conv5"]
    assert maps(wrap(nn.Sequential(nn.Conv2d(3, 2, 3), nn.AdaptiveAvgPool2d(1), nn.Flatten()))) == []


@pytest.mark.parametrize(
    ("layers", "error", "words"),
    [
        (["conv1", "fc6"], RecipeError, "fc6 has no map: statistics are those of channels over an image"),
        (["conv6"], UnknownNameError, "no layer 'conv6'. Did you mean 'conv"),
        ([], RecipeError, "the compact AlexNet has no layer with a map that is known by name: name one"),
    ],
)
def test_layers_that_have_no_statistics_are_refused(
    compact: Network, layers: list[str], error: type[Exception], words: str, folder: Path, tmp_path: Path
) -> None:
    with pytest.raises(error, match=words):
        statistics(compact, layers, [folder], tmp_path / "statistics.safetensors")
    assert list(tmp_path.iterdir()) == []


def test_one_photograph_says_nothing_of_how_they_vary(compact: Network, tmp_path: Path) -> None:
    with pytest.raises(ActmaxError, match="There is a single photograph in one: how much channels vary is seen in sev"):
        statistics(compact, ["conv1"], [saved(noise(1), tmp_path / "one")], tmp_path / "statistics.safetensors")


def test_a_place_that_cannot_be_written_is_said(compact: Network, folder: Path, tmp_path: Path) -> None:
    (tmp_path / "folder.safetensors").mkdir()
    for path in (tmp_path / "absent" / "table.safetensors", tmp_path / "folder.safetensors"):
        with pytest.raises(StoreError, match=f"{path.name} cannot be written: "):
            spectrum([folder], path)
        with pytest.raises(StoreError, match=f"{path.name} cannot be written: "):
            statistics(compact, ["conv1"], [folder], path)
    assert [path.name for path in tmp_path.iterdir()] == ["folder.safetensors"]
