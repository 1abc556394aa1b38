"""The training loop: learning rate schedule, moving average, checkpoints, log.

A run lives in a folder: ``checkpoint.pt``, ``log.jsonl`` and the exported weights, each of which is whole whenever the
process ends. The same call resumes from the last checkpoint; steps since then are repeated, and of two lines in the log
with the same step the later one holds.
"""

from __future__ import annotations

import contextlib
import copy
import io
import json
import math
import os
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, ClassVar

import torch
from filelock import FileLock, Timeout
from safetensors import SafetensorError
from torch import Generator, Tensor, nn
from tqdm import tqdm

from actmax.engine.device import choose_device, choose_dtype
from actmax.errors import StoreError, reason
from actmax.files import write_atomically
from actmax.train.options import TrainingOptions

CHECKPOINT, LOG = "checkpoint.pt", "log.jsonl"
IDENTITY = ("network", "teacher", "warm start", "data", "options")
"""Entries of an exported file's header in which a checkpoint must agree with the run that resumes from it."""

Report = Callable[[str], object]
"""Callback that receives progress messages of one line each."""


class Training(ABC):
    """A training in progress: a model, the moving average of its weights, and the optimizer.

    Args:
        options: of the training.
        build: returns the model to train; it is called with torch's seed set to the options'.
        betas: of AdamW.
    """

    export_name: ClassVar[str]
    """File name of the exported weights."""

    def __init__(
        self, options: TrainingOptions, build: Callable[[], nn.Module], betas: tuple[float, float] = (0.9, 0.999)
    ) -> None:
        self.options = options
        self.device = choose_device()
        self.dtype = choose_dtype("auto", self.device)
        self.generator = Generator().manual_seed(options.seed)
        with torch.random.fork_rng():
            torch.manual_seed(options.seed)
            self.model = build().to(self.device).to(memory_format=torch.channels_last)
        self.average = copy.deepcopy(self.model).eval().requires_grad_(False)
        self.optimizer = torch.optim.AdamW(
            self.model.parameters(), betas=betas, weight_decay=options.weight_decay, fused=True
        )
        self.step, self.seconds = 0, 0.0
        self.metrics: dict[str, float] = {}
        """Results of the latest evaluation."""

    @abstractmethod
    def loss(self) -> Tensor:
        """Return the model's loss on a random batch."""

    @abstractmethod
    def evaluate(self) -> dict[str, float]:
        """Return measurements of the averaged model on data that it was not trained on, by name."""

    @abstractmethod
    def export(self, path: Path, header: dict[str, str]) -> None:
        """Write the averaged model."""

    def predict(self, model: nn.Module, x: Tensor) -> Tensor:
        """Return a model's output as float32, computed in the run's precision."""
        with torch.autocast(self.device.type, self.dtype, enabled=self.dtype != torch.float32):
            output: Tensor = model(x)
        return output.float()

    def progress(self) -> float:
        """Return the fraction of the run that is complete, 0…1."""
        steps = self.options.steps
        return min(1.0, self.step / steps if steps else self.seconds / (60 * self.options.minutes))

    def advance(self) -> float:
        """Take one optimizer step and return the loss."""
        started = time.monotonic()
        for group in self.optimizer.param_groups:
            group["lr"] = self.options.learning_rate * schedule(self.progress(), self.options.warmup)
        loss = self.loss()
        self.optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        self.optimizer.step()
        # Early in the run the average follows closely, so that it soon forgets the random weights.
        decay = min(self.options.average_decay, self.step / (self.step + 10))
        with torch.no_grad():
            for mean, now in zip(self.average.state_dict().values(), self.model.state_dict().values(), strict=True):
                mean.lerp_(now, 1 - decay) if mean.is_floating_point() else mean.copy_(now)
        self.step += 1
        self.seconds += time.monotonic() - started
        return loss.item()

    def run(self, folder: Path, header: Mapping[str, str], report: Report = lambda _: None) -> Path:
        """Train to the end, from the folder's checkpoint if there is one, and return the exported file.

        Args:
            folder: of the run.
            header: of the exported file: its origin. See also :data:`IDENTITY`.
            report: receives a message when the run resumes.

        Raises:
            StoreError: the checkpoint is damaged, or belongs to another run.
        """
        identity = {name: header[name] for name in IDENTITY if name in header}
        if (folder / CHECKPOINT).is_file():
            self._resume(folder / CHECKPOINT, identity)
            report(f"resumes from step {self.step}, {self.progress():.0%} of the run")
        saved = self.seconds
        form = "{percentage:3.0f}%|{bar}| {elapsed}<{remaining}{postfix}"
        with (
            (folder / LOG).open("a", encoding="utf-8") as log,
            tqdm(total=1.0, initial=self.progress(), bar_format=form, disable=None) as bar,
        ):
            while self.progress() < 1:
                before, started = self.progress(), self.seconds
                loss = self.advance()
                rate = self.options.batch / (self.seconds - started)
                if due := self.progress() >= 1 or self.seconds - saved >= 60 * self.options.checkpoint_minutes:
                    started = time.monotonic()
                    self.metrics = self.evaluate()
                    self.seconds += time.monotonic() - started
                line = {
                    "step": self.step,
                    "images": self.step * self.options.batch,
                    "minutes": round(self.seconds / 60, 3),
                    "loss": round(loss, 4),
                    "images/s": round(rate, 1),
                }
                log.write(json.dumps(line | (self.metrics if due else {})) + "\n")
                log.flush()
                bar.set_postfix({"loss": f"{loss:.3f}", "images/s": f"{rate:.0f}"}, refresh=False)
                bar.update(self.progress() - before)
                if due:
                    saved = self.seconds
                    # The checkpoint comes last: the steps that it holds have been exported.
                    self._export(folder / self.export_name, header)
                    write_atomically(folder / CHECKPOINT, self._checkpoint(identity))
        return folder / self.export_name

    def state(self) -> dict[str, Any]:
        """Return everything that the next step depends on, for ``torch.save``."""
        return {
            "model": self.model.state_dict(),
            "average": self.average.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "generator": self.generator.get_state(),
            "step": self.step,
            "seconds": self.seconds,
        }

    def restore(self, state: Mapping[str, Any]) -> None:
        """Continue from what :meth:`state` returned."""
        for name in ("model", "average", "optimizer"):
            getattr(self, name).load_state_dict(state[name])
        self.generator.set_state(state["generator"])
        self.step, self.seconds = state["step"], state["seconds"]

    def _export(self, path: Path, header: Mapping[str, str]) -> None:
        part = path.with_suffix(".part")
        figures = {name: f"{value:.4f}" for name, value in self.metrics.items()}
        self.export(part, {**header, **figures, "images": str(self.step * self.options.batch)})
        part.chmod(0o644)  # safetensors writes files that only their owner can read
        os.replace(part, path)

    def _checkpoint(self, identity: Mapping[str, str]) -> bytes:
        file = io.BytesIO()
        torch.save(self.state() | {"run": dict(identity)}, file)
        return file.getvalue()

    def _resume(self, path: Path, identity: Mapping[str, str]) -> None:
        try:
            state: dict[str, Any] = torch.load(path, map_location="cpu", weights_only=True)
            other = [name for name, value in identity.items() if state["run"].get(name) != value]
            if not other:
                self.restore(state)
        except Exception:  # noqa: BLE001 - torch's unpickler raises whatever it stumbles over
            raise StoreError(f"The checkpoint {path} is damaged: remove it to start again.") from None
        if other:
            raise StoreError(
                f"{path} belongs to a run with {other[0]} {state['run'].get(other[0])}, not {identity[other[0]]}: "
                "give another folder, or the options of that run."
            )


def schedule(progress: float, warmup: float) -> float:
    """Return the learning rate as a fraction of its peak: linear warm-up, then half a cosine down to 0.

    >>> [round(schedule(progress, 0.2), 2) for progress in (0, 0.1, 0.2, 0.6, 1)]
    [0.01, 0.5, 1.0, 0.5, 0.0]
    """
    if progress < warmup:
        return max(progress / warmup, 0.01)
    return 0.5 + 0.5 * math.cos(math.pi * (progress - warmup) / (1 - warmup))


@contextlib.contextmanager
def run_folder(folder: Path) -> Iterator[None]:
    """Make the folder of a run, and keep other processes out of it.

    Raises:
        StoreError: the folder cannot be written, or is in use.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with FileLock(folder / "lock", timeout=0):
            yield
    except Timeout:
        raise StoreError(f"Another process trains in {folder}.") from None
    except (OSError, SafetensorError) as error:
        why = reason(error) if isinstance(error, OSError) else error
        raise StoreError(f"The run in {folder} cannot be written: {why}.") from None
