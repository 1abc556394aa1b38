"""How far a long job is: a bar on a terminal, lines in a log."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

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


@contextmanager
def drawing(steps: int, progress: Callable[[int], object]) -> Iterator[Callable[[int], None]]:
    """A bar for so many image-steps; yields what is to be called with those that are done.

    Args:
        steps: of all drawings.
        progress: is told of them besides.
    """
    with Bar("drawing", " steps", steps) as bar:

        def tell(more: int) -> None:
            bar.update(more)
            progress(more)

        yield tell
