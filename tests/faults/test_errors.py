"""An error of the operating system at each call that touches a file: no stored drawing is lost, no temporary file is
left over, and the operation succeeds or raises an error of ours.

Python raises an audit event before each such call, and an audit hook may raise an exception in its place.
"""

from __future__ import annotations

import errno
import itertools
import os
import shutil
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import fakes
import pytest
from recipes import of_class

from actmax.errors import ActmaxError
from actmax.store import Store
from gen.ledger.record import record
from gen.tools.merge import merge
from gen.tools.prune import prune
from gen.tools.verify import verify
from gen.tools.write import write_tree

ERRORS = (errno.ENOSPC, errno.EIO, errno.EACCES, errno.EROFS)
EVENTS = {
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


class Fault:
    """An audit hook that counts the calls that touch files below a folder, and lets one of them fail."""

    def __init__(self) -> None:
        self.folder = ""
        self.calls = 0
        self.fails_at: int | None = None
        self.errno = 0

    def __call__(self, event: str, arguments: tuple[Any, ...]) -> None:
        if not self.folder or event not in (*EVENTS, "fsync") or not self._within(arguments):
            return
        self.calls += 1
        if self.calls - 1 == self.fails_at:
            raise OSError(self.errno, os.strerror(self.errno))

    def _within(self, arguments: tuple[Any, ...]) -> bool:
        paths = [os.fspath(argument) for argument in arguments if isinstance(argument, str | bytes | os.PathLike)]
        return any(str(path).startswith(self.folder) for path in paths) or not paths

    @contextmanager
    def below(self, folder: Path, fails_at: int | None = None, code: int = 0) -> Iterator[None]:
        self.folder, self.calls, self.fails_at, self.errno = str(folder), 0, fails_at, code
        try:
            yield
        finally:
            self.folder = ""


FAULT = Fault()
sys.addaudithook(FAULT)  # audit hooks cannot be removed; this one is inactive outside `below`


@pytest.fixture(autouse=True)
def _audited_fsync(monkeypatch: pytest.MonkeyPatch) -> None:
    """Give ``os.fsync``, which raises no audit event, an event."""
    original = os.fsync

    def fsync(handle: int) -> None:
        FAULT("fsync", ())
        original(handle)

    monkeypatch.setattr(os, "fsync", fsync)


def prepare(root: Path) -> None:
    """Write a store with three drawings, a derived file of each and a note, another store to merge, and a site."""
    store, other = Store(root / "store"), Store(root / "other")
    for channel in (1, 2, 3):
        store.put(OLD, fakes.record(of_class(channel))).derived("small.webp", lambda: b"small")
    store.set_note("measurements/one", {"value": 1})
    for channel in (3, 4):
        other.put(NEW, fakes.record(of_class(channel)))
    other.set_note("measurements/two", {"value": 2})
    page = "<html><article><h1 id='a'>A</h1></article></html>"
    for name in ("index.html", "gallery/zebra/index.html", "gallery/drawings/0123456789abcdef.png"):
        path = root / "site" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(page)


def site(root: Path) -> Any:
    """The parts of a site that the tools for stores use: it shows the first drawing."""
    plan = SimpleNamespace(recipes=lambda: [of_class(1)], complete=True, source=SimpleNamespace(network="compact"))
    return SimpleNamespace(store=Store(root / "store"), plan=plan)


PICTURE = "/gallery/drawings/0123456789abcdef.png does not have the digest in its name: build the site again."
"""What is wrong with the site of `prepare`."""


def crash(root: Path) -> None:
    """Leave what a writer leaves that died while it replaced a drawing, and one that died while it wrote."""
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
    "set_note": lambda root: Store(root / "store").set_note("measurements/one", {"value": 3}),
    "note": lambda root: Store(root / "store").note("measurements/one"),
    "merge": lambda root: Store(root / "store").merge(Store(root / "other")),
    "sweep": lambda root: Store(root / "store").sweep(),
    "stored": lambda root: Store(root / "store").stored(),
    "prune": lambda root: prune(site(root), log=lambda _: None),
    "verify": lambda root: verify(site(root), root / "site", root / "docs"),
    "merge stores": lambda root: list(merge(site(root), [root / "other"])),
    "record": lambda root: record(root / "site", root / "docs"),
    "write": lambda root: write_tree(pages(), {}, root / "site", None, root / "written"),
}
REPLACED = {"replace": {1}, "remove": {1}, "prune": {2, 3}}
"""The drawings that an operation may replace or remove."""

