"""Progress of long jobs: a bar on a terminal, lines in a log."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from tqdm import tqdm

Log = Callable[[str], object]
"""Log callback, called with one line."""


def no_log(_: str) -> None:
    """Log nothing."""


def duration(seconds: float) -> str:
    """Format a duration.

    >>> duration(75), duration(150)
    ('75 s', '2 min')
    """
    return f"{seconds / 60:.0f} min" if seconds >= 90 else f"{seconds:.0f} s"


class Bar(tqdm):  # type: ignore[type-arg]
    """A progress bar on a terminal, nothing elsewhere."""

    def __init__(self, description: str, unit: str, total: int | None = None) -> None:
        super().__init__(
            desc=description,
            unit=unit,
            total=total,
            unit_scale=True,
            disable=None,
            leave=False,
            delay=0.2,
            dynamic_ncols=True,
        )

    def reach(self, done: int, total: int) -> None:
        """Set the bar to an absolute count, as downloads report it."""
        self.total = total or None
        self.update(done - self.n)


@contextmanager
def drawing(steps: int, progress: Callable[[int], object]) -> Iterator[Callable[[int], None]]:
    """Show a bar, and yield the callback that advances it.

    Args:
        steps: image-steps of all drawings.
        progress: called with the same numbers as the bar, and with 0 at the beginning.
    """
    with Bar("drawing", " steps", steps) as bar:

        def advance(more: int) -> None:
            bar.update(more)
            progress(more)

        progress(0)
        yield advance
