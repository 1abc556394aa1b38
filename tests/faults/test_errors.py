"""An error of the operating system at every call that touches a file: nothing that was stored is lost, nothing is left
over, and whoever called is told in a sentence.

Python's audit events tell of each such call before it is made, and whoever listens may raise in its place. In a short
run each call fails once, by turns for another reason; `ACTMAX_FAULTS=whole` tries every reason at every call.
"""

from __future__ import annotations

import errno
import itertools
import os
import shutil
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import fakes
import pytest
from recipes import of_class

from actmax.errors import ActmaxError
from actmax.store import Store
from gen.ledger.record import record
from gen.tools.write import write_tree

REASONS = (errno.ENOSPC, errno.EIO, errno.EACCES, errno.EROFS)
WHOLE = os.environ.get("ACTMAX_FAULTS") == "whole"
CALLS = {
    "open",
    "os.rename",
    "os.mkdir",
    "os.remove",
    "os.rmdir",
    "os.listdir",
    "os.scandir",
    "os.chmod",
    "os.truncate",
}
OLD = {"drawing.png": b"an older picture" * 300, "frames.webp": b"a filmstrip"}
NEW = {"drawing.png": b"a newer picture" * 300, "frames.webp": b"another filmstrip"}


class Trouble:
    """What becomes of the calls that touch files below a folder: they are counted, and one of them fails."""

    def __init__(self) -> None:
        self.folder = ""
        self.seen = 0
        self.fails_at: int | None = None
        self.reason = 0

    def __call__(self, event: str, arguments: tuple[Any, ...]) -> None:
        if not self.folder or event not in (*CALLS, "fsync") or not self._within(arguments):
            return
        self.seen += 1
        if self.seen - 1 == self.fails_at:
            raise OSError(self.reason, os.strerror(self.reason))

    def _within(self, arguments: tuple[Any, ...]) -> bool:
        paths = [os.fspath(one) for one in arguments if isinstance(one, str | bytes | os.PathLike)]
        return any(str(path).startswith(self.folder) for path in paths) or not paths

    @contextmanager
    def below(self, folder: Path, fails_at: int | None = None, reason: int = 0) -> Iterator[None]:
        self.folder, self.seen, self.fails_at, self.reason = str(folder), 0, fails_at, reason
        try:
            yield
        finally:
            self.folder = ""


TROUBLE = Trouble()
sys.addaudithook(TROUBLE)  # it stays for good, and is deaf but within `below`


@pytest.fixture(autouse=True)
def _synced(monkeypatch: pytest.MonkeyPatch) -> None:
    """Writing to the disk has no event of its own."""
    real = os.fsync

    def fsync(handle: int) -> None:
        TROUBLE("fsync", ())
        real(handle)

    monkeypatch.setattr(os, "fsync", fsync)


def prepare(root: Path) -> None:
    """Three drawings with something derived, an answer, and another store."""
    store, other = Store(root / "store"), Store(root / "other")
    for channel in (1, 2, 3):
        store.put(OLD, fakes.record(of_class(channel))).derived("small.webp", lambda: b"small")
    store.set_note("answers/one", {"answer": 1})
    for channel in (3, 4):
        other.put(NEW, fakes.record(of_class(channel)))
    other.set_note("answers/two", {"answer": 2})
    page = "<html><article><h1 id='a'>A</h1></article></html>"
    for name in ("index.html", "gallery/zebra/index.html", "gallery/drawings/0123456789abcdef.png"):
        path = root / "site" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(page)


def crash(root: Path) -> None:
    """A writer died while it replaced a drawing, and another while it wrote."""
    drawings = root / "store" / "drawings"
    (drawings / of_class(1).digest()).rename(drawings / f".old-{of_class(1).digest()}-x")
    (drawings / ".new-half").mkdir()
    (drawings / ".new-half" / "drawing.png").write_bytes(b"ha")


def pages() -> Iterator[tuple[str, str | bytes]]:
    yield "gallery/index.md", "# Gallery\n"
    yield "gallery/drawings/one.png", b"a picture"


