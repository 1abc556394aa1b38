"""Tests of actmax.train: a run survives being killed, a student is exported as it was trained, and
what it is given is checked."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import torch
from filelock import FileLock
from safetensors.torch import load_file
from torch import Tensor, nn
from torchvision import models

from actmax.cli import app
from actmax.errors import ActmaxError, StoreError, UnknownNameError, WeightsError
from actmax.networks import compact, weights
from actmax.networks.load import load
from actmax.networks.network import Network, wrap
from actmax.networks.weights import Source
from actmax.train import distill
from actmax.train.distill import Options, distil
from actmax.train.examination import answers
from actmax.train.images import framed, read_images
from actmax.train.run import Run, size_of
from actmax.train.student import NORMALIZATION, fold, loss, trainee
from actmax.train.teacher import Teacher

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
    return weights.resolve_weights(TEACHER, path)


@pytest.fixture(scope="module")
def loaded(teacher: Source) -> Network:
    return load(teacher)


Begin = Callable[..., Run]


@pytest.fixture
def begin(loaded: Network, folder: Path) -> Begin:
    """A run with some options changed."""
    return lambda **changed: Run(Options(**SMALL | changed), loaded, [read_images(folder)])


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
    plain = compact.CompactAlexNet().eval()
    plain.load_state_dict(fold(student))
    x = torch.randn(4, 3, 96, 96, generator=torch.Generator().manual_seed(0))
    torch.testing.assert_close(logits(plain, x), logits(student, x), rtol=1e-4, atol=1e-4)


def test_the_feasibility_run_folds_into_its_export(checking_data: Path) -> None:
    """The warm start that exists is in the layout of the student."""
    student = trainee()
    student.load_state_dict(load_file(checking_data / "networks/alexnet-compact-training.safetensors"))
    render_files = load_file(checking_data / "networks/alexnet-compact.safetensors")
    for name, value in fold(student).items():
        torch.testing.assert_close(value, render_files[name].float(), rtol=0.01, atol=0.002)


def test_int8_says_the_same_class(checking_data: Path, tmp_path: Path) -> None:
    student = trainee()
    student.load_state_dict(load_file(checking_data / "networks/alexnet-compact-training.safetensors"))
    exact = compact.CompactAlexNet().eval()
    exact.load_state_dict(fold(student))
    compact.save(fold(student), tmp_path / "int8.safetensors", {})
    stored = load(Source("compact", "", tmp_path / "int8.safetensors"))
    views = framed(read_images(checking_data / "distill/photos.tar").only(lambda name: name.startswith("n02")), 160)
    cpu = torch.device("cpu")
    same = answers(exact, views, cpu) == answers(stored.logits, views, cpu)
    assert same.double().mean() >= 0.99


def test_the_loss_is_of_what_the_answers_say_and_not_of_their_level() -> None:
    ours, theirs = torch.randn(2, 3, 1000, generator=torch.Generator().manual_seed(0))
    options = Options()
    assert loss(theirs + 5, theirs, options).item() == pytest.approx(0, abs=1e-4)
    assert loss(ours, theirs, options) > 0.1


# The run.


def test_a_drawn_picture_climbs_its_class(begin: Begin) -> None:
    run = begin(drawn=4, restart=0, jitter=0, ascents=8)
    unsettled(run.average)

    def score() -> Tensor:
        return run.answer(run.drawings.pictures.float()).gather(1, run.drawings.targets[:, None]).mean()

    before = score()
    run.drawings.optimize()
    assert score() > before
    values = NORMALIZATION.inverse(run.drawings.pictures.float())
    assert values.min() >= -0.01
    assert values.max() <= 1.01


def test_a_run_learns(begin: Begin) -> None:
    run = begin(steps=6, mixup=0, drawn=0)
    losses = [run.advance() for _ in range(6)]
    assert sum(losses[-2:]) < sum(losses[:2])
    assert run.done() == 1


def test_a_run_without_drawings_draws_nothing(begin: Begin, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(x: Tensor) -> Tensor:
        raise AssertionError("some releases of torch cannot transform an empty batch")

    monkeypatch.setattr("actmax.train.drawings.smooth", refused)
    run = begin(drawn=0)
    run.advance()
    assert len(run.drawings.pictures) == len(run.drawings.targets) == 0
    again = begin(drawn=0)
    again.restore(run.state())
    assert again.advance() == run.advance()


# The teacher.


def test_a_teacher_with_another_normalisation_is_shown_the_same_pictures(loaded: Network) -> None:
    same = wrap(loaded._module, mean=loaded.normalize.mean, std=loaded.normalize.std)
    # A first layer that undoes the other normalisation, so that both are one function of the picture.
    undo = nn.Conv2d(3, 3, 1)
    undo.weight.data = torch.diag(0.5 / torch.tensor(loaded.normalize.std)).view(3, 3, 1, 1)
    undo.bias.data = (0.5 - torch.tensor(loaded.normalize.mean)) / torch.tensor(loaded.normalize.std)
    other = wrap(nn.Sequential(undo, loaded._module), mean=(0.5, 0.5, 0.5), std=(0.5, 0.5, 0.5))
    cpu = torch.device("cpu")
    first, second = (Teacher(network, Options(**SMALL), cpu, torch.float32) for network in (same, other))
    x = NORMALIZATION(torch.rand(9, 3, 64, 64, generator=torch.Generator().manual_seed(0)))
    assert first(x).shape == (9, 1000)
    torch.testing.assert_close(first(x), second(x), rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize(
    ("channels", "classes", "why"), [(1, 1000, "have 1 channels, not 3"), (3, 10, "has 10 classes, the student 1000")]
)
def test_a_teacher_must_answer_what_the_student_learns(channels: int, classes: int, why: str) -> None:
    module = nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(channels, classes))
    network = wrap(module, channels=channels, name="mine")
    with pytest.raises(ActmaxError, match=f"mine cannot teach: .*{why}"):
        Teacher(network, Options(**SMALL), torch.device("cpu"), torch.float32)


# The files of a run.


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

    told: list[str] = []
    resumed = distil(teacher, [folder, tar], tmp_path / "killed", Options(**SMALL), report=told.append)
    assert told[-1].startswith("goes on from step ")
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
    assert load(Source("compact", "", resumed)).parameters() == 7_701_800

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
    with pytest.raises(UnknownNameError, match="no classifier 'squeezenet9'"):
        distil(Source("squeezenet9", "", teacher.path), [folder], tmp_path, Options(**SMALL))
    with pytest.raises(WeightsError, match="is no warm start"):
        distil(teacher, [folder], tmp_path, Options(**SMALL), warm_start=teacher.path)
    with pytest.raises(WeightsError, match="absent cannot be read"):
        distil(teacher, [folder], tmp_path, Options(**SMALL), warm_start=tmp_path / "absent")


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--set", "batsh=64"], "--set: unknown field 'batsh'. Did you mean 'batch'?"),
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


def test_views_are_moved_within_their_ball_to_where_the_student_departs(begin: Begin) -> None:
    run = begin(perturb=0.2, perturb_steps=3)
    x = run._views(6, 64)
    target = run.teacher(x)
    moved = run._perturbed(x, target)
    change = size_of(moved - x).flatten()
    assert (change <= 0.2 + 1e-6).all()
    assert (change > 0).all()

    def departure(views: Tensor) -> float:
        return float(-(target.softmax(1) * run.answer(views).log_softmax(1)).sum(1).mean())

    elsewhere = torch.randn(x.shape, generator=torch.Generator().manual_seed(9))
    by_chance = x + elsewhere * size_of(moved - x) / size_of(elsewhere)
    assert departure(moved) > departure(by_chance)


def test_views_of_several_sizes_go_with_drawings_of_one(begin: Begin) -> None:
    run = begin(sizes=(64, 96), perturb=0.01)
    assert {run._size() for _ in range(20)} == {64, 96}
    assert run.drawings.pictures.shape[-1] == 64
    for _ in range(3):
        assert run.advance() > 0
