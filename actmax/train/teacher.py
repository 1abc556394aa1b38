"""The teacher: a loaded classifier that computes the targets of the training, a few views at a time."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from actmax.errors import ActmaxError
from actmax.networks.network import Network
from actmax.train.options import DistillOptions
from actmax.train.student import CLASSES, NORMALIZATION


class Teacher:
    """Maps views, normalized as for the student (B, 3, H, W), to logits (B, 1000), float32.

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
