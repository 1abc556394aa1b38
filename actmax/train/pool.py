"""A pool of drawings that the student makes: part of each batch, so that it agrees with its teachers on drawings, too.

They are made as the default method makes them, so that the student learns from the images that it will be asked for.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import torch
from torch import Generator, Tensor

from actmax.ascent.gradient_ascent import Score, gradient
from actmax.ascent.optimize import optimize
from actmax.ascent.optimizers import step_sizes
from actmax.ascent.params.canvas import Canvas
from actmax.engine.methods import method_of
from actmax.recipe.methods import DEFAULT, compose
from actmax.train.options import DistillOptions
from actmax.train.student import CLASSES, NORMALIZATION


class Group:
    """Drawings that were started together, and their optimizer.

    Args:
        parameters: at the start, (B, …); changed in place.
        targets: the class that each drawing maximizes, (B,).
    """

    def __init__(self, parameters: Tensor, targets: Tensor) -> None:
        self.parameters, self.targets = parameters, targets
        self.steps = 0
        """How many steps they have had."""
        self.adam = torch.optim.Adam([parameters], maximize=True)

    def ascend(self, views: Sequence[Score], _: Tensor, rate: float) -> Iterator[tuple[Tensor, Tensor]]:
        """Step as :func:`actmax.optimizers.adam` does, from where the group is instead of from a start."""
        self.adam.param_groups[0]["lr"] = rate
        for h in views:
            activation, self.parameters.grad = gradient(h, self.parameters)
            self.adam.step()
            self.steps += 1
            yield self.parameters, activation

    def state(self) -> dict[str, Any]:
        """Return what :meth:`restored` needs, for ``torch.save``."""
        adam = self.adam.state_dict()["state"]
        return {"parameters": self.parameters, "targets": self.targets, "steps": self.steps, "adam": adam}

    @classmethod
    def restored(cls, state: Mapping[str, Any], device: torch.device) -> Group:
        """Return the group of a state."""
        group = cls(state["parameters"].to(device), state["targets"].to(device))
        group.steps = state["steps"]
        group.adam.load_state_dict(group.adam.state_dict() | {"state": state["adam"]})
        return group


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
        outside = {"relu_leak": 0.0, "margin_weight": 0.0, "size": options.size}
        recipe = compose(DEFAULT, outside, network="", weights="", target="logits:0")
        self._method = method_of(recipe)
        self._rates = step_sizes(recipe.step_size, recipe.steps, recipe.anneal)
        self._canvas = Canvas(3, options.size, options.size, NORMALIZATION, NORMALIZATION.inverse, device)
        self._classes: list[int] = []
        self.groups = [self._start() for _ in range(options.pool_groups)]

    def optimize(self) -> Tensor:
        """Optimize one group further and return its images: (pool_batch, 3, size, size), normalized, float32."""
        index = int(torch.randint(len(self.groups), (), generator=self._generator))
        if self.groups[index].steps >= len(self._rates):
            self.groups[index] = self._start()
        group = self.groups[index]
        method = replace(
            self._method,
            optimizer=partial(group.ascend, rate=self._rates[group.steps]),
            steps=min(self._options.pool_steps, len(self._rates) - group.steps),
        )
        *_, last = optimize(
            method,
            forward=lambda images: {"logits": self._logits(images)},
            objective=lambda outputs: outputs["logits"].gather(1, group.targets[:, None])[:, 0],
            canvas=self._canvas,
            seeds=self._seeds(),
        )
        return NORMALIZATION(last.images)

    def state(self) -> dict[str, Any]:
        """Return everything that the next step depends on, for ``torch.save``."""
        return {"groups": [group.state() for group in self.groups], "classes": self._classes}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Continue from what :meth:`state` returned."""
        self.groups = [Group.restored(group, self._canvas.device) for group in state["groups"]]
        self._classes = list(state["classes"])

    def _start(self) -> Group:
        generators = [Generator().manual_seed(seed) for seed in self._seeds()]
        start = self._method.params(generators, self._canvas).start.to(self._canvas.device)
        return Group(start, torch.tensor([self._next_class() for _ in start]).to(self._canvas.device))

    def _next_class(self) -> int:
        """Return each class in turn, in random order."""
        if not self._classes:
            self._classes = torch.randperm(CLASSES, generator=self._generator).tolist()
        return self._classes.pop()

    def _seeds(self) -> Sequence[int]:
        seeds: list[int] = torch.randint(2**62, (self._options.pool_batch,), generator=self._generator).tolist()
        return seeds