OPERATIONS: dict[str, Callable[[Path], object]] = {
    "put": lambda root: Store(root / "store").put(NEW, fakes.record(of_class(9))),
    "replace": lambda root: Store(root / "store").put(NEW, fakes.record(of_class(1))),
    "remove": lambda root: Store(root / "store").remove(of_class(1).digest()),
    "read": lambda root: [entry.read("drawing.png") for entry in Store(root / "store").entries()],
    "derive": lambda root: [entry.derived("large.webp", lambda: b"large") for entry in Store(root / "store").entries()],
    "note": lambda root: Store(root / "store").set_note("answers/one", {"answer": 3}),
    "notes": lambda root: Store(root / "store").note("answers/one"),
    "merge": lambda root: Store(root / "store").merge(Store(root / "other")),
    "sweep": lambda root: Store(root / "store").sweep(),
    "record": lambda root: record(root / "site", root / "docs"),
    "write": lambda root: write_tree(pages(), {}, root / "site", None, root / "written"),
}
TOUCHED = {"replace": {1}, "remove": {1}, "merge": {3}}
"""The drawings that an operation may replace or forget. What cannot be read counts as absent, also in a merge."""


DONE: dict[str, Callable[[Path, Any], bool]] = {
    "put": lambda root, _: Store(root / "store").get(of_class(9)) is not None,
    "replace": lambda root, entry: entry.read("drawing.png") == NEW["drawing.png"],
    "remove": lambda root, _: Store(root / "store").get(of_class(1)) is None,
    "derive": lambda root, found: set(found) <= {b"large"},
    "note": lambda root, _: Store(root / "store").note("answers/one") == {"answer": 3},
    "merge": lambda root, merged: merged.taken + merged.known + merged.damaged == 2,
    "record": lambda root, _: (root / "docs/gallery/ledger.json").is_file(),
    "write": lambda root, tree: tree.files == 6 and (root / "written/docs/gallery/drawings/one.png").is_file(),
}
"""What must be so where an operation said nothing of trouble."""


@pytest.mark.parametrize("name", OPERATIONS)
def test_an_error_at_any_call_loses_nothing_and_is_told_in_a_sentence(name: str, tmp_path: Path, tried: Any) -> None:
    operation = OPERATIONS[name]
    prepare(tmp_path / "prepared")
    if name == "sweep":
        crash(tmp_path / "prepared")
    root = tmp_path / "tried"
    shutil.copytree(tmp_path / "prepared", root)
    with TROUBLE.below(root):
        operation(root)
    calls = TROUBLE.seen
    assert calls > 0
    turns = itertools.cycle(REASONS)
    for call in range(calls):
        for reason in REASONS if WHOLE else (next(turns),):
            shutil.rmtree(root)
            shutil.copytree(tmp_path / "prepared", root)
            said = None
            try:
                with TROUBLE.below(root, call, reason):
                    answer = operation(root)
                assert DONE.get(name, lambda *_: True)(root, answer), f"call {call}: it was not done, and not said"
            except ActmaxError as error:
                said = str(error)
            except OSError as error:
                pytest.fail(f"call {call} of {calls}, {os.strerror(reason)}: a bare {error!r}")
            where = f"call {call} of {calls}, {os.strerror(reason)}, said {said!r}"
            _nothing_lost(root, TOUCHED.get(name, set()), where)
            operation(root)  # as if nothing had been
            _nothing_left(root, where)
            tried.add("errors", tried=1, told=said is not None)


def _nothing_lost(root: Path, gradient_magnitude: set[int], where: str) -> None:
    store = Store(root / "store")
    store.sweep()  # as the next writer does
    for channel in {1, 2, 3} - gradient_magnitude:
        entry = store.get(of_class(channel))
        assert entry is not None, f"{where}: drawing {channel} is lost"
        assert entry.read("drawing.png") == OLD["drawing.png"], where
        assert entry.derived("small.webp", lambda: b"small") == b"small", where
    for channel in gradient_magnitude:
        entry = store.get(of_class(channel))
        assert entry is None or entry.read("drawing.png") in (OLD["drawing.png"], NEW["drawing.png"]), where
    assert store.note("answers/one") in ({"answer": 1}, {"answer": 3}), where


def _nothing_left(root: Path, where: str) -> None:
    store = Store(root / "store")
    store.sweep()
    left = [path for path in root.rglob("*") if path.name.startswith(".") and path.name != ".lock"]
    assert left == [], where
