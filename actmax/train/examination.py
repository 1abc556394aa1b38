"""How often the student names the class that its teacher names, on images that it was never trained on."""

from __future__ import annotations

import time
from collections.abc import Callable

import torch
from torch import Tensor

from actmax.train.images import Images, framed, truth
from actmax.train.run import Run
from actmax.train.student import NORMALIZATION


@torch.no_grad()
def answers(network: Callable[[Tensor], Tensor], views: Tensor, device: torch.device, batch: int = 100) -> Tensor:
    """The class that a network puts first.

    Args:
        network: normalised (B, 3, H, W) -> logits (B, classes).
        views: (B, 3, H, W), uint8.
        device: of the network.
        batch: how many views are shown at once.

    Returns:
        Class indices (B,), on the processor.
    """
    parts = (NORMALIZATION(part.to(device).float() / 255) for part in torch.split(views, batch))
    return torch.cat([network(part).argmax(1).cpu() for part in parts])


class Examination:
    """Shows the held-out images to the student; the teacher is asked once."""

    def __init__(self, run: Run, held: Images) -> None:
        self.run = run
        self.views, self.truth = framed(held, run.options.size), truth(held)
        self.teacher = answers(run.teacher, self.views, run.device)

    def __call__(self) -> dict[str, float]:
        """``agreement`` with the teacher; where images tell their class, the ``accuracy`` of both."""
        started = time.monotonic()
        student = answers(self.run.answer, self.views, self.run.device)
        known = self.truth >= 0
        metrics = {"agreement": (student == self.teacher).double().mean().item()}
        if known.any():
            metrics["accuracy"] = (student == self.truth)[known].double().mean().item()
            metrics["teacher accuracy"] = (self.teacher == self.truth)[known].double().mean().item()
        self.run.seconds += time.monotonic() - started
        return metrics
