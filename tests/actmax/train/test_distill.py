"""Tests of actmax.train.distill, with the student, the teachers and the pool: a killed run resumes, the export equals
the trained student, and wrong input is refused."""

from __future__ import annotations

import copy
import json
import signal
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from filelock import FileLock
from safetensors.torch import load_file, save_file
from torch import Tensor, nn
from torchvision import models

from actmax.cli import app
from actmax.errors import ActmaxError, StoreError, UnknownNameError, WeightsError
from actmax.networks import compact, weights
from actmax.networks.cards import card
from actmax.networks.load import load
from actmax.networks.network import Network
from actmax.networks.weights import Source
from actmax.networks.wrapping import wrap
from actmax.train.distill import EXPORT, Distillation, distill, root_mean_square
from actmax.train.images import framed, hold_out, read_images, true_classes
from actmax.train.options import DistillOptions
from actmax.train.pool import DrawingPool
from actmax.train.student import (
    CLASSES,
    NORMALIZATION,
    as_input,
    distillation_loss,
    fold,
    predictions,
    student,
    warm_started,
)
from actmax.train.teacher import Teacher, Teachers
from actmax.train.training import CHECKPOINT, LOG

TEACHER = "squeezenet1_1"
SMALL = {"size": 64, "batch": 6, "pool_batch": 2, "pool_groups": 2, "holdout": 3, "steps": 3, "checkpoint_minutes": 0}
"""A short run: every step is evaluated, saved and exported."""
CPU = torch.device("cpu")

KILLED_AFTER_A_CHECKPOINT = """
import os, signal, sys
from actmax.train import training
write = training.write_atomically
def write_and_die(path, data):
    write(path, data)
    os.kill(os.getpid(), signal.SIGKILL)
training.write_atomically = write_and_die
from actmax.cli import app
app(sys.argv[1:])
"""


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


MakeTraining = Callable[..., Distillation]


@pytest.fixture
def make_training(loaded: Network, folder: Path) -> MakeTraining:
    """A training with some options changed."""
    images = read_images(folder)
    return lambda **changed: Distillation(DistillOptions(**SMALL | changed), [loaded], [images], [images])


def with_random_batch_norm(network: nn.Module) -> nn.Module:
    """A student in evaluation mode whose batch normalizations have something to fold."""
    generator = torch.Generator().manual_seed(0)
    for part in network.modules():
        if isinstance(part, nn.BatchNorm1d | nn.BatchNorm2d):
            for values, low in ((part.running_mean, -1), (part.running_var, 0.5), (part.weight, 0.5), (part.bias, -1)):
                values.data.copy_(low + 2 * torch.rand(values.shape, generator=generator))
    return network.eval()


def logits(module: nn.Module, x: Tensor) -> Tensor:
    with torch.inference_mode():
        result: Tensor = module(x)
        return result


# The student.


def test_folding_batch_norm_changes_no_logit() -> None:
    trained = with_random_batch_norm(student())
    plain = compact.CompactAlexNet().eval()
    plain.load_state_dict(fold(trained))
    x = torch.randn(4, 3, 96, 96, generator=torch.Generator().manual_seed(0))
    torch.testing.assert_close(logits(plain, x), logits(trained, x), rtol=1e-4, atol=1e-4)


def test_the_stored_warm_start_folds_into_its_export(checking_data: Path) -> None:
    trained = student()
    trained.load_state_dict(load_file(checking_data / "networks/alexnet-compact-training.safetensors"))
    exported = load_file(checking_data / "networks/alexnet-compact.safetensors")
    for name, value in fold(trained).items():
        torch.testing.assert_close(value, exported[name].float(), rtol=0.01, atol=0.002)


def test_an_exported_file_is_a_warm_start_that_changes_no_logit(folder: Path) -> None:
    shipped = card("compact").file
    assert shipped
    views = framed(read_images(folder), 96)
    started = warm_started(shipped, as_input(views)).eval()
    x = torch.cat([as_input(views), torch.randn(4, 3, 96, 96, generator=torch.Generator().manual_seed(0))])
    expected = load(weights.resolve_weights("compact")).logits(x)
    assert (logits(started, x) - expected).abs().max() < 1e-3 * expected.abs().max()


def test_a_warm_start_normalizes_each_layer_for_the_photographs(folder: Path) -> None:
    """In training mode, where batch normalization has the statistics of its batch, the student is nearly the same."""
    shipped = card("compact").file
    assert shipped
    x = as_input(framed(read_images(folder), 96))
    network = warm_started(shipped, x)
    expected = logits(network.eval(), x)
    assert (logits(network.train(), x) - expected).abs().mean() < 0.05 * expected.std()


