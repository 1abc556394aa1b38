"""How far a long job is: a bar on a terminal, lines in a log."""

from __future__ import annotations

from collections.abc import Callable

from tqdm import tqdm

Say = Callable[[str], object]
"""Told in a line what is going on."""


def silent(_: str) -> None:
    """Says nothing."""


class Bar(tqdm):  # type: ignore[type-arg]
    """A progress bar on a terminal, nothing elsewhere."""

    def __init__(self, words: str, unit: str, total: int | None = None) -> None:
        super().__init__(
            desc=words,
            unit=unit,
            total=total,
            unit_scale=True,
            disable=None,
            leave=False,
            delay=0.2,
            dynamic_ncols=True,
        )

    def reach(self, done: int, total: int) -> None:
        """Sets the bar to an absolute count, as downloads report it."""
        self.total = total or None
        self.update(done - self.n)
