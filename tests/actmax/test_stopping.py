"""SIGTERM ends what runs as Ctrl-C does, and a second one at once."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from types import SimpleNamespace

import pytest

from actmax.networks.weights import resolve_weights
from actmax.pipeline.cluster import render_on_cluster
from actmax.stopping import KEPT, STATUS, Terminated, keeping, terminable


def terminate() -> None:
    os.kill(os.getpid(), signal.SIGTERM)


def test_sigterm_is_raised_and_what_is_kept_is_said() -> None:
    said: list[str] = []
    with pytest.raises(Terminated), keeping(said.append):
        terminate()
    assert said == [KEPT]
    assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL
    with pytest.raises(KeyboardInterrupt), keeping(said.append, "stopped"):
        raise KeyboardInterrupt
    assert said == [KEPT, "stopped"]


def test_nothing_is_said_where_nothing_stops() -> None:
    said: list[str] = []
    with keeping(said.append):
        pass
    with pytest.raises(ValueError, match="another"), keeping(said.append):
        raise ValueError("another")
    assert said == []
    assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL


def test_a_programs_own_handler_stays() -> None:
    calls: list[int] = []
    signal.signal(signal.SIGTERM, lambda number, _: calls.append(number))
    try:
        with terminable():
            terminate()
    finally:
        own = signal.signal(signal.SIGTERM, signal.SIG_DFL)
    assert calls == [signal.SIGTERM]
    assert callable(own)


def test_another_thread_than_the_main_one_sets_no_handler() -> None:
    inside: list[object] = []

    def work() -> None:
        with terminable():
            inside.append(signal.getsignal(signal.SIGTERM))

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert inside == [signal.SIG_DFL]


def test_a_second_sigterm_ends_the_process_at_once() -> None:
    script = """
import os, signal
from actmax.stopping import terminable
with terminable():
    try:
        os.kill(os.getpid(), signal.SIGTERM)
    finally:
        print("ends", flush=True)
        os.kill(os.getpid(), signal.SIGTERM)
        print("goes on", flush=True)
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert (done.stdout, done.returncode) == ("ends\n", -signal.SIGTERM)
    assert STATUS == 143


def test_ray_does_not_replace_the_handler(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ray's own ends the process with the status 15."""

    def init(**_: object) -> None:
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(15))

    ray = SimpleNamespace(is_initialized=lambda: False, init=init, shutdown=lambda: None, cluster_resources=terminate)
    monkeypatch.setitem(sys.modules, "ray", ray)
    said: list[str] = []
    with pytest.raises(Terminated), keeping(said.append):
        list(render_on_cluster([], resolve_weights("compact")))
    assert said == [KEPT]
