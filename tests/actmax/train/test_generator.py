"""Tests of actmax.train.generator: training lowers the loss, an interrupted run resumes, the exported file reconstructs
images, and wrong input is refused."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import torch
from filelock import FileLock
from safetensors.torch import load_file
from torch import Tensor, nn
from torchvision import models

from actmax.errors import ActmaxError, RecipeError, StoreError, UnknownNameError
from actmax.networks import decoder, weights
from actmax.networks.load import load
from actmax.networks.network import Network
from actmax.networks.wrapping import wrap
from actmax.train.generator import GeneratorTraining, train_generator
from actmax.train.images import framed, read_images
from actmax.train.options import GeneratorOptions
from actmax.train.training import CHECKPOINT, LOG

COMPACT = weights.resolve_weights("compact")


def small(**changed: Any) -> GeneratorOptions:
    """Options of a short run: every step is evaluated, saved and exported."""
    defaults = {"size": 64, "batch": 4, "holdout": 3, "steps": 4, "checkpoint_minutes": 0}
    return GeneratorOptions(**defaults | changed)


@pytest.fixture(scope="module")
def network() -> Network:
    return load(COMPACT)


@pytest.fixture
def pixels(folder: Path) -> Tensor:
    return framed(read_images(folder), decoder.SIZE)


# The run.


def test_training_lowers_the_loss(network: Network, pixels: Tensor) -> None:
    training = GeneratorTraining(small(steps=16), network, pixels[:6], pixels[6:])
    with torch.no_grad():
        before = training.distance(training.model, pixels[:6]).item()
        for _ in range(16):
            with torch.enable_grad():
                training.advance()
        after = training.distance(training.model, pixels[:6]).item()
    assert after < 0.9 * before
    assert training.progress() == 1


@pytest.mark.parametrize(("features", "weights"), [({}, 1.0), ({"conv2": 2.0, "fc6": 0.5}, 3.5)])
def test_the_distance_is_0_for_exact_images_and_the_sum_of_weights_for_their_mean(
    features: dict[str, float], weights: float, network: Network, pixels: Tensor
) -> None:
    training = GeneratorTraining(small(feature_weights=features), network, pixels, pixels)
    rgb = pixels.float() / 255

    def distance_of(images: Tensor) -> float:
        training.reconstruct = lambda _, code: images.expand(len(code), -1, -1, -1)  # type: ignore[method-assign]
        return training.distance(training.model, pixels).item()

    assert distance_of(rgb) == pytest.approx(0, abs=1e-6)
    if not features:  # a layer's activations for the mean image are not its mean activations
        assert distance_of(rgb.mean(0, keepdim=True)) == pytest.approx(weights, rel=1e-4)
    assert distance_of(rgb.flip(0)) > 1.5 * weights  # another image is farther away than the mean of all


def test_codes_are_divided_by_their_standard_deviation(network: Network, pixels: Tensor) -> None:
    training = GeneratorTraining(small(), network, pixels, pixels)
    codes: list[Tensor] = []

    def reconstruct(_: decoder.Decoder, code: Tensor) -> Tensor:
        codes.append(code)
        return torch.zeros(len(code), 3, decoder.SIZE, decoder.SIZE)

    training.reconstruct = reconstruct  # type: ignore[method-assign]
    training.distance(training.model, pixels)
    assert (codes[0] >= 0).all()
    deviations = codes[0].std(0)
    assert deviations[deviations > 0].median().item() == pytest.approx(1, rel=0.01)


# The files of a run.


def interrupt_after(steps: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Raise KeyboardInterrupt, as Ctrl-C does, in the step after this many."""
    advance = GeneratorTraining.advance

    def interrupted(training: GeneratorTraining) -> float:
        if training.step == steps:
            raise KeyboardInterrupt
        return advance(training)

    monkeypatch.setattr(GeneratorTraining, "advance", interrupted)


