"""Distills ImageNet classifiers into the compact AlexNet, by function matching on folders of images.

Teachers and student receive the same views, and the student learns the teachers' mean logits; no label is used (Beyer
et al. 2022, "Knowledge distillation: A good teacher is patient and consistent").
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib.metadata import version
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

import torch
from torch import Generator, Tensor, nn
from torch.nn import functional

from actmax.ascent.gradient_ascent import gradient
from actmax.errors import ActmaxError, WeightsError, reason
from actmax.files import digest
from actmax.networks import compact
from actmax.networks.load import load
from actmax.networks.network import Network
from actmax.networks.weights import Source
from actmax.train.images import DeviceImages, Images, data_names, framed, hold_out, read_sources, true_classes
from actmax.train.options import DistillOptions
from actmax.train.pool import DrawingPool
from actmax.train.student import as_input, distillation_loss, fold, predictions, student, warm_started
from actmax.train.teacher import Teacher, Teachers
from actmax.train.training import Report, Training, run_folder

REVISION = 5
"""Revision of the training's arithmetic, for the exported file's header. Raise it with every change of that."""
EXPORT = "alexnet-compact.safetensors"
CALIBRATION = 256
"""Number of photographs on which the scales of several teachers, and of a warm start's layers, are measured."""


class Held(NamedTuple):
    """Images of a source that the student is evaluated on."""

    name: str
    """Of the source."""
    views: Tensor
    """(N, 3, size, size), uint8."""
    truth: Tensor
    """The class of each image, (N,); -1 where it is unknown."""
    expected: Tensor
    """The class that the teachers predict, (N,)."""


class Distillation(Training):
    """Training of the student on random views and on drawings from a pool.

    Args:
        options: of the training.
        networks: the teachers.
        sources: images to train on.
        held: images to evaluate on, of at least one source. On the first ones the scales of the teachers are measured.
        warm_start: weights of an earlier student to start from, trained or exported.

    Raises:
        ActmaxError: a network cannot be a teacher.
        WeightsError: the warm start cannot be read, or belongs to another network.
    """

    export_name = EXPORT
    options: DistillOptions

    def __init__(
        self,
        options: DistillOptions,
        networks: Sequence[Network],
        sources: Sequence[Images],
        held: Sequence[Images],
        warm_start: Path | None = None,
    ) -> None:
        views = [framed(images, options.size) for images in held]
        photographs = as_input(views[0][:CALIBRATION])
        super().__init__(options, lambda: warm_started(warm_start, photographs) if warm_start else student())
        teachers = [Teacher(network, options, self.device, self.dtype) for network in networks]
        self.teacher = Teachers(teachers, photographs.to(self.device))
        on_cpu = self.device.type == "cpu"
        self.sources = [source if on_cpu else DeviceImages(source, self.device) for source in sources]
        # On the device: a GPU would wait for noise from the CPU.
        self.noise = Generator(self.device).manual_seed(options.seed)
        drawings = (options, self.logits, self.generator, self.device)
        self.pool = DrawingPool(*drawings) if options.pool_batch else None
        self._held = [
            Held(images.name, view, true_classes(images), predictions(self.teacher, view, self.device))
            for images, view in zip(held, views, strict=True)
        ]

    def loss(self) -> Tensor:
        options = self.options
        size = self._size()
        x = self._views(options.batch - options.pool_batch, size)
        if self.pool:
            x = torch.cat([x, resized(self.pool.optimize(), size)])
        x = self._mixed(x)
        target = self.teacher(x)
        if options.adversarial_radius:
            x = self._adversarial(x, target)
        return distillation_loss(self._logits(self.model.train(), x), target, options)

    def evaluate(self) -> dict[str, float]:
        """Return ``agreement`` with the teachers and, for images whose names give their class, ``accuracy`` of both.

        After the first source, the names of the measurements carry the source's.
        """
        metrics = {}
        for index, (name, views, truth, expected) in enumerate(self._held):
            own = predictions(self.logits, views, self.device)
            known, suffix = truth >= 0, f" {name}" if index else ""
            metrics[f"agreement{suffix}"] = _mean(own == expected)
            if known.any():
                metrics[f"accuracy{suffix}"] = _mean((own == truth)[known])
                metrics[f"teacher accuracy{suffix}"] = _mean((expected == truth)[known])
        return metrics

    def export(self, path: Path, header: dict[str, str]) -> None:
        compact.save(fold(self.average), path, header)

    def logits(self, x: Tensor) -> Tensor:
        """Return the averaged student's logits (B, 1000) for normalized images (B, 3, H, W)."""
        return self._logits(self.average, x)

    def state(self) -> dict[str, object]:
        pool = self.pool.state() if self.pool else {}
        return super().state() | {"pool": pool, "noise": self.noise.get_state()}

    def restore(self, state: Mapping[str, Any]) -> None:
        super().restore(state)
        self.noise.set_state(state["noise"])
        if self.pool:
            self.pool.restore(state["pool"])

    def _logits(self, network: nn.Module, x: Tensor) -> Tensor:
        return self.predict(network, x.to(memory_format=torch.channels_last))

    def _size(self) -> int:
        sizes = self.options.sizes
        return sizes[int(torch.randint(len(sizes), (), generator=self.generator))] if sizes else self.options.size

    def _views(self, count: int, size: int) -> Tensor:
        """Return normalized views (count, 3, size, size), divided among the sources by their weights."""
        options = self.options
        shares = apportion(count, options.source_weights or [1.0] * len(self.sources))
        views = [
            source.random_views(share, size, options.min_crop, options.min_crop_small, self.generator)
            for source, share in zip(self.sources, shares, strict=True)
            if share
        ]
        return as_input(torch.cat(views).to(self.device))

    def _adversarial(self, x: Tensor, target: Tensor) -> Tensor:
        """Change each view (B, 3, H, W) so that the averaged student departs from the target.

        Projected gradient ascent from a random start (Madry et al. 2018). The radius is uniform in
        0…``adversarial_radius``, so that the student keeps learning from nearly unchanged views.
        """
        options, t = self.options, self.options.temperature
        expected = (target / t).softmax(1)
        radius = torch.rand(len(x), 1, 1, 1, generator=self.generator).to(self.device) * options.adversarial_radius
        change = 0.5 * radius * torch.randn(x.shape, generator=self.noise, device=self.device)
        for _ in range(options.adversarial_steps):
            _, grad = gradient(lambda change: -(expected * (self.logits(x + change) / t).log_softmax(1)).sum(1), change)
            change = change + radius * grad / root_mean_square(grad).clamp_min(1e-12)
            change = change * (radius / root_mean_square(change).clamp_min(1e-12)).clamp_max(1)
        return x + change

    def _mixed(self, x: Tensor) -> Tensor:
        """Mixup of the images alone: the teachers label the mixture (Zhang et al. 2018)."""
        chance, part = torch.rand(2, generator=self.generator).tolist()
        order = torch.randperm(len(x), generator=self.generator)
        return torch.lerp(x, x[order.to(x.device)], part) if chance < self.options.mixup else x


