"""Tests of actmax.train.generator: a run learns, survives being killed, and its file paints; what it is given is
checked."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from filelock import FileLock
from safetensors.torch import load_file
from torch import Tensor, nn
from torchvision import models

from actmax.errors import ActmaxError, RecipeError, StoreError, UnknownNameError
from actmax.networks import compact, decoder, weights
from actmax.networks.load import load
from actmax.networks.network import Network, wrap
from actmax.train import generator
from actmax.train.generator import Options, Run, train
from actmax.train.images import framed, read_images

COMPACT = weights.resolve_weights("compact")
SMALL: dict[str, Any] = {"shown": 64, "batch": 4, "holdout": 3, "steps": 4, "checkpoint_minutes": 0}
"""A run of moments: every step is examined, saved and exported."""


@pytest.fixture(autouse=True)
def processor(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """One thread: sums are then in one order."""
    monkeypatch.setenv("ACTMAX_DEVICE", "cpu")
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.fixture(scope="module")
def network() -> Network:
    return load(COMPACT)


@pytest.fixture
def pixels(folder: Path) -> Tensor:
    return framed(read_images(folder), decoder.SIZE)


# The run.


def test_a_run_learns(network: Network, pixels: Tensor) -> None:
    run = Run(Options(**SMALL | {"steps": 16}), network, pixels[:6])
    with torch.no_grad():
        before = run.loss(run.decoder, pixels[:6]).item()
        for _ in range(16):
            with torch.enable_grad():
                run.advance()
        after = run.loss(run.decoder, pixels[:6]).item()
    assert after < 0.9 * before
    assert run.done() == 1


@pytest.mark.parametrize(("features", "weights"), [({}, 1.0), ({"conv2": 2.0, "fc6": 0.5}, 3.5)])
def test_a_loss_is_nothing_where_the_images_are_painted_and_all_where_nothing_was_learnt(
    features: dict[str, float], weights: float, network: Network, pixels: Tensor
) -> None:
    run = Run(Options(**SMALL | {"features": features}), network, pixels)
    rgb = pixels.float() / 255

    def synthesize(picture: Tensor) -> float:
        run.paint = lambda _decoder, code: picture.expand(len(code), -1, -1, -1)  # type: ignore[method-assign]
        return run.loss(run.decoder, pixels).item()

    assert synthesize(rgb) == pytest.approx(0, abs=1e-6)
    if not features:  # of what a layer answers to the mean picture, its mean answer is not known
        assert synthesize(rgb.mean(0, keepdim=True)) == pytest.approx(weights, rel=1e-4)
    assert synthesize(rgb.flip(0)) > 1.5 * weights  # another image is farther away than the mean of all


def test_a_code_is_in_units_of_its_deviation_over_the_images(network: Network, pixels: Tensor) -> None:
    run = Run(Options(**SMALL), network, pixels)
    codes: list[Tensor] = []

    def paint(_decoder: decoder.Decoder, code: Tensor) -> Tensor:
        codes.append(code)
        return torch.zeros(len(code), 3, decoder.SIZE, decoder.SIZE)

    run.paint = paint  # type: ignore[method-assign]
    run.loss(run.decoder, pixels)
    assert (codes[0] >= 0).all()
    deviations = codes[0].std(0)
    assert deviations[deviations > 0].median().item() == pytest.approx(1, rel=0.01)


def test_the_rate_rises_and_falls(network: Network, pixels: Tensor) -> None:
    run = Run(Options(**SMALL | {"steps": 8, "warmup": 0.25, "rate": 0.002}), network, pixels)
    rates = []
    for _ in range(8):
        run.advance()
        rates.append(run.optimizer.param_groups[0]["lr"])
    falling = [0.002 * (0.5 + 0.5 * math.cos(math.pi * step / 8)) for step in range(2, 8)]
    assert rates == pytest.approx([0.002 * 0.01, 0.002 * 0.5, *falling])


# The files of a run.


def killed_after(steps: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """In the step after that."""
    advance = Run.advance

    def dies(run: Run) -> float:
        if run.step == steps:
            raise KeyboardInterrupt
        return advance(run)

    monkeypatch.setattr(Run, "advance", dies)


def test_a_killed_run_ends_as_if_it_had_not_been(
    folder: Path, tar: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = train(COMPACT, [folder, tar], tmp_path / "whole", Options(**SMALL))
    with monkeypatch.context() as patched:
        killed_after(2, patched)
        with pytest.raises(KeyboardInterrupt):
            train(COMPACT, [folder, tar], tmp_path / "killed", Options(**SMALL))
    log = tmp_path / "killed" / generator.LOG
    assert len(log.read_text().splitlines()) == 2

    told: list[str] = []
    resumed = train(COMPACT, [folder, tar], tmp_path / "killed", Options(**SMALL), told.append)
    assert told[-1] == "goes on from step 2, 50% of the run"
    assert compact.header(resumed) == compact.header(whole)
    stored, wanted = load_file(resumed), load_file(whole)
    assert stored.keys() == wanted.keys()
    assert all(torch.equal(stored[name], wanted[name]) for name in stored)
    assert resumed.stat().st_mode & 0o777 == 0o644
    lines = [json.loads(line) for line in log.read_text().splitlines()]
    assert [line["step"] for line in lines] == [1, 2, 3, 4]
    expected = [json.loads(line) for line in (tmp_path / "whole" / generator.LOG).read_text().splitlines()]
    for name in ("loss", "held out"):
        assert [line[name] for line in lines] == [line[name] for line in expected]

    about = compact.header(resumed)
    assert about["network"] == f"compact (weights {COMPACT.digest})"
    assert about["data"] == f"{folder.name}: 10 images; images.tar: 10 images"
    assert about["images"] == "16"
    assert str(tmp_path) not in "".join(about.values())


def test_a_finished_run_is_left_as_it_is_and_a_longer_one_goes_on(folder: Path, tmp_path: Path) -> None:
    first = train(COMPACT, [folder], tmp_path, Options(**SMALL | {"steps": 1})).read_bytes()
    told: list[str] = []
    again = train(COMPACT, [folder], tmp_path, Options(**SMALL | {"steps": 1}), told.append)
    assert again.read_bytes() == first
    assert told[-1] == "goes on from step 1, 100% of the run"
    longer = train(COMPACT, [folder], tmp_path, Options(**SMALL | {"steps": 2}), told.append)
    assert told[-1] == "goes on from step 1, 50% of the run"
    assert longer.read_bytes() != first


def test_the_file_paints_what_was_trained(folder: Path, tmp_path: Path) -> None:
    path = train(COMPACT, [folder], tmp_path, Options(**SMALL | {"steps": 2}))
    painter = decoder.load(path)
    state = torch.load(tmp_path / generator.CHECKPOINT, weights_only=True)["average"]
    for name, value in load_file(path).items():
        if value.dtype == torch.float16 and name in state:
            torch.testing.assert_close(value, state[name].half())
    code = torch.randn(2, 512, generator=torch.Generator().manual_seed(0)).abs()
    exact = decoder.Decoder()
    exact.load_state_dict(state)
    torch.testing.assert_close(painter(code), exact(code), rtol=0, atol=0.02)
    assert painter(code).min() >= 0
    assert painter(code).max() <= 1


def test_another_runs_folder_is_refused_and_so_is_a_damaged_checkpoint(folder: Path, tmp_path: Path) -> None:
    options = Options(**SMALL | {"steps": 1})
    train(COMPACT, [folder], tmp_path, options)
    checkpoint = tmp_path / generator.CHECKPOINT
    with pytest.raises(StoreError, match=r"belongs to a run with options .*, not .*: give another folder"):
        train(COMPACT, [folder], tmp_path, Options(**SMALL | {"seed": 1}))
    with pytest.raises(StoreError, match=r"belongs to a run with data .*, not .*: give another folder"):
        train(COMPACT, [folder, folder], tmp_path, options)
    whole = checkpoint.read_bytes()
    for damaged in (b"damaged", whole[: len(whole) // 2], b""):
        checkpoint.write_bytes(damaged)
        with pytest.raises(StoreError, match=r"checkpoint .* is damaged: remove it"):
            train(COMPACT, [folder], tmp_path, options)


def test_one_folder_is_one_run_at_a_time(folder: Path, tmp_path: Path) -> None:
    with FileLock(tmp_path / "lock"), pytest.raises(StoreError, match="Another process trains in"):
        train(COMPACT, [folder], tmp_path, Options(**SMALL))
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match="file/run cannot be written"):
        train(COMPACT, [folder], tmp_path / "file" / "run", Options(**SMALL))


# What it is given.


def test_a_network_without_the_layer_is_refused(folder: Path, tmp_path: Path) -> None:
    torch.manual_seed(0)
    path = tmp_path / "squeeze.pt"
    torch.save(models.get_model("squeezenet1_1", weights=None).state_dict(), path)
    with pytest.raises(
        RecipeError, match="has no layer fc6: a generator is trained on AlexNet's, or the compact one's"
    ):
        train(weights.resolve_weights("squeezenet1_1", path), [folder], tmp_path / "run", Options(**SMALL))
    assert not (tmp_path / "run").exists()


def test_layers_that_do_not_exist_are_named(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(UnknownNameError, match=r"no layer 'conv6'\. Did you mean 'conv"):
        train(COMPACT, [folder], tmp_path / "run", Options(**SMALL | {"features": {"conv6": 1.0}}))


def test_images_are_needed_beside_those_that_are_held_out(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(ActmaxError, match=r"10 images are to be held out of images.*, which holds 10"):
        train(COMPACT, [folder], tmp_path / "run", Options(**SMALL | {"holdout": 10}))
    with pytest.raises(ActmaxError, match="is no folder or tar file of images"):
        train(COMPACT, [tmp_path / "absent"], tmp_path / "run", Options(**SMALL))


@pytest.mark.parametrize("count", [2, 65, 129])
def test_any_number_of_images_may_be_held_out(count: int, tmp_path: Path) -> None:
    """On a network that sees next to nothing: none is examined alone, with nothing to compare it with."""

    class Seen(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.body = nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten())
            self.fc6 = nn.Linear(3, 4)

        def forward(self, x: Tensor) -> Tensor:
            result: Tensor = self.fc6(self.body(x))
            return result

    torch.manual_seed(0)
    images = torch.randint(256, (count + 3, 3, 64, 64), generator=torch.Generator().manual_seed(0), dtype=torch.uint8)
    options = Options(**SMALL | {"steps": 1, "features": {}, "holdout": count})
    run = Run(options, wrap(Seen(), size=64), images[count:])
    generator._train(run, images[:count], tmp_path, {})
    (line,) = map(json.loads, (tmp_path / generator.LOG).read_text().splitlines())
    assert 0.1 < line["held out"] < 100
