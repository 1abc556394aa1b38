"""Run work in parallel on the processor's cores, one thread of torch each, so that no result depends on their number.

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


class Stopped(Exception):  # noqa: N818 - no error: nobody waits for the result
    """Ends a task whose result is not needed any more."""


def side_by_side(work: Callable[[T, Callable[[], None]], R], tasks: Sequence[T], workers: int) -> Iterator[R]:
    """Yield the result of each task as soon as it is done.

    Args:
        work: called with a task, and a function to call now and then, which ends it if it is not needed any more.
        tasks: in the order in which they begin.
        workers: how many at a time.

    Raises:
        Exception: what a task raised; the others are ended first.
    """
    stop = threading.Event()

    def check_stopped() -> None:
        if stop.is_set():
            raise Stopped

    def run(task: T) -> R:
        torch.set_num_threads(1)  # of this thread alone
        check_stopped()
        return work(task, check_stopped)

    with ThreadPoolExecutor(workers, "actmax") as pool:
        waiting: set[Future[R]] = {pool.submit(run, task) for task in tasks}
        try:
            while waiting:
                done, waiting = wait(waiting, return_when=FIRST_COMPLETED)
                for future in done:
                    yield future.result()
        finally:  # also if the caller stops early, or at Ctrl-C
            stop.set()
            for future in waiting:
                future.cancel()
