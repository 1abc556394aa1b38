"""Statistics of channels on photographs exist for the compact network, and for no other."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

from actmax.ascent.penalties import channel_statistics_penalty
from actmax.errors import RecipeError
from actmax.measure.measure import decode, resized
from actmax.networks import statistics, weights
from actmax.networks.load import load
from actmax.networks.network import Network
from actmax.networks.statistics import measured, statistics_of
from actmax.networks.wrapping import wrap


@pytest.fixture(scope="module")
def compact() -> Network:
    return load(weights.resolve_weights("compact"))


@pytest.fixture
def forgotten() -> Iterator[None]:
    """What was read of the shipped file is read anew, before and after."""
    statistics._shipped.cache_clear()
    yield
    statistics._shipped.cache_clear()


def test_each_channel_of_each_convolution_is_known_by_four_numbers(compact: Network) -> None:
    known = statistics_of(compact)
    outputs = compact.trace((224, 224))
    assert list(known) == ["conv1", "conv2", "conv3", "conv4", "conv5"]
    for layer, (mean, deviation) in known.items():
        assert mean.shape == deviation.shape == (2 * outputs[layer].shape[1],)
        assert mean.isfinite().all()
        assert (deviation > 0).all()


def test_photographs_are_as_they_should_be_and_noise_is_not(compact: Network, checking_data: Path) -> None:
    known = statistics_of(compact)
    forward = compact.submodel(tuple(known), (224, 224))
    penalty = channel_statistics_penalty(lambda images: forward(compact.normalize(images)), known)

    def unlike(image: Tensor) -> float:
        with torch.inference_mode():
            return penalty(image).item()

    files = sorted((checking_data / "photos").glob("*.webp"))
    photographs = sorted(unlike(resized(decode(file.read_bytes()), (224, 224))) for file in files)
    assert 0.5 < sum(photographs) / len(photographs) < 1.5
    noise = torch.rand(1, 3, 224, 224, generator=torch.Generator().manual_seed(0))
    assert unlike(noise) > 4 * photographs[len(photographs) // 2]


def test_another_networks_channels_are_not_known() -> None:
    assert measured(weights.resolve_weights("compact").digest)
    assert not measured("7be5be79")
    module = nn.Sequential(nn.Conv2d(3, 4, 3), nn.AdaptiveAvgPool2d(1), nn.Flatten())
    with pytest.raises(RecipeError, match="the statistics of my net's channels have not been measured"):
        statistics_of(wrap(module, name="my net"))


def test_whether_they_are_known_is_said_without_torch() -> None:
    code = "import sys; from actmax.networks.statistics import measured; print(measured('?'), 'torch' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "False"]


@pytest.mark.parametrize("content", [None, b"", b"not a table"])
def test_a_file_that_cannot_be_read_is_said(
    compact: Network, content: bytes | None, forgotten: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "statistics.safetensors"
    if content is not None:
        path.write_bytes(content)
    monkeypatch.setattr(statistics, "SHIPPED", path)
    with pytest.raises(RecipeError, match=r"statistics.safetensors cannot be read: "):
        statistics_of(compact)