def test_an_untouched_run_exports_the_warm_start(make_training: MakeTraining, folder: Path, tmp_path: Path) -> None:
    images = read_images(folder)
    shipped = card("compact").file
    teacher = load(weights.resolve_weights("compact"))
    training = Distillation(DistillOptions(**SMALL), [teacher], [images], [images], shipped)
    assert training.evaluate()["agreement"] == 1
    training.export(tmp_path / "export.safetensors", {})
    exported = load(Source("compact", "", tmp_path / "export.safetensors"))
    x = as_input(framed(images, 64))
    expected = teacher.logits(x)
    assert torch.equal(exported.logits(x).argmax(1), expected.argmax(1))
    assert (exported.logits(x) - expected).abs().max() < 0.01 * expected.abs().max()  # it is rounded to int8 again


@pytest.mark.nightly
def test_int8_weights_predict_the_same_classes(checking_data: Path, tmp_path: Path) -> None:
    trained = student()
    trained.load_state_dict(load_file(checking_data / "networks/alexnet-compact-training.safetensors"))
    exact = compact.CompactAlexNet().eval()
    exact.load_state_dict(fold(trained))
    compact.save(fold(trained), tmp_path / "int8.safetensors", {})
    stored = load(Source("compact", "", tmp_path / "int8.safetensors"))
    views = framed(read_images(checking_data / "distill/photos.tar").only(lambda name: name.startswith("n02")), 160)
    same = predictions(exact, views, CPU) == predictions(stored.logits, views, CPU)
    assert same.double().mean() >= 0.99


def test_the_loss_ignores_a_constant_added_to_all_logits() -> None:
    own, teacher = torch.randn(2, 3, 1000, generator=torch.Generator().manual_seed(0))
    options = DistillOptions()
    assert distillation_loss(teacher + 5, teacher, options).item() == pytest.approx(0, abs=1e-4)
    assert distillation_loss(own, teacher, options) > 0.1


# The run.


def test_training_lowers_the_loss(make_training: MakeTraining) -> None:
    training = make_training(steps=6, mixup=0, pool_batch=0)
    losses = [training.advance() for _ in range(6)]
    assert sum(losses[-2:]) < sum(losses[:2])
    assert training.progress() == 1


# The pool.


def pool_of(training: Distillation) -> DrawingPool:
    assert training.pool
    return training.pool


def test_the_steps_of_the_pool_raise_the_logits_of_its_drawings(make_training: MakeTraining) -> None:
    training = make_training(pool_batch=4, pool_groups=1, pool_steps=8)
    with_random_batch_norm(training.average)
    pool = pool_of(training)

    def own_logits() -> Tensor:
        return training.logits(pool.optimize()).gather(1, pool.groups[0].targets[:, None])[:, 0]

    assert (own_logits() < own_logits()).all()  # after 8 steps, and after 16
    images = NORMALIZATION.inverse(pool.optimize())
    assert images.shape == (4, 3, 64, 64)
    assert images.min() >= -1e-5
    assert images.max() <= 1 + 1e-5
    assert not images.requires_grad


def test_a_thousand_drawings_have_a_thousand_classes(make_training: MakeTraining) -> None:
    pool = pool_of(make_training(batch=101, pool_batch=100, pool_groups=10))
    first = torch.cat([group.targets for group in pool.groups])
    assert sorted(first.tolist()) == list(range(CLASSES))
    assert first.tolist() != sorted(first.tolist())
    again = [pool._next_class() for _ in range(CLASSES)]
    assert sorted(again) == list(range(CLASSES))
    assert again != first.tolist()


def test_a_finished_group_is_replaced_by_new_drawings(make_training: MakeTraining) -> None:
    pool = pool_of(make_training(pool_groups=1, pool_steps=1000))
    (finished,) = pool.groups
    pool.optimize()
    assert pool.groups == [finished]  # its drawings are used once when they are finished
    assert finished.steps == len(pool._rates)
    pool.optimize()
    assert pool.groups[0] is not finished
    assert not set(pool.groups[0].targets.tolist()) & set(finished.targets.tolist())