def test_an_interrupted_run_resumes_to_the_same_weights(
    folder: Path, tar: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = train_generator(COMPACT, [folder, tar], tmp_path / "whole", small())
    with monkeypatch.context() as patched:
        interrupt_after(2, patched)
        with pytest.raises(KeyboardInterrupt):
            train_generator(COMPACT, [folder, tar], tmp_path / "interrupted", small())
    log = tmp_path / "interrupted" / LOG
    assert len(log.read_text().splitlines()) == 2

    messages: list[str] = []
    resumed = train_generator(COMPACT, [folder, tar], tmp_path / "interrupted", small(), messages.append)
    assert messages[-1] == "resumes from step 2, 50% of the run"
    assert weights.metadata(resumed) == weights.metadata(whole)
    stored, expected = load_file(resumed), load_file(whole)
    assert stored.keys() == expected.keys()
    assert all(torch.equal(stored[name], expected[name]) for name in stored)
    assert resumed.stat().st_mode & 0o777 == 0o644
    lines = [json.loads(line) for line in log.read_text().splitlines()]
    assert [line["step"] for line in lines] == [1, 2, 3, 4]
    uninterrupted = [json.loads(line) for line in (tmp_path / "whole" / LOG).read_text().splitlines()]
    for name in ("loss", "held out"):
        assert [line[name] for line in lines] == [line[name] for line in uninterrupted]

    header = weights.metadata(resumed)
    assert header["network"] == f"compact (weights {COMPACT.digest})"
    assert header["data"] == f"{folder.name}: 10 images; images.tar: 10 images"
    assert header["images"] == "16"
    assert str(tmp_path) not in "".join(header.values())


def test_a_finished_run_stays_unchanged_until_it_is_lengthened(folder: Path, tmp_path: Path) -> None:
    first = train_generator(COMPACT, [folder], tmp_path, small(steps=1)).read_bytes()
    messages: list[str] = []
    again = train_generator(COMPACT, [folder], tmp_path, small(steps=1), messages.append)
    assert again.read_bytes() == first
    assert messages[-1] == "resumes from step 1, 100% of the run"
    longer = train_generator(COMPACT, [folder], tmp_path, small(steps=2), messages.append)
    assert messages[-1] == "resumes from step 1, 50% of the run"
    assert longer.read_bytes() != first


def test_the_exported_file_reconstructs_as_the_trained_average(folder: Path, tmp_path: Path) -> None:
    path = train_generator(COMPACT, [folder], tmp_path, small(steps=2))
    loaded = decoder.load(path)
    state = torch.load(tmp_path / CHECKPOINT, weights_only=True)["average"]
    for name, value in load_file(path).items():
        if value.dtype == torch.float16 and name in state:
            torch.testing.assert_close(value, state[name].half())
    code = torch.randn(2, 512, generator=torch.Generator().manual_seed(0)).abs()
    exact = decoder.Decoder()
    exact.load_state_dict(state)
    torch.testing.assert_close(loaded(code), exact(code), rtol=0, atol=0.02)
    assert loaded(code).min() >= 0
    assert loaded(code).max() <= 1


def test_a_checkpoint_of_another_run_or_a_damaged_one_is_refused(folder: Path, tmp_path: Path) -> None:
    options = small(steps=1)
    train_generator(COMPACT, [folder], tmp_path, options)
    checkpoint = tmp_path / CHECKPOINT
    with pytest.raises(StoreError, match=r"belongs to a run with options .*, not .*: give another folder"):
        train_generator(COMPACT, [folder], tmp_path, small(seed=1))
    with pytest.raises(StoreError, match=r"belongs to a run with data .*, not .*: give another folder"):
        train_generator(COMPACT, [folder, folder], tmp_path, options)
    whole = checkpoint.read_bytes()
    for damaged in (b"damaged", whole[: len(whole) // 2], b""):
        checkpoint.write_bytes(damaged)
        with pytest.raises(StoreError, match=r"checkpoint .* is damaged: remove it"):
            train_generator(COMPACT, [folder], tmp_path, options)


def test_two_runs_in_one_folder_are_refused(folder: Path, tmp_path: Path) -> None:
    with FileLock(tmp_path / "lock"), pytest.raises(StoreError, match="Another process trains in"):
        train_generator(COMPACT, [folder], tmp_path, small())
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match="file/run cannot be written"):
        train_generator(COMPACT, [folder], tmp_path / "file" / "run", small())


# Input.


def test_a_network_without_the_layer_is_refused(folder: Path, tmp_path: Path) -> None:
    torch.manual_seed(0)
    path = tmp_path / "squeeze.pt"
    torch.save(models.get_model("squeezenet1_1", weights=None).state_dict(), path)
    with pytest.raises(
        RecipeError, match="has no layer fc6: a generator is trained on AlexNet's, or the compact one's"
    ):
        train_generator(weights.resolve_weights("squeezenet1_1", path), [folder], tmp_path / "run", small())
    assert not (tmp_path / "run").exists()


def test_unknown_layers_are_refused(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(UnknownNameError, match=r"no layer 'conv6'\. Did you mean 'conv"):
        train_generator(COMPACT, [folder], tmp_path / "run", small(feature_weights={"conv6": 1.0}))


def test_a_holdout_of_all_images_is_refused(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(ActmaxError, match=r"10 images are to be held out of images.*, which holds 10"):
        train_generator(COMPACT, [folder], tmp_path / "run", small(holdout=10))
    with pytest.raises(ActmaxError, match="is no readable folder or tar file of images"):
        train_generator(COMPACT, [tmp_path / "absent"], tmp_path / "run", small())


@pytest.mark.parametrize("count", [2, 65, 129])
def test_any_number_of_images_may_be_held_out(count: int, tmp_path: Path) -> None:
    """No image is evaluated in a batch of its own, which has no mean to compare with."""

    class MeanColor(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.body = nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten())
            self.fc6 = nn.Linear(3, 4)

        def forward(self, x: Tensor) -> Tensor:
            result: Tensor = self.fc6(self.body(x))
            return result

    torch.manual_seed(0)
    images = torch.randint(256, (count + 3, 3, 64, 64), generator=torch.Generator().manual_seed(0), dtype=torch.uint8)
    options = small(steps=1, feature_weights={}, holdout=count)
    GeneratorTraining(options, wrap(MeanColor(), size=64), images[count:], images[:count]).run(tmp_path, {})
    (line,) = map(json.loads, (tmp_path / LOG).read_text().splitlines())
    assert 0.1 < line["held out"] < 100
