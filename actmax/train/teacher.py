"""The teachers: loaded classifiers whose averaged logits are the targets of the training."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from torch import Tensor

from actmax.errors import ActmaxError
from actmax.networks.network import Network
from actmax.train.options import DistillOptions
from actmax.train.student import CLASSES, NORMALIZATION, centered


class Teacher:
    """Maps views, normalized as for the student (B, 3, H, W), to logits (B, 1000), float32, a few views at a time.

    Args:
        network: the classifier.
        options: of the training.
        device: to compute on.
        dtype: to compute in.

    Raises:
        ActmaxError: its images or its classes are not those of the student.
        RecipeError: it does not accept views of that size.
    """

    def __init__(self, network: Network, options: DistillOptions, device: torch.device, dtype: torch.dtype) -> None:
        title = network.card.title
        if network.channels != 3:
            raise ActmaxError(f"{title} cannot be a teacher: its images have {network.channels} channels, not 3.")
        output = network.card.output
        forward = network.submodel((output,), (options.size, options.size), device, dtype)
        self._logits: Callable[[Tensor], Tensor] = lambda x: forward(x)[output]
        # On a CPU the activations of a few images stay in its caches, which halves the time.
        self._batch = 8 if device.type == "cpu" else options.batch
        self._normalization = network.normalize if network.normalize != NORMALIZATION else None
        black = NORMALIZATION(torch.zeros(1, 3, options.size, options.size, device=device))
        if (classes := self(black).shape[1]) != CLASSES:
            raise ActmaxError(f"{title} cannot be a teacher: it has {classes} classes, the student {CLASSES}.")
        if options.compile_teacher:
            self._logits = torch.compile(self._logits, dynamic=False, options={"freezing": True})

    @torch.no_grad()
    def __call__(self, x: Tensor) -> Tensor:
        if self._normalization:
            x = self._normalization(NORMALIZATION.inverse(x))
        return torch.cat([self._logits(part).float() for part in torch.split(x, self._batch)])


class Teachers:
    """Several teachers as one: the mean of their centered logits, each scaled to the first one's deviation.

    The logits of different networks differ in size: without the scales the largest would decide alone. A single
    teacher's logits stay as they are.

    Args:
        teachers: functions from views (B, 3, H, W) to logits (B, classes), at least one.
        views: photographs on which the deviations are measured.
    """

    def __init__(self, teachers: Sequence[Callable[[Tensor], Tensor]], views: Tensor) -> None:
        self._teachers = teachers
        deviations = [centered(teacher(views)).std() for teacher in teachers] if len(teachers) > 1 else []
        self.scales = [float(deviations[0] / deviation) for deviation in deviations]
        """By which each teacher's centered logits are multiplied; empty for a single teacher."""

    def __call__(self, x: Tensor) -> Tensor:
        """Return the logits (B, classes) of views (B, 3, H, W)."""
        if not self.scales:
            return self._teachers[0](x)
        scaled = zip(self.scales, self._teachers, strict=True)
        return torch.stack([scale * centered(teacher(x)) for scale, teacher in scaled]).mean(0)