SUCCEEDED: dict[str, Callable[[Path, Any], bool]] = {
    "put": lambda root, _: Store(root / "store").get(of_class(9)) is not None,
    "replace": lambda root, entry: entry.read("drawing.png") == NEW["drawing.png"],
    "remove": lambda root, _: Store(root / "store").get(of_class(1)) is None,
    "derive": lambda root, contents: set(contents) <= {b"large"},
    "set_note": lambda root, _: Store(root / "store").note("measurements/one") == {"value": 3},
    "read": lambda root, contents: contents == [OLD["drawing.png"]] * 3,
    "note": lambda root, note: note == {"value": 1},
    "stored": lambda root, stored: len(stored) == 3,
    "prune": lambda root, pruned: (pruned.removed, pruned.kept) == (2, 1),
    "verify": lambda root, verified: (verified.drawings, verified.faults) == (3, [PICTURE]),
    "merge": lambda root, merged: (merged.added, merged.present, merged.damaged) == (1, 1, 0),
    "merge stores": lambda root, lines: len(lines) == 1 and "1 drawings and 1 measurements added" in lines[0],
    "record": lambda root, _: (root / "docs/gallery/ledger.json").is_file(),
    "write": lambda root, tree: tree.files == 6 and (root / "written/docs/gallery/drawings/one.png").is_file(),
}
"""What must hold after an operation that raised nothing."""


@pytest.mark.parametrize("name", ["replace", "verify", "write"])
def test_an_error_at_any_call_loses_nothing_and_is_reported(name: str, tmp_path: Path, report: Any) -> None:
    """Each call fails once, with another error each time."""
    errors = itertools.cycle(ERRORS)
    check(name, tmp_path, report, lambda: [next(errors)])


@pytest.mark.nightly
@pytest.mark.parametrize("name", OPERATIONS)
def test_every_error_at_any_call_loses_nothing_and_is_reported(name: str, tmp_path: Path, report: Any) -> None:
    check(name, tmp_path, report, lambda: ERRORS)


def check(name: str, tmp_path: Path, report: Any, errors: Callable[[], Iterable[int]]) -> None:
    operation = OPERATIONS[name]
    prepare(tmp_path / "prepared")
    if name == "sweep":
        crash(tmp_path / "prepared")
    root = tmp_path / "tried"
    shutil.copytree(tmp_path / "prepared", root)
    with FAULT.below(root):
        operation(root)
    calls = FAULT.calls
    assert calls > 0
    for call in range(calls):
        for code in errors():
            shutil.rmtree(root)
            shutil.copytree(tmp_path / "prepared", root)
            message = None
            try:
                with FAULT.below(root, call, code):
                    result = operation(root)
                assert SUCCEEDED.get(name, lambda *_: True)(root, result), f"call {call}: neither done nor an error"
            except ActmaxError as error:
                message = str(error)
            except OSError as error:
                pytest.fail(f"call {call} of {calls}, {os.strerror(code)}: a bare {error!r}")
            case = f"call {call} of {calls}, {os.strerror(code)}, message {message!r}"
            assert_nothing_lost(root, REPLACED.get(name, set()), case)
            operation(root)  # works again after the error
            assert_nothing_left_over(root, case)
            report.add("errors", tried=1, reported=message is not None)


def assert_nothing_lost(root: Path, replaced: set[int], case: str) -> None:
    store = Store(root / "store")
    store.sweep()  # as the next writer does
    for channel in {1, 2, 3} - replaced:
        entry = store.get(of_class(channel))
        assert entry is not None, f"{case}: drawing {channel} is lost"
        assert entry.read("drawing.png") == OLD["drawing.png"], case
        assert entry.derived("small.webp", lambda: b"small") == b"small", case
    for channel in replaced:
        entry = store.get(of_class(channel))
        assert entry is None or entry.read("drawing.png") in (OLD["drawing.png"], NEW["drawing.png"]), case
    assert store.note("measurements/one") in ({"value": 1}, {"value": 3}), case


def assert_nothing_left_over(root: Path, case: str) -> None:
    store = Store(root / "store")
    store.sweep()
    left = [path for path in root.rglob("*") if path.name.startswith(".") and path.name != ".lock"]
    assert left == [], case