def distill(
    teachers: Sequence[Source],
    images: Sequence[Path],
    folder: Path,
    options: DistillOptions,
    warm_start: Path | None = None,
    report: Report = lambda _: None,
) -> Path:
    """Train the compact AlexNet, or resume a training, and return the exported file.

    Args:
        teachers: at least one, from :func:`actmax.networks.weights.resolve_weights`.
        images: folders or tar files. A WNID in an image's name gives its class, which is used for evaluation only.
        folder: of the run; it is made if it does not exist.
        options: if the folder holds a checkpoint, those of that run; only its length may differ.
        warm_start: weights of an earlier student to start from, with batch normalization or without.
        report: receives messages on the images and on resuming.

    Raises:
        ActmaxError: there are no images, or too few, an option has not a number for each source, or a network cannot be
            a teacher.
        WeightsError, UnknownNameError: a teacher or the warm start cannot be loaded.
        StoreError: the folder cannot be written, is in use, or holds another run.
    """
    for name in ("source_weights", "holdouts"):
        if (values := getattr(options, name)) and len(values) != len(images):
            raise ActmaxError(f"{name} has {len(values)} numbers for {len(images)} sources of images.")
    networks = [load(teacher) for teacher in teachers]
    with run_folder(folder):
        sources = read_sources(images, options.shorter_side, report)
        # Names of files only: paths are private.
        held, rest = hold_out(sources, options.holdouts or options.holdout)
        header = {
            "architecture": "AlexNet convolutions, head 9216-512-1000, batch norm folded",
            "format": "int8 per output channel, float16 scales",
            "input": f"RGB in [0, 1], ImageNet mean and deviation, trained at {options.size} px",
            "labels": "ImageNet-1k, torchvision order",
            "teacher": "; ".join(f"{teacher.network} (weights {teacher.digest})" for teacher in teachers),
            "data": data_names(sources),
            "held out": data_names(held),
            "warm start": f"{warm_start.name} (SHA-256 {_digest(warm_start)})" if warm_start else "none",
            "options": options.identity(),
            "made by": f"actmax {version('actmax')}, distill.py revision {REVISION}",
            "license": options.license_note,
        }
        training = Distillation(options, networks, rest, held, warm_start)
        if training.teacher.scales:
            header["teacher scales"] = ", ".join(f"{scale:.4g}" for scale in training.teacher.scales)
        return training.run(folder, header, report)


def root_mean_square(x: Tensor) -> Tensor:
    """Return the root mean square of each image: (B, C, H, W) -> (B, 1, 1, 1)."""
    return x.square().mean((1, 2, 3), keepdim=True).sqrt()


def resized(x: Tensor, size: int) -> Tensor:
    """Return images (B, C, H, W) at another width and height: (B, C, size, size)."""
    return x if x.shape[-1] == size else functional.interpolate(x, (size, size), mode="bilinear", antialias=True)


def apportion(count: int, weights: Sequence[float]) -> list[int]:
    """Divide a number into whole parts with these proportions.

    >>> apportion(10, [1, 1, 1])
    [3, 4, 3]
    """
    ends = [round(count * sum(weights[:index]) / sum(weights)) for index in range(len(weights) + 1)]
    return [end - start for start, end in pairwise(ends)]


def _mean(correct: Tensor) -> float:
    return correct.double().mean().item()


def _digest(path: Path) -> str:
    try:
        return digest(path.read_bytes())
    except OSError as error:
        raise WeightsError(f"{path} cannot be read: {reason(error)}.") from None
