"""Tests of actmax.train.training: the learning rate and the moving average of any training."""

from __future__ import annotations

import math
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

from actmax.train.options import TrainingOptions
from actmax.train.training import Training, schedule


class Regression(Training):
    """The smallest training: a linear layer that learns to return 0."""

    export_name = "linear.bin"

    def __init__(self, options: TrainingOptions) -> None:
        super().__init__(options, lambda: nn.Linear(2, 1))

    def loss(self) -> Tensor:
        return self.model(torch.randn(4, 2, generator=self.generator).to(self.device)).square().mean()

    def evaluate(self) -> dict[str, float]:
        return {"norm": float(self.average.weight.norm())}

    def export(self, path: Path, header: dict[str, str]) -> None:
        path.write_text(str(header))


def test_the_learning_rate_rises_linearly_and_falls_as_a_cosine() -> None:
    training = Regression(TrainingOptions(steps=8, warmup=0.25, learning_rate=0.002))
    rates = []
    for _ in range(8):
        training.advance()
        rates.append(training.optimizer.param_groups[0]["lr"])
    falling = [0.002 * (0.5 + 0.5 * math.cos(math.pi * step / 6)) for step in range(6)]
    assert rates == pytest.approx([0.002 * 0.01, 0.002 * 0.5, *falling])
    assert schedule(1, 0.25) == pytest.approx(0)
    assert schedule(0, 0) == 1


def test_the_average_forgets_the_random_weights_of_the_start() -> None:
    training = Regression(TrainingOptions(steps=3, average_decay=0.999))
    training.advance()
    assert torch.equal(training.average.weight, training.model.weight)  # decay 0 in the first step
    before = training.average.weight.clone()
    training.advance()
    expected = before + (training.model.weight - before) * (1 - 1 / 11)
    torch.testing.assert_close(training.average.weight, expected)


def test_a_run_writes_metrics_into_the_header_and_starts_from_its_seed(tmp_path: Path) -> None:
    path = Regression(TrainingOptions(steps=2, seed=3)).run(tmp_path, {"data": "none"})
    header = path.read_text()
    assert "'data': 'none'" in header
    assert "'norm': " in header
    assert "'images': '128'" in header
    same, other = (Regression(TrainingOptions(seed=seed)).model.weight for seed in (3, 4))
    assert torch.equal(same, Regression(TrainingOptions(seed=3)).model.weight)
    assert not torch.equal(same, other)


def test_an_interrupted_checkpoint_leaves_the_earlier_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ctrl-C while a checkpoint is written."""
    Regression(TrainingOptions(steps=1)).run(tmp_path, {})
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}

    def interrupt(_: int) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("os.fsync", interrupt)
    with pytest.raises(KeyboardInterrupt):
        Regression(TrainingOptions(steps=2)).run(tmp_path, {})
    assert (tmp_path / "checkpoint.pt").read_bytes() == before["checkpoint.pt"]
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(before)
