"""Distils an ImageNet classifier into the compact AlexNet, by function matching on folders of images.

Teacher and student see the same views, and the student learns the teacher's logits; no label is
used (Beyer et al. 2022, "Knowledge distillation: A good teacher is patient and consistent").

A run lives in a folder: ``checkpoint.pt``, ``log.jsonl``, ``alexnet-compact.safetensors``. It may be
killed at any moment; the same call goes on from the last checkpoint. Steps since then are repeated,
and of two lines in the log with one step the later one holds.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Sequence
from importlib.metadata import version
from pathlib import Path

from filelock import FileLock, Timeout
from safetensors import SafetensorError
from tqdm import tqdm

from actmax.errors import ActmaxError, StoreError, WeightsError, reason
from actmax.files import digest, write_atomically
from actmax.networks import compact
from actmax.networks.load import load
from actmax.networks.weights import Source
from actmax.train import checkpoint
from actmax.train.examination import Examination
from actmax.train.images import Images, hold_out, read_images
from actmax.train.options import Options
from actmax.train.run import Run
from actmax.train.student import fold

__all__ = ["CHECKPOINT", "EXPORT", "LOG", "REVISION", "Options", "distil"]

REVISION = 3
"""Of the training's arithmetic, for the exported file's header. Raise it with any change of that."""
CHECKPOINT, LOG, EXPORT = "checkpoint.pt", "log.jsonl", "alexnet-compact.safetensors"

Report = Callable[[str], object]
"""Told in a line what is going on."""


def distil(
    source: Source,
    images: Sequence[Path],
    folder: Path,
    options: Options,
    warm_start: Path | None = None,
    report: Report | None = None,
) -> Path:
    """Trains, or goes on training, and returns the exported file.

    Args:
        source: the teacher, as :func:`actmax.networks.weights.resolve_weights` decides on it.
        images: folders or tar files; each gives its share of the views of a batch. A WNID in a
            file's name says its class, which is used for evaluation only.
        folder: of the run; made if it does not exist.
        options: must be those that the folder's checkpoint was made with, but for the length of the run.
        warm_start: weights with batch norm to start from, as :func:`actmax.train.student.trainee` names them.
        report: told of images and checkpoints.

    Raises:
        ActmaxError: no images, or too few, or the teacher cannot teach this student.
        WeightsError, UnknownNameError: the teacher or the warm start cannot be had.
        StoreError: the folder cannot be written, is in use, or holds another run.
    """
    teacher = load(source)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with FileLock(folder / "lock", timeout=0):
            sources = _images(images, options, report)
            about = _about(source, sources, options, warm_start)
            held, rest = hold_out(sources, options.holdout)
            run = Run(options, teacher, rest)
            if (folder / CHECKPOINT).is_file():
                checkpoint.resume(run, folder / CHECKPOINT, _identity(about))
                _tell(report, f"goes on from step {run.step}, {run.done():.0%} of the run")
            elif warm_start:
                run.warm_start(warm_start)
            _train(run, folder, Examination(run, held), about)
    except Timeout:
        raise StoreError(f"Another process trains in {folder}.") from None
    except (OSError, SafetensorError) as error:
        why = reason(error) if isinstance(error, OSError) else error
        raise StoreError(f"The run in {folder} cannot be written: {why}.") from None
    return folder / EXPORT


def _images(paths: Sequence[Path], options: Options, report: Report | None) -> list[Images]:
    sources = [read_images(path, options.shorter_side) for path in paths]
    for source in sources:
        _tell(report, f"{source.name}: {len(source.names)} images, {source.skipped} files that cannot be read")
    if options.shares and len(options.shares) != len(sources):
        raise ActmaxError(f"shares has {len(options.shares)} parts for {len(sources)} sources of images.")
    return sources


def _tell(report: Report | None, words: str) -> None:
    if report:
        report(words)


def _train(run: Run, folder: Path, examine: Examination, about: dict[str, str]) -> None:
    options, saved = run.options, run.seconds
    form = "{percentage:3.0f}%|{bar}| {elapsed}<{remaining}{postfix}"
    with (
        (folder / LOG).open("a", encoding="utf-8") as log,
        tqdm(total=1.0, initial=run.done(), bar_format=form, disable=None, dynamic_ncols=True) as bar,
    ):
        while run.done() < 1:
            before, spent = run.done(), run.seconds
            value = run.advance()
            rate = options.batch / (run.seconds - spent)
            due = run.done() >= 1 or run.seconds - saved >= 60 * options.checkpoint_minutes
            metrics = examine() if due else {}
            line = {
                "step": run.step,
                "views": run.step * options.batch,
                "minutes": round(run.seconds / 60, 3),
                "loss": round(value, 4),
                "views/s": round(rate, 1),
                **metrics,
            }
            log.write(json.dumps(line) + "\n")
            log.flush()
            bar.set_postfix({"loss": f"{value:.3f}", "views/s": f"{rate:.0f}"}, refresh=False)
            bar.update(run.done() - before)
            if due:
                saved = run.seconds
                # The checkpoint last: what it says is done has been exported.
                _export(run, folder / EXPORT, about | {name: f"{part:.4f}" for name, part in metrics.items()})
                write_atomically(folder / CHECKPOINT, checkpoint.saved(run.state() | {"run": _identity(about)}))


# What is written of a run


def _about(source: Source, sources: Sequence[Images], options: Options, warm_start: Path | None) -> dict[str, str]:
    """What the exported file says of its origin; names of files only, no paths."""
    warm = f"{warm_start.name} (SHA-256 {_digest(warm_start)})" if warm_start else "none"
    return {
        "architecture": "AlexNet convolutions, head 9216-512-1000, batch norm folded",
        "format": "int8 per output channel, float16 scales",
        "input": f"RGB in [0, 1], ImageNet mean and deviation, trained at {options.size} px",
        "labels": "ImageNet-1k, torchvision order",
        "teacher": f"{source.network} (weights {source.digest})",
        "data": "; ".join(f"{images.name}: {len(images.names)} images" for images in sources),
        "held out": f"{options.holdout} images of the largest source",
        "warm start": warm,
        "options": options.model_dump_json(exclude={"minutes", "steps", "checkpoint_minutes", "note"}),
        "made by": f"actmax {version('actmax')}, distill.py revision {REVISION}",
        "licence": options.note,
    }


def _identity(about: dict[str, str]) -> dict[str, str]:
    """What must be alike for a checkpoint to be gone on from."""
    return {name: about[name] for name in ("teacher", "data", "warm start", "options")}


def _export(run: Run, path: Path, about: dict[str, str]) -> None:
    part = path.with_suffix(".part")
    compact.save(fold(run.average), part, about | {"views": str(run.step * run.options.batch)})
    part.chmod(0o644)  # safetensors writes for the owner alone, a package is for all
    os.replace(part, path)


def _digest(path: Path) -> str:
    try:
        return digest(path.read_bytes())
    except OSError as error:
        raise WeightsError(f"{path} cannot be read: {reason(error)}.") from None