def test_drawings_in_parts_step_as_the_default_method_does(make_training: MakeTraining) -> None:
    """Without random transforms, and with a constant step size, parts of 4 steps are one optimization of 8."""
    whole, parts = (pool_of(make_training(pool_groups=1, pool_steps=steps)) for steps in (8, 4))
    for pool in (whole, parts):
        pool._method = replace(pool._method, transforms=())
    whole.optimize()
    for _ in range(2):
        parts.optimize()
    assert whole.groups[0].steps == parts.groups[0].steps == 8
    torch.testing.assert_close(parts.groups[0].parameters, whole.groups[0].parameters, rtol=0, atol=0)


@pytest.mark.parametrize("pool_batch", [0, 2])
def test_a_restored_training_takes_the_same_steps(pool_batch: int, make_training: MakeTraining) -> None:
    """With drawings that are new, in progress and finished."""
    options = {"pool_batch": pool_batch, "pool_steps": 40, "adversarial_radius": 0.01}
    training, restored = make_training(**options), make_training(**options, seed=1)
    for _ in range(4):
        training.advance()
    restored.restore(copy.deepcopy(training.state()))
    for _ in range(4):
        assert restored.advance() == training.advance()
    for saved, expected in zip(restored.model.parameters(), training.model.parameters(), strict=True):
        assert torch.equal(saved, expected)


# The teachers.


def test_a_teacher_with_another_normalization_receives_the_same_images(loaded: Network) -> None:
    same = wrap(loaded._module, mean=loaded.normalize.mean, std=loaded.normalize.std)
    # The first layer undoes the other normalization, so that both networks are one function of the image.
    undo = nn.Conv2d(3, 3, 1)
    undo.weight.data = torch.diag(0.5 / torch.tensor(loaded.normalize.std)).view(3, 3, 1, 1)
    undo.bias.data = (0.5 - torch.tensor(loaded.normalize.mean)) / torch.tensor(loaded.normalize.std)
    other = wrap(nn.Sequential(undo, loaded._module), mean=(0.5, 0.5, 0.5), std=(0.5, 0.5, 0.5))
    first, second = (Teacher(network, DistillOptions(**SMALL), CPU, torch.float32) for network in (same, other))
    x = NORMALIZATION(torch.rand(9, 3, 64, 64, generator=torch.Generator().manual_seed(0)))
    assert first(x).shape == (9, 1000)
    torch.testing.assert_close(first(x), second(x), rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize(
    ("channels", "classes", "why"), [(1, 1000, "have 1 channels, not 3"), (3, 10, "has 10 classes, the student 1000")]
)
def test_a_teacher_with_other_channels_or_classes_is_refused(channels: int, classes: int, why: str) -> None:
    module = nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(channels, classes))
    network = wrap(module, channels=channels, name="mine")
    with pytest.raises(ActmaxError, match=f"mine cannot be a teacher: .*{why}"):
        Teacher(network, DistillOptions(**SMALL), CPU, torch.float32)


def random_teacher(seed: int) -> Callable[[Tensor], Tensor]:
    weight = torch.randn(12, 1000, generator=torch.Generator().manual_seed(seed))
    return lambda x: x.flatten(1) @ weight


def test_teachers_with_logits_of_another_size_have_the_same_weight() -> None:
    views = torch.randn(64, 3, 2, 2, generator=torch.Generator().manual_seed(2))
    first, second = random_teacher(0), random_teacher(1)
    together = Teachers([first, second], views)
    enlarged = Teachers([first, lambda x: 10 * second(x) + 7], views)
    torch.testing.assert_close(enlarged(views), together(views), rtol=1e-4, atol=1e-4)
    assert enlarged.scales == pytest.approx([1, together.scales[1] / 10])
    similarity = [
        torch.corrcoef(torch.stack([one(views).flatten(), together(views).flatten()]))[0, 1].item()
        for one in (first, second)
    ]
    assert similarity == pytest.approx([2**-0.5, 2**-0.5], abs=0.05)  # of two independent ones with equal weights


def test_a_single_teachers_logits_stay_as_they_are() -> None:
    views = torch.randn(4, 3, 2, 2)
    teacher = random_teacher(0)
    assert torch.equal(Teachers([teacher], views)(views), teacher(views))


# The files of a run.


