"""The teacher: a loaded classifier that answers the views of the training, few at a time."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from actmax.errors import ActmaxError
from actmax.networks.network import Network
from actmax.train.options import Options
from actmax.train.student import CLASSES, NORMALIZATION


class Teacher:
    """Views, normalised as the student is shown them (B, 3, H, W) -> logits (B, 1000), float32.

    Args:
        network: as loaded.
        options: of the training; its views are square, of one size.
        device: where it answers.
        dtype: in which arithmetic.

    Raises:
        ActmaxError: its images or its classes are not those of the student.
        RecipeError: it cannot be shown views of that size.
    """

    def __init__(self, network: Network, options: Options, device: torch.device, dtype: torch.dtype) -> None:
        if network.channels != 3:
            raise ActmaxError(f"{network.card.title} cannot teach: its images have {network.channels} channels, not 3.")
        output = network.card.output
        forward = network.submodel((output,), (options.size, options.size), device, dtype)
        self._answer: Callable[[Tensor], Tensor] = lambda x: forward(x)[output]
        # On a CPU a few images' activations stay in its caches, which halves the time.
        self._batch = 8 if device.type == "cpu" else options.batch
        self._own = network.normalize if network.normalize != NORMALIZATION else None
        black = NORMALIZATION(torch.zeros(1, 3, options.size, options.size, device=device))
        if (classes := self(black).shape[1]) != CLASSES:
            raise ActmaxError(f"{network.card.title} cannot teach: it has {classes} classes, the student {CLASSES}.")
        if options.compiled:
            self._answer = torch.compile(self._answer, dynamic=False, options={"freezing": True})

    @torch.no_grad()
    def __call__(self, x: Tensor) -> Tensor:
        """Answers in parts, each of at most ``_batch`` views."""
        if self._own:
            x = self._own(NORMALIZATION.inverse(x))
        return torch.cat([self._answer(part).float() for part in torch.split(x, self._batch)])
