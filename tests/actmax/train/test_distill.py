"""Tests of actmax.train.distill: a run survives being killed, a student is exported as it was trained, and
what it is given is checked."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch
from filelock import FileLock
from safetensors.torch import load_file
from torch import Tensor, nn
from torchvision import models

from actmax.cli import app
from actmax.errors import StoreError, UnknownNameError, WeightsError
from actmax.networks import compact, weights
from actmax.networks import network as networks
from actmax.networks.weights import Source
from actmax.train import distill
from actmax.train.distill import Options, Run, distil, fold, trainee
from actmax.train.images import framed, read_images

TEACHER = "squeezenet1_1"
SMALL = {"size": 64, "batch": 6, "drawn": 2, "buffer": 4, "holdout": 3, "steps": 3, "checkpoint_minutes": 0}
"""A run of moments: every step is evaluated, saved and exported."""


@pytest.fixture(autouse=True)
def processor(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """One thread, here and in processes: sums are then in one order, and small ones do not wait for another core."""
    monkeypatch.setenv("ACTMAX_DEVICE", "cpu")
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.fixture(scope="module")
def teacher(tmp_path_factory: pytest.TempPathFactory) -> Source:
    """A small classifier with random weights, from a file."""
    torch.manual_seed(0)
    path = tmp_path_factory.mktemp("teacher") / "squeeze.pt"
    torch.save(models.get_model(TEACHER, weights=None).state_dict(), path)
    return weights.source(TEACHER, path)


@pytest.fixture
def run(teacher: Source, folder: Path) -> Run:
    return Run(Options(**SMALL), networks.load(teacher), [read_images(folder)])


def unsettled(student: nn.Module) -> nn.Module:
    """A student whose batch norms have something to fold."""
    generator = torch.Generator().manual_seed(0)
    for part in student.modules():
        if isinstance(part, nn.BatchNorm1d | nn.BatchNorm2d):
            for values, low in ((part.running_mean, -1), (part.running_var, 0.5), (part.weight, 0.5), (part.bias, -1)):
                values.data.copy_(low + 2 * torch.rand(values.shape, generator=generator))
    return student.eval()


def logits(module: nn.Module, x: Tensor) -> Tensor:
    with torch.inference_mode():
        result: Tensor = module(x)
        return result


# The student.


def test_folding_changes_no_answer() -> None:
    student = unsettled(trainee())
    plain = compact.compact_alexnet().eval()
    plain.load_state_dict(fold(student))
    x = torch.randn(4, 3, 96, 96, generator=torch.Generator().manual_seed(0))
    torch.testing.assert_close(logits(plain, x), logits(student, x), rtol=1e-4, atol=1e-4)


def test_the_feasibility_run_folds_into_its_export(checking_data: Path) -> None:
    """The warm start that exists is in the layout of the student."""
    student = trainee()
    student.load_state_dict(load_file(checking_data / "networks/alexnet-compact-training.safetensors"))
    published = load_file(checking_data / "networks/alexnet-compact.safetensors")
    for name, value in fold(student).items():
        torch.testing.assert_close(value, published[name].float(), rtol=0.01, atol=0.002)


def test_int8_says_the_same_class(checking_data: Path, tmp_path: Path) -> None:
    student = trainee()
    student.load_state_dict(load_file(checking_data / "networks/alexnet-compact-training.safetensors"))
    exact = compact.compact_alexnet().eval()
    exact.load_state_dict(fold(student))
    compact.save(fold(student), tmp_path / "int8.safetensors", {})
    stored = networks.load(Source("compact", "", tmp_path / "int8.safetensors"))
    views = framed(read_images(checking_data / "distill/photos.tar").only(lambda name: name.startswith("n02")), 160)
    cpu = torch.device("cpu")
    same = distill.answers(exact, views, cpu) == distill.answers(stored.logits, views, cpu)
    assert same.double().mean() >= 0.99


def test_the_loss_is_of_what_the_answers_say_and_not_of_their_level() -> None:
    ours, theirs = torch.randn(2, 3, 1000, generator=torch.Generator().manual_seed(0))
    options = Options()
    assert distill.loss(theirs + 5, theirs, options).item() == pytest.approx(0, abs=1e-4)
    assert distill.loss(ours, theirs, options) > 0.1


# The run.


def test_a_drawn_picture_climbs_its_class(run: Run) -> None:
    def score() -> Tensor:
        x = run.pictures.float()
        return run.say(x).gather(1, run.targets[:, None]).mean()

    unsettled(run.average)
    run.options = Options(**SMALL | {"drawn": 4, "restart": 0, "jitter": 0, "ascents": 8})
    before = score()
    run._drawn()
    assert score() > before
    assert (
        networks.denormalize(run.pictures.float()).clamp(-0.01, 1.01).equal(networks.denormalize(run.pictures.float()))
    )


def test_a_run_learns(run: Run) -> None:
    run.options = Options(**SMALL | {"steps": 6, "mixup": 0, "drawn": 0})
    losses = [run.advance() for _ in range(6)]
    assert sum(losses[-2:]) < sum(losses[:2])
    assert run.done() == 1


def test_a_killed_run_ends_as_if_it_had_not_been(folder: Path, tar: Path, teacher: Source, tmp_path: Path) -> None:
    whole = distil(teacher, [folder, tar], tmp_path / "whole", Options(**SMALL))
    words = [folder, tar, "--teacher", TEACHER, "--weights", teacher.path, "--folder", tmp_path / "killed"]
    for name, value in SMALL.items():
        words += ["--set", f"{name}={value}"]
    process = subprocess.Popen([sys.executable, "-m", "actmax.cli", "distill", *map(str, words)])
    log = tmp_path / "killed" / distill.LOG
    deadline = time.monotonic() + 60
    while not (tmp_path / "killed" / distill.CHECKPOINT).is_file() and time.monotonic() < deadline:
        time.sleep(0.01)
    os.kill(process.pid, signal.SIGKILL)
    assert process.wait() == -signal.SIGKILL
    lost = len(log.read_text().splitlines())
    assert 1 <= lost < SMALL["steps"]

    said: list[str] = []
    resumed = distil(teacher, [folder, tar], tmp_path / "killed", Options(**SMALL), say=said.append)
    assert said[-1].startswith("goes on from step ")
    assert compact.header(resumed) == compact.header(whole)
    stored, expected = load_file(resumed), load_file(whole)
    assert stored.keys() == expected.keys()
    assert all(torch.equal(stored[name], expected[name]) for name in stored)
    lines = [json.loads(line) for line in log.read_text().splitlines()]
    assert lines[-1]["step"] == SMALL["steps"]
    assert {"loss", "views", "minutes", "views/s", "agreement", "accuracy"} <= lines[-1].keys()

    assert resumed.stat().st_mode & 0o777 == 0o644
    about = compact.header(resumed)
    assert about["views"] == "18"
    assert about["teacher"] == f"{TEACHER} (weights {teacher.digest})"
    assert about["data"] == f"{folder.name}: 10 images; images.tar: 10 images"
    assert float(about["agreement"]) == pytest.approx(lines[-1]["agreement"], abs=1e-4)
    assert str(tmp_path) not in "".join(about.values())
    assert networks.load(Source("compact", "", resumed)).parameters() == 7_701_800

    with pytest.raises(StoreError, match=r"belongs to a run with options .*, not .*: give another folder"):
        distil(teacher, [folder, tar], tmp_path / "killed", Options(**SMALL | {"seed": 1}))
    (tmp_path / "killed" / distill.CHECKPOINT).write_bytes(b"damaged")
    with pytest.raises(StoreError, match=r"checkpoint .* is damaged: remove it"):
        distil(teacher, [folder, tar], tmp_path / "killed", Options(**SMALL))


def test_one_folder_is_one_run_at_a_time(folder: Path, teacher: Source, tmp_path: Path) -> None:
    with FileLock(tmp_path / "lock"), pytest.raises(StoreError, match="Another process trains in"):
        distil(teacher, [folder], tmp_path, Options(**SMALL))
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match="file/run cannot be written"):
        distil(teacher, [folder], tmp_path / "file" / "run", Options(**SMALL))


def test_a_teacher_or_a_start_that_cannot_be_had_is_said(folder: Path, teacher: Source, tmp_path: Path) -> None:
    with pytest.raises(UnknownNameError, match="no network 'squeezenet9'"):
        distil(Source("squeezenet9", "", teacher.path), [folder], tmp_path, Options(**SMALL))
    with pytest.raises(WeightsError, match="is no warm start"):
        distil(teacher, [folder], tmp_path, Options(**SMALL), warm_start=teacher.path)
    with pytest.raises(WeightsError, match="absent cannot be read"):
        distil(teacher, [folder], tmp_path, Options(**SMALL), warm_start=tmp_path / "absent")


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--set", "sise=64"], "--set changes no 'sise'. Did you mean 'size'?"),
        (["--set", "size=7"], "size: input should be greater than or equal to 64, not 7"),
        (["--set", "drawn=192"], "drawn 192 must be less than batch 192"),
        (["--minutes", "0"], "minutes: input should be greater than 0, not 0.0"),
        (["--teacher", "compakt"], "Did you mean 'compact'?"),
    ],
)
def test_the_shell_says_what_is_wrong(
    words: list[str], message: str, folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as end:
        app(["distill", str(folder), "--folder", str(tmp_path / "run"), *words])
    assert end.value.code == 1
    assert message in capsys.readouterr().err
    assert not (tmp_path / "run").exists()
