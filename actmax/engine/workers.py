"""Work side by side on the processor's cores, each with a single thread of torch's: nothing then depends on how many.

torch's own threads share the work of one operation, and some operations round differently with their number.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from typing import TypeVar

import torch

T = TypeVar("T")
R = TypeVar("R")


class Stopped(Exception):  # noqa: N818 - no error: nobody waits for the result any more
    """Ends a piece of work whose result is not wanted any more."""


def side_by_side(work: Callable[[T, Callable[[], None]], R], pieces: Sequence[T], workers: int) -> Iterator[R]:
    """Yields the result of each piece as it comes.

    Args:
        work: is given a piece, and a function to call now and then, which ends it where it is not wanted any more.
        pieces: in the order in which they are begun.
        workers: how many at a time.

    Raises:
        Exception: what a piece raised; the others are ended first.
    """
    stop = threading.Event()

    def going_on() -> None:
        if stop.is_set():
            raise Stopped

    def alone(piece: T) -> R:
        torch.set_num_threads(1)  # of this thread alone
        going_on()
        return work(piece, going_on)

    with ThreadPoolExecutor(workers, "actmax") as pool:
        waiting: set[Future[R]] = {pool.submit(alone, piece) for piece in pieces}
        try:
            while waiting:
                done, waiting = wait(waiting, return_when=FIRST_COMPLETED)
                for one in done:
                    yield one.result()
        finally:  # also where the caller has had enough, or pressed Ctrl-C
            stop.set()
            for one in waiting:
                one.cancel()
