"""A pool of drawings that the student makes: part of each batch, so that it agrees with its teachers on drawings, too.

They are made as the default method makes them, so that the student learns from the images that it will be asked for.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import torch
from torch import Generator, Tensor

from actmax.ascent.optimize import optimize
from actmax.ascent.optimizers import from_torch, step_sizes
from actmax.ascent.params.canvas import Canvas
from actmax.engine.methods import method_of
from actmax.recipe.methods import DEFAULT, compose
from actmax.train.options import DistillOptions
from actmax.train.student import CLASSES, NORMALIZATION


@dataclass
class Group:
    """Drawings that were started together, in the middle of their optimization."""

    parameters: Tensor
    """(B, …)."""
    targets: Tensor
    """The class that each drawing maximizes, (B,)."""
    steps: int = 0
    """How many steps they have had."""
    adam: dict[str, Any] = field(default_factory=dict)
    """The state of the optimizer; empty before the first step."""


class DrawingPool:
    """Groups of drawings in progress.

    Args:
        options: of the training.
        logits: of the student, (B, 1000) for normalized images (B, 3, size, size).
        generator: chooses groups, classes and seeds, on the CPU.
        device: of the student.
    """

    def __init__(
        self,
        options: DistillOptions,
        logits: Callable[[Tensor], Tensor],
        generator: Generator,
        device: torch.device,
    ) -> None:
        self._options, self._logits, self._generator = options, logits, generator
        # What acts inside a network needs its hooks; the student has none.
        outside = {"relu_leak": 0.0, "logsumexp_weight": 0.0, "size": options.size}
        recipe = compose(DEFAULT, outside, network="", weights="", target="logits:0")
        self._method = method_of(recipe)
        self._rates = step_sizes(recipe.step_size, recipe.steps, recipe.anneal)
        self._canvas = Canvas(3, options.size, options.size, NORMALIZATION, NORMALIZATION.inverse, device)
        self._classes: list[int] = []
        self.groups = [self._start() for _ in range(options.pool_groups)]

    def optimize(self) -> Tensor:
        """Optimize one group further and return its images: (pool_batch, 3, size, size), normalized, float32."""
        place = int(torch.randint(len(self.groups), (), generator=self._generator))
        if self.groups[place].steps >= len(self._rates):
            self.groups[place] = self._start()
        group = self.groups[place]
        steps = min(self._options.pool_steps, len(self._rates) - group.steps)
        adam = torch.optim.Adam([group.parameters], lr=self._rates[group.steps])

        def resumed(parameters: list[Tensor]) -> torch.optim.Optimizer:
            nonlocal adam
            adam = torch.optim.Adam(parameters, lr=self._rates[group.steps])
            if group.adam:
                adam.load_state_dict({**adam.state_dict(), "state": group.adam})
            return adam

        method = replace(
            self._method,
            params=lambda generators, canvas: self._method.params(generators, canvas)._replace(start=group.parameters),
            optimizer=from_torch(resumed),
            steps=steps,
        )
        *_, last = optimize(
            method,
            forward=lambda images: {"logits": self._logits(images)},
            objective=lambda outputs: outputs["logits"].gather(1, group.targets[:, None])[:, 0],
            canvas=self._canvas,
            seeds=self._seeds(),
        )
        group.parameters, group.adam = last.parameters.detach(), adam.state_dict()["state"]
        group.steps += steps
        return NORMALIZATION(last.images)

    def state(self) -> dict[str, Any]:
        """Return everything that the next step depends on, for ``torch.save``."""
        return {"groups": [vars(group) for group in self.groups], "classes": self._classes}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Continue from what :meth:`state` returned."""
        device = self._canvas.device
        self.groups = [
            Group(saved["parameters"].to(device), saved["targets"].to(device), saved["steps"], saved["adam"])
            for saved in state["groups"]
        ]
        self._classes = list(state["classes"])

    def _start(self) -> Group:
        generators = [Generator().manual_seed(seed) for seed in self._seeds()]
        start = self._method.params(generators, self._canvas).start.to(self._canvas.device)
        return Group(start, torch.tensor(list(self._next_classes())).to(self._canvas.device))

    def _next_classes(self) -> Iterator[int]:
        """Yield a class for each drawing: every class in turn, in random order."""
        for _ in range(self._options.pool_batch):
            if not self._classes:
                self._classes = torch.randperm(CLASSES, generator=self._generator).tolist()
            yield self._classes.pop()

    def _seeds(self) -> Sequence[int]:
        seeds: list[int] = torch.randint(2**62, (self._options.pool_batch,), generator=self._generator).tolist()
        return seeds