def test_a_killed_run_resumes_to_the_same_weights(folder: Path, tar: Path, teacher: Source, tmp_path: Path) -> None:
    whole = distill([teacher], [folder, tar], tmp_path / "whole", DistillOptions(**SMALL))
    arguments = ["distill", folder, tar, "--teacher", f"{TEACHER}={teacher.path}"]
    arguments += ["--folder", tmp_path / "killed", *(f"--set={name}={value}" for name, value in SMALL.items())]
    done = subprocess.run([sys.executable, "-c", KILLED_AFTER_A_CHECKPOINT, *map(str, arguments)], check=False)
    assert done.returncode == -signal.SIGKILL
    log = tmp_path / "killed" / LOG
    assert len(log.read_text().splitlines()) == 1

    messages: list[str] = []
    resumed = distill([teacher], [folder, tar], tmp_path / "killed", DistillOptions(**SMALL), report=messages.append)
    assert messages[-1] == "resumes from step 1, 33% of the run"
    assert weights.metadata(resumed) == weights.metadata(whole)
    stored, expected = load_file(resumed), load_file(whole)
    assert stored.keys() == expected.keys()
    assert all(torch.equal(stored[name], expected[name]) for name in stored)
    lines = [json.loads(line) for line in log.read_text().splitlines()]
    assert lines[-1]["step"] == SMALL["steps"]
    assert {"loss", "images", "minutes", "images/s", "agreement", "accuracy"} <= lines[-1].keys()

    assert resumed.stat().st_mode & 0o777 == 0o644
    header = weights.metadata(resumed)
    assert header["images"] == "18"
    assert header["teacher"] == f"{TEACHER} (weights {teacher.digest})"
    assert header["data"] == f"{folder.name}: 10 images; images.tar: 10 images"
    assert float(header["agreement"]) == pytest.approx(lines[-1]["agreement"], abs=1e-4)
    assert str(tmp_path) not in "".join(header.values())
    assert load(Source("compact", "", resumed)).parameters() == 7_701_800

    with pytest.raises(StoreError, match=r"belongs to a run with options .*, not .*: give another folder"):
        distill([teacher], [folder, tar], tmp_path / "killed", DistillOptions(**SMALL | {"seed": 1}))
    (tmp_path / "killed" / CHECKPOINT).write_bytes(b"damaged")
    with pytest.raises(StoreError, match=r"checkpoint .* is damaged: remove it"):
        distill([teacher], [folder, tar], tmp_path / "killed", DistillOptions(**SMALL))


def test_two_runs_in_one_folder_are_refused(folder: Path, teacher: Source, tmp_path: Path) -> None:
    with FileLock(tmp_path / "lock"), pytest.raises(StoreError, match="Another process trains in"):
        distill([teacher], [folder], tmp_path, DistillOptions(**SMALL))
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match="file/run cannot be written"):
        distill([teacher], [folder], tmp_path / "file" / "run", DistillOptions(**SMALL))


