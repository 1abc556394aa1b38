"""SIGTERM ends drawing as Ctrl-C does: what is finished is kept, and said."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

STATUS = 128 + signal.SIGTERM
"""The exit status of a process that SIGTERM has ended."""
KEPT = "stopped: what is drawn is kept"


class Terminated(KeyboardInterrupt):
    """SIGTERM, by which systems end a process: a scheduler, a container, ``kill``."""


@contextmanager
def terminable() -> Iterator[None]:
    """Let SIGTERM raise :class:`Terminated`; a second one ends the process at once, as without this.

    Where the program has a handler of its own, that stays. Only the main thread can set one.
    """
    main = threading.current_thread() is threading.main_thread()
    if not main or signal.getsignal(signal.SIGTERM) is not signal.SIG_DFL:
        yield
        return

    def stop(*_: object) -> None:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        raise Terminated

    signal.signal(signal.SIGTERM, stop)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)


@contextmanager
def keeping(log: Callable[[str], object], sentence: str = KEPT) -> Iterator[None]:
    """Log a sentence if Ctrl-C or SIGTERM ends what is being done.

    Args:
        log: log callback.
        sentence: what is kept.
    """
    try:
        with terminable():
            yield
    except KeyboardInterrupt:
        log(sentence)
        raise
