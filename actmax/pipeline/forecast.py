"""How many drawings are made, and how long the rest takes: a line of the log every few seconds."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from typing import Self

import numpy as np

from actmax.engine.batches import batches
from actmax.networks.cards import Card
from actmax.pipeline.progress import Log, duration
from actmax.recipe.recipe import Recipe
from actmax.recipe.target import parse

LOG_INTERVAL = 10.0
"""Seconds between two lines of a log, whatever is being done."""
MIN_MEASURED = 3.0
"""Seconds of drawing that are measured before a forecast is made."""
HALF_LIFE = 120.0
"""Seconds of drawing after which a measurement counts half: a machine may slow down."""


class Forecast:
    """Entered as a context, it logs a line every LOG_INTERVAL seconds until it is left, by an exception too.

    There is no lock: the thread that logs only reads.

    Args:
        log: log callback; called from another thread.
        seconds_after: what each drawing takes when all are drawn, such as being measured.
        clock: returns seconds.
    """

    def __init__(self, log: Log, seconds_after: float = 0.0, clock: Callable[[], float] = time.monotonic) -> None:
        self._log, self._seconds_after, self._clock = log, seconds_after, clock
        self._stopped, self._thread = threading.Event(), threading.Thread(target=self._report, daemon=True)
        self._now: list[tuple[int, float]] = []  # steps and cost of each drawing, in their order
        self._later: list[tuple[int, float]] = []
        self._drawn = self._steps = 0
        self._sum_up()
        self._seconds, self._cost, self._last = 0.0, 0.0, clock()
        self.begin()

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stopped.set()
        self._thread.join()

    def _report(self) -> None:
        while not self._stopped.wait(LOG_INTERVAL):
            if line := self.line():
                self._log(line)

    def expect(self, recipes: Sequence[Recipe], card: Card) -> None:
        """Add what is drawn now, when all that was expected before is drawn.

        Args:
            recipes: similar ones are drawn together.
            card: of their network.
        """
        self._now += [_cost(recipe, card) for batch in batches(recipes, len(recipes)) for recipe in batch]
        self._sum_up()

    def expect_later(self, recipes: Iterable[Recipe], card: Card) -> None:
        """Set what is drawn after that, as far as it is known."""
        self._later = [_cost(recipe, card) for recipe in recipes]
        self._sum_up()

    def _sum_up(self) -> None:
        """Set the number of steps, and what they cost, up to each drawing."""
        self._sums = np.cumsum([(0, 0.0), *self._now, *self._later], axis=0).T

    def begin(self, task: str = "") -> None:
        """Name what is done now; nothing where it is drawing."""
        self._task, self._since = task, self._clock()

    def step(self, more: int) -> None:
        """Count image-steps; 0 where drawing begins, so that what was done before does not count as drawing."""
        now, steps = self._clock(), self._steps + more
        if more:
            took, cost = now - self._last, self._cost_of(steps) - self._cost_of(self._steps)
            kept = 0.5 ** (took / HALF_LIFE)
            self._seconds, self._cost = kept * self._seconds + took, kept * self._cost + cost
        self._steps, self._last = steps, now

    def drawn(self) -> None:
        """Count a finished drawing."""
        self._drawn += 1

    def seconds_left(self) -> float | None:
        """Forecast the seconds until everything is done; None until enough is measured."""
        left = self._sums[1, -1] - self._cost_of(self._steps)
        after = self._seconds_after * (len(self._now) + len(self._later))
        if not left:
            return max(after - (self._clock() - self._since if self._task else 0.0), 0.0)
        return None if self._seconds < MIN_MEASURED else left * self._seconds / self._cost + after

    def _cost_of(self, steps: int) -> float:
        return float(np.interp(steps, *self._sums))

    def line(self) -> str:
        """Return the line of the log; empty where nothing is drawn or begun."""
        total, left = len(self._now) + len(self._later), self.seconds_left()
        parts = (
            f"drawn {self._drawn} of {total}" if self._now else "",
            f"now {self._task}" if self._task else "",
            f"about {duration(left)} left" if left else "",
        )
        return ", ".join(filter(None, parts))


def _cost(recipe: Recipe, card: Card) -> tuple[int, float]:
    """Return the number of steps, and what they cost relative to others of the same network.

    A step costs less for a smaller image, and up to an early layer.
    """
    layers, layer = list(card.layers), parse(recipe.target).layer
    depth = (layers.index(layer) + 1) / len(layers) if layer in layers else 1.0
    return recipe.steps, recipe.steps * recipe.views * recipe.side**2 * math.sqrt(depth)