def test_an_unreadable_teacher_or_warm_start_is_refused(folder: Path, teacher: Source, tmp_path: Path) -> None:
    with pytest.raises(UnknownNameError, match="no classifier 'squeezenet9'"):
        distill([Source("squeezenet9", "", teacher.path)], [folder], tmp_path, DistillOptions(**SMALL))
    with pytest.raises(WeightsError, match="is no warm start"):
        distill([teacher], [folder], tmp_path, DistillOptions(**SMALL), warm_start=teacher.path)
    save_file({"features.0.weight": torch.zeros(64, 3, 11, 11)}, tmp_path / "part.safetensors")
    with pytest.raises(WeightsError, match=r"is no warm start for the compact AlexNet: its tensors are others\.$"):
        distill([teacher], [folder], tmp_path, DistillOptions(**SMALL), warm_start=tmp_path / "part.safetensors")
    with pytest.raises(WeightsError, match="absent cannot be read"):
        distill([teacher], [folder], tmp_path, DistillOptions(**SMALL), warm_start=tmp_path / "absent")


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--set", "batsh=64"], "--set: unknown field 'batsh'. Did you mean 'batch'?"),
        (["--set", "size=7"], "size: input should be greater than or equal to 64, not 7"),
        (["--set", "pool_batch=192"], "pool_batch 192 must be less than batch 192"),
        (["--minutes", "0"], "minutes: input should be greater than 0, not 0.0"),
        (["--set", "holdouts=[0]"], "holdouts must leave an image of some source to evaluate on"),
        (["--teacher", "compact", "--set", "holdouts=[2,3]"], "holdouts has 2 numbers for 1 sources of images."),
        (["--teacher", "compact", "--set", "source_weights=[2,3]"], "source_weights has 2 numbers for 1 sources"),
        (["--teacher", "compakt"], "Did you mean 'compact'?"),
        (["--teacher", "compact", "--teacher", "squeezenet1_0=absent.pt"], "absent.pt cannot be read: No such file"),
        (["--teacher", "squeezenet1_0"], "needs a weights file: name it as `weights`"),
        (["--teacher", "squeezenet1_0"], "--teacher NAME=FILE"),
    ],
)
def test_the_command_refuses_wrong_options(
    words: list[str], message: str, folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as end:
        app(["distill", str(folder), "--folder", str(tmp_path / "run"), *words])
    assert end.value.code == 1
    error = capsys.readouterr().err
    assert message in error
    assert len(error.splitlines()) == 1
    assert not (tmp_path / "run").exists()


def test_adversarial_views_stay_within_the_radius_and_raise_the_loss(make_training: MakeTraining) -> None:
    training = make_training(adversarial_radius=0.2, adversarial_steps=3)
    x = training._views(6, 64)
    target = training.teacher(x)
    changed = training._adversarial(x, target)
    size = root_mean_square(changed - x).flatten()
    assert (size <= 0.2 + 1e-6).all()
    assert (size > 0).all()

    def cross_entropy(views: Tensor) -> float:
        return float(-(target.softmax(1) * training.logits(views).log_softmax(1)).sum(1).mean())

    noise = torch.randn(x.shape, generator=torch.Generator().manual_seed(9))
    randomly_changed = x + noise * root_mean_square(changed - x) / root_mean_square(noise)
    assert cross_entropy(changed) > cross_entropy(randomly_changed)


def test_views_of_several_sizes_are_mixed_with_drawings_of_one(make_training: MakeTraining) -> None:
    training = make_training(sizes=(64, 96), adversarial_radius=0.01)
    assert {training._size() for _ in range(20)} == {64, 96}
    assert pool_of(training).optimize().shape[-1] == 64
    for _ in range(3):
        assert training.advance() > 0


def test_images_held_out_of_several_sources_are_evaluated_each(loaded: Network, folder: Path, tar: Path) -> None:
    sources = [read_images(folder), read_images(tar)]
    held, rest = hold_out(sources, (3, 4))
    training = Distillation(DistillOptions(**SMALL), [loaded], rest, held)
    metrics = training.evaluate()
    assert set(metrics) == {
        f"{name}{suffix}" for name in ("agreement", "accuracy", "teacher accuracy") for suffix in ("", " images.tar")
    }
    # A student that predicts class 0 for all images.
    training.logits = lambda x: torch.eye(1, CLASSES).expand(len(x), -1)  # type: ignore[method-assign]
    metrics = training.evaluate()
    for suffix, images in (("", held[0]), (" images.tar", held[1])):
        truth, expected = true_classes(images), predictions(training.teacher, framed(images, 64), CPU)
        assert metrics[f"agreement{suffix}"] == pytest.approx((expected == 0).double().mean().item())
        assert metrics[f"accuracy{suffix}"] == pytest.approx((truth == 0).double().mean().item())
        assert metrics[f"teacher accuracy{suffix}"] == pytest.approx((expected == truth).double().mean().item())
    assert metrics["accuracy"] > metrics["teacher accuracy"]


def test_a_run_with_several_teachers_and_sources_says_so_in_its_header(
    folder: Path, tar: Path, teacher: Source, tmp_path: Path
) -> None:
    arguments = ["distill", folder, tar, "--teacher", f"{TEACHER}={teacher.path}", "--teacher", "compact"]
    options = SMALL | {"steps": 1, "holdouts": "[2,3]"}
    with pytest.raises(SystemExit) as end:
        app(
            [
                *map(str, arguments),
                f"--folder={tmp_path}",
                *(f"--set={name}={value}" for name, value in options.items()),
            ]
        )
    assert end.value.code == 0
    header = weights.metadata(tmp_path / EXPORT)
    second = weights.resolve_weights("compact").digest
    assert header["teacher"] == f"{TEACHER} (weights {teacher.digest}); compact (weights {second})"
    scales = [float(scale) for scale in header["teacher scales"].split(", ")]
    assert scales[0] == 1
    assert scales[1] < 1  # the first, with random weights, has the smaller logits
    assert header["held out"] == f"{folder.name}: 2 images; images.tar: 3 images"
    assert float(header["agreement images.tar"]) >= 0


def test_a_run_trains_for_the_given_time(make_training: MakeTraining, tmp_path: Path) -> None:
    training = make_training(steps=None, minutes=1e-6)
    training.run(tmp_path, {})
    assert training.step == 1
    assert training.progress() == 1
