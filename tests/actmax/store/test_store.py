"""The store: an entry is whole or absent, also after kills, on full disks and with concurrent writers."""

from __future__ import annotations

import errno
import hashlib
import json
import multiprocessing
import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import fakes
import pytest
from recipes import of_class

from actmax.errors import StoreError
from actmax.recipe import Recipe
from actmax.store import Entry, Store
from actmax.store.record import SCHEMA

FILES = {"drawing.png": b"a picture" * 500, "frames.webp": b"a filmstrip"}


def recipe(channel: int = 340) -> Recipe:
    return of_class(channel)


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "store")


def put(store: Store, channel: int = 340, picture: bytes = FILES["drawing.png"]) -> Path:
    """Stores a drawing, and returns its folder."""
    return store.put({**FILES, "drawing.png": picture}, fakes.record(recipe(channel))).folder


def digests(store: Store) -> list[str]:
    return [found.digest for found in store.stored()]


def leftovers(store: Store) -> list[str]:
    return [path.name for path in (store.path / "drawings").glob(".*")]


def test_get_returns_what_was_put(store: Store) -> None:
    put(store)
    entry = store.get(recipe())
    assert entry is not None
    assert entry.digest == recipe().digest()
    assert entry.recipe == recipe()
    assert {name: entry.read(name) for name in FILES} == FILES
    assert entry.measures() == fakes.measures(340)
    assert entry.record.provenance == fakes.PROVENANCE
    assert leftovers(store) == []


def test_get_returns_nothing_for_another_recipe(store: Store) -> None:
    put(store)
    own = recipe()
    others = [own.model_copy(update=change) for change in ({"seed": 1}, {"steps": 9}, {"algorithm": 99})]
    assert [store.get(other) for other in others] == [None, None, None]


def test_reading_an_empty_store_creates_no_folder(store: Store) -> None:
    assert store.get(recipe()) is None
    assert store.stored() == []
    assert list(store.entries()) == []
    assert store.note("network") == {}
    store.sweep()
    assert not store.path.exists()


def edit(change: dict[str, Any]) -> Callable[[Path], None]:
    """Damage to the record that leaves it valid JSON."""

    def damage(folder: Path) -> None:
        record = json.loads((folder / "record.json").read_text())
        (folder / "record.json").write_text(json.dumps({**record, **change}))

    return damage


def truncate(folder: Path) -> None:
    (folder / "drawing.png").write_bytes(FILES["drawing.png"][:-1])


def flip(folder: Path) -> None:
    data = bytearray(FILES["drawing.png"])
    data[100] ^= 1
    (folder / "drawing.png").write_bytes(data)


def empty(folder: Path) -> None:
    for path in folder.iterdir():
        path.unlink()


def become_a_file(folder: Path) -> None:
    shutil.rmtree(folder)
    folder.write_bytes(b"not a folder")


DAMAGE: dict[str, Callable[[Path], object]] = {
    "a truncated picture": truncate,
    "a changed byte": flip,
    "a deleted picture": lambda folder: (folder / "drawing.png").unlink(),
    "a deleted record": lambda folder: (folder / "record.json").unlink(),
    "an empty record": lambda folder: (folder / "record.json").write_bytes(b""),
    "half a record": lambda folder: os.truncate(folder / "record.json", 60),
    "a record that is not text": lambda folder: (folder / "record.json").write_bytes(b"\xff\xfe\x00"),
    "a record that is a list": lambda folder: (folder / "record.json").write_text("[]"),
    "another schema": edit({"schema": SCHEMA + 1}),
    "another recipe": edit({"recipe": recipe(1).model_dump()}),
    "a recipe that cannot be": edit({"recipe": {**recipe().model_dump(), "steps": -1}}),
    "no recipe": edit({"recipe": None}),
    "no list of files": edit({"files": None}),
    "an empty folder": empty,
    "a file instead of the folder": become_a_file,
}


@pytest.mark.parametrize("damage", DAMAGE.values(), ids=DAMAGE.keys())
def test_a_damaged_entry_counts_as_absent_and_is_repaired(store: Store, damage: Callable[[Path], object]) -> None:
    put(store, 1)
    damage(put(store))
    assert store.get(recipe()) is None
    assert [entry.recipe for entry in store.entries()] == [recipe(1)]
    put(store)
    assert store.get(recipe()) is not None
    assert store.get(recipe(1)) is not None
    assert leftovers(store) == []


def test_a_drawing_of_a_newer_version_is_left_alone(store: Store) -> None:
    folder = put(store)
    values = json.loads((folder / "record.json").read_text()) | {"schema": SCHEMA + 1, "more": "fields"}
    del values["checksum"]
    checksum = hashlib.sha256(json.dumps(values, sort_keys=True, ensure_ascii=False).encode()).hexdigest()
    (folder / "record.json").write_text(json.dumps({"checksum": checksum, **values}))
    before = (folder / "record.json").read_bytes()
    other = Store(store.path.parent / "other")
    put(other)
    for attempt in (
        lambda: store.get(recipe()),
        lambda: list(store.entries()),
        store.stored,
        lambda: store.merge(other),
        lambda: other.merge(store),
    ):
        with pytest.raises(StoreError, match=rf"newer version of actmax \(schema {SCHEMA + 1}, .* update actmax"):
            attempt()
    assert (folder / "record.json").read_bytes() == before


@pytest.mark.skipif(os.name != "posix", reason="pipes are POSIX's")
@pytest.mark.parametrize("name", ["record.json", "drawing.png", "derived"])
def test_a_pipe_in_place_of_a_file_does_not_hang(store: Store, name: str) -> None:
    folder = put(store)
    store.set_note("network", {"network": "compact"})
    if name == "derived":
        entry(store).derived("small.webp", lambda: b"small")
        (derived,) = (folder / "derived").iterdir()
        derived.unlink()
        os.mkfifo(derived)
        assert entry(store).derived("small.webp", lambda: b"again") == b"again"
    else:
        (folder / name).unlink()
        os.mkfifo(folder / name)
        assert store.get(recipe()) is None
        assert list(store.entries()) == []
    (store.path / "network.json").unlink()
    os.mkfifo(store.path / "network.json")
    assert store.note("network") == {}


@pytest.mark.parametrize("code", [errno.EACCES, errno.EIO, errno.EMFILE])
def test_what_cannot_be_read_is_neither_replaced_nor_absent(
    store: Store, code: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(store)
    store.set_note("measurements/one", {"value": 1})
    other = Store(store.path.parent / "other")
    put(other, picture=b"another")
    other.set_note("measurements/one", {"value": 2})
    opened = Path.open

    def fail(path: Path, *arguments: Any, **named: Any) -> Any:
        if path.is_relative_to(store.path):
            raise OSError(code, os.strerror(code), str(path))
        return opened(path, *arguments, **named)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "open", fail)
        for attempt in (
            lambda: store.get(recipe()),
            lambda: list(store.entries()),
            store.stored,
            lambda: store.note("measurements/one"),
            lambda: store.merge(other),
        ):
            with pytest.raises(StoreError, match=rf"of the store .* cannot be read: {os.strerror(code)}. It stays as"):
                attempt()
    assert entry(store).read("drawing.png") == FILES["drawing.png"]
    assert store.note("measurements/one") == {"value": 1}


def test_put_replaces_an_older_drawing(store: Store) -> None:
    put(store)
    put(store, picture=b"newer")
    (entry,) = store.entries()
    assert entry.read("drawing.png") == b"newer"
    assert digests(store) == [recipe().digest()]
    assert leftovers(store) == []


def test_remove_deletes_one_drawing_whole_or_damaged(store: Store) -> None:
    for channel in (1, 2, 3):
        put(store, channel)
    flip(store.path / "drawings" / recipe(2).digest())
    store.remove(recipe(1).digest())
    store.remove(recipe(2).digest())
    store.remove("0" * 16)  # never was there
    assert digests(store) == [recipe(3).digest()]
    assert store.get(recipe(3)) is not None
    assert leftovers(store) == []


@pytest.mark.parametrize("umask", [0o022, 0o077])
def test_other_users_may_read_a_drawing(store: Store, umask: int) -> None:
    before = os.umask(umask)
    try:
        folder = put(store)
    finally:
        os.umask(before)
    assert folder.stat().st_mode & 0o555 == 0o555
    assert all(path.stat().st_mode & 0o444 == 0o444 for path in folder.iterdir())


# Derived files.


class Maker:
    """Returns data, and counts its calls."""

    def __init__(self, data: bytes = b"a small picture") -> None:
        self.data = data
        self.calls = 0

    def __call__(self) -> bytes:
        self.calls += 1
        return self.data


def entry(store: Store) -> Entry:
    found = store.get(recipe())
    assert found is not None
    return found


def test_picture_is_the_digest_of_the_master(store: Store) -> None:
    put(store)
    assert entry(store).picture == hashlib.sha256(FILES["drawing.png"]).hexdigest()[:16]
    put(store, picture=b"newer")
    assert entry(store).picture == hashlib.sha256(b"newer").hexdigest()[:16]


def test_derived_files_are_made_once_and_kept_with_the_drawing(store: Store) -> None:
    put(store)
    make, other = Maker(), Maker(b"a large picture")
    for _ in range(2):
        assert entry(store).derived("small-1.webp", make) == b"a small picture"
        assert entry(store).derived("small-12.webp", other) == b"a large picture"
    assert (make.calls, other.calls) == (1, 1)
    assert len(list((entry(store).folder / "derived").iterdir())) == 2
    assert entry(store).read("drawing.png") == FILES["drawing.png"]
    assert [found.digest for found in store.entries()] == [recipe().digest()]


@pytest.mark.parametrize("damage", [b"", b"a small pictur", b"A small picture", b"a large picture"])
def test_a_damaged_derived_file_is_made_again(store: Store, damage: bytes) -> None:
    put(store)
    make = Maker()
    entry(store).derived("small-1.webp", make)
    (path,) = (entry(store).folder / "derived").iterdir()
    path.write_bytes(damage)
    assert [entry(store).derived("small-1.webp", make) for _ in range(2)] == [b"a small picture"] * 2
    assert make.calls == 2
    assert path.read_bytes() == b"a small picture"


@pytest.mark.parametrize(
    "kind", ["a file of that name", "a folder that cannot be written", "a folder that was removed"]
)
def test_derived_files_are_returned_where_they_cannot_be_kept(
    store: Store, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(store)
    found = entry(store)
    if kind == "a file of that name":
        (found.folder / "derived").write_bytes(b"no folder")
    elif kind == "a folder that was removed":
        store.remove(found.digest)
    else:  # root may write where others may not

        def refuse(path: Path, data: bytes) -> None:
            raise PermissionError(13, "Permission denied", str(path))

        monkeypatch.setattr("actmax.store.entry.write_atomically", refuse)
    make = Maker()
    assert [found.derived("small-1.webp", make) for _ in range(2)] == [b"a small picture"] * 2
    assert make.calls == 2


def test_put_discards_files_derived_from_the_older_drawing(store: Store) -> None:
    put(store)
    entry(store).derived("small-1.webp", Maker(b"of the older"))
    put(store, picture=b"newer")
    assert entry(store).derived("small-1.webp", Maker(b"of the newer")) == b"of the newer"
    assert leftovers(store) == []


# Killed writers.

KILLED_AT_EACH_OPERATION = """
import itertools, json, os, sys
from pathlib import Path
from actmax.store import Record, Store

store, record = Store(Path(sys.argv[1])), Record.model_validate_json(sys.argv[2])
recipe = record.recipe

def put(word):
    store.put({"drawing.png": word, "frames.webp": word}, record)

def killed(nth):
    child = os.fork()
    if child == 0:
        count = itertools.count(1)
        def hook(event, arguments):
            if (event == "open" or event.startswith(("os.", "shutil.", "tempfile."))) and next(count) == nth:
                os._exit(9)
        sys.addaudithook(hook)
        put(b"newer")
        os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 9

for nth in itertools.count(1):
    put(b"older")
    died = killed(nth)
    store.sweep()
    entry = store.get(recipe)
    left = [path.name for path in (store.path / "drawings").glob(".*")]
    print(json.dumps([entry and entry.read("drawing.png").decode(), left]))
    if not died:
        break
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="the writer is killed in a fork of its process")
def test_a_writer_killed_at_any_file_operation_loses_nothing(store: Store) -> None:
    words = [sys.executable, "-c", KILLED_AT_EACH_OPERATION, str(store.path), fakes.record(recipe()).model_dump_json()]
    found = [json.loads(line) for line in subprocess.check_output(words, text=True).splitlines()]
    assert len(found) > 15
    assert {word for word, _ in found} == {"older", "newer"}  # and never None
    assert [left for _, left in found if left] == []
    assert found[-1][0] == "newer"


def test_sweep_removes_unfinished_folders_and_restores_drawings_moved_aside(store: Store) -> None:
    put(store, 1)
    drawings = store.path / "drawings"
    (drawings / ".new-half").mkdir()
    (drawings / ".new-half" / "drawing.png").write_bytes(b"half a pict")
    (drawings / ".gone-half").mkdir()
    put(store, 2).rename(drawings / f".old-{recipe(2).digest()}-1-0")
    store.sweep()
    assert leftovers(store) == []
    assert [entry.recipe for entry in store.entries()] == sorted([recipe(1), recipe(2)], key=Recipe.digest)


def test_sweep_does_not_replace_a_newer_drawing(store: Store) -> None:
    folder = put(store)
    folder.rename(folder.with_name(f".old-{folder.name}-1-0"))
    put(store, picture=b"newer")
    store.sweep()
    (entry,) = store.entries()
    assert entry.read("drawing.png") == b"newer"
    assert leftovers(store) == []


def test_sweep_removes_abandoned_files(store: Store) -> None:
    put(store).joinpath("derived").mkdir()
    store.set_note("measurements/one", {"value": 1})
    (derived,) = store.path.glob("drawings/*/derived")
    old, young = [
        [folder / f".half.{age}" for folder in (derived, store.path / "measurements")] for age in ("old", "young")
    ]
    for path in (*old, *young):
        path.write_bytes(b"half a")
    for path in old:
        os.utime(path, (0, 0))
    store.sweep()
    assert not any(path.exists() for path in old)
    assert all(path.exists() for path in young)
    assert store.note("measurements/one") == {"value": 1}


# Disks that cannot be written.


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of one megabyte."""
    if sys.platform != "linux" or os.geteuid() != 0:
        pytest.skip("only root on Linux can mount a small file system")
    folder = tmp_path / "small"
    folder.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", folder], capture_output=True)
    if mounted.returncode:
        pytest.skip(f"no small file system can be mounted here: {mounted.stderr.decode().strip()}")
    try:
        yield folder
    finally:
        subprocess.run(["umount", folder], check=True)


def test_error_for_a_full_disk_leaves_the_store_unchanged(small_disk: Path) -> None:
    store = Store(small_disk / "store")
    put(store)
    put(store, 1)
    for channel in (2, 1):  # a new drawing, and one that would replace another
        with pytest.raises(StoreError, match="No space is left") as caught:
            put(store, channel, picture=b"x" * 2**20)
        assert str(store.path) in str(caught.value)
    assert [entry.read("drawing.png") for entry in store.entries()] == [FILES["drawing.png"]] * 2
    assert leftovers(store) == []
    put(store, 2)  # there is room for one of the usual size


WRITES: dict[str, Callable[[Store], object]] = {
    "put": put,
    "remove": lambda store: store.remove("0" * 16),
    "set_note": lambda store: store.set_note("network", {"network": "compact"}),
    "forget": lambda store: store.set_note("network", {}),
    "lock": lambda store: store.lock().__enter__(),
}


@pytest.mark.parametrize("write", WRITES.values(), ids=WRITES.keys())
def test_error_names_a_store_that_cannot_be_written(tmp_path: Path, write: Callable[[Store], object]) -> None:
    (tmp_path / "file").write_bytes(b"a regular file")
    store = Store(tmp_path / "file" / "store")
    with pytest.raises(StoreError) as caught:
        write(store)
    assert str(store.path) in str(caught.value)
    assert (tmp_path / "file").read_bytes() == b"a regular file"
    assert store.get(recipe()) is None


# Concurrent writers.


def test_concurrent_writers_leave_every_drawing_whole(store: Store) -> None:
    # Most of them for one recipe, so that each replaces it under the others' hands.
    channels = [0, 1, 2, 2, 2, 2, 2, 2] * 50
    jobs = [
        ({"drawing.png": b"%d" % turn * 999}, fakes.record(recipe(channel))) for turn, channel in enumerate(channels)
    ]
    with multiprocessing.get_context("spawn").Pool(4) as pool:
        pool.starmap(store.put, jobs, chunksize=1)
    assert [entry.digest for entry in store.entries()] == sorted(recipe(channel).digest() for channel in range(3))
    assert leftovers(store) == []


HOLD_THE_LOCK = """
import sys
from pathlib import Path
from actmax.store.store import Store

with Store(Path(sys.argv[1])).lock(lambda: print("waiting", flush=True)):
    print("held", flush=True)
    sys.stdin.read()
"""


@contextmanager
def holder(store: Store) -> Iterator[subprocess.Popen[str]]:
    """A process that takes the lock, prints when it waits and when it holds it, and keeps it.

    It is killed after half a minute; its reader then gets an empty line.
    """
    words = [sys.executable, "-c", HOLD_THE_LOCK, str(store.path)]
    with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        end = threading.Timer(30, process.kill)
        end.start()
        try:
            yield process
        finally:
            end.cancel()
            process.kill()


def line_of(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline().strip()


def test_a_second_process_waits_for_the_lock_and_reports_it(store: Store) -> None:
    with holder(store) as first:
        assert line_of(first) == "held"
        with holder(store) as second:
            assert line_of(second) == "waiting"
            first.communicate()  # its input ends, and with it the lock
            assert line_of(second) == "held"


def test_the_lock_of_a_killed_process_is_free(store: Store) -> None:
    with holder(store) as first:
        assert line_of(first) == "held"
        first.kill()
        first.wait()
        with holder(store) as second:
            assert line_of(second) == "held"


def test_notes_are_written_replaced_and_deleted(store: Store) -> None:
    store.set_note("network", {"network": "compact"})
    store.set_note("network", {"network": "alexnet", "why": "für Zebras"})
    assert store.note("network") == {"network": "alexnet", "why": "für Zebras"}
    assert [path.name for path in store.path.iterdir()] == ["network.json"]  # nothing half-written beside it
    store.set_note("network", {})
    store.set_note("network", {})
    assert store.note("network") == {}
    assert list(store.path.iterdir()) == []


@pytest.mark.parametrize("content", [b"", b"{", b"[1]", b"null", b"\xff\xfe"])
def test_a_damaged_note_counts_as_absent_and_can_be_replaced(store: Store, content: bytes) -> None:
    store.path.mkdir()
    (store.path / "network.json").write_bytes(content)
    assert store.note("network") == {}
    store.set_note("network", {"network": "compact"})
    assert store.note("network") == {"network": "compact"}


def test_a_record_with_an_unknown_target_counts_as_absent(store: Store) -> None:
    put(store, 1)
    folder = put(store)
    later = fakes.record(recipe()).model_dump(mode="json") | {"files": {}}
    later["recipe"]["target"] = "fc8:340 of a later grammar"
    values = {"schema": SCHEMA, "digest": folder.name, **later}
    checksum = hashlib.sha256(json.dumps(values, sort_keys=True, ensure_ascii=False).encode()).hexdigest()
    (folder / "record.json").write_text(json.dumps({"checksum": checksum, **values}), "utf-8")
    assert store.get(recipe()) is None
    assert [entry.recipe for entry in store.entries()] == [recipe(1)]


# Redrawing while an entry is read.


@pytest.mark.parametrize("change", ["replaced", "removed"])
def test_reading_a_replaced_or_removed_entry_is_an_error(store: Store, change: str) -> None:
    put(store)
    read_before = entry(store)
    if change == "replaced":
        put(store, picture=b"newer")
    else:
        store.remove(recipe().digest())
    with pytest.raises(StoreError, match="replaced, removed or damaged while it was being read"):
        read_before.read("drawing.png")


def test_an_unchanged_file_is_not_hashed_again(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    put(store)
    found = entry(store)  # this verified the checksums

    def never(_: bytes) -> None:
        raise AssertionError("the file is hashed again")

    monkeypatch.setattr("actmax.store.entry.hashlib.sha256", never)
    assert {name: found.read(name) for name in FILES} == FILES


def test_a_file_changed_since_the_entry_was_read_is_an_error(store: Store) -> None:
    folder = put(store)
    found = entry(store)
    flip(folder)
    os.utime(folder / "drawing.png", (1, 1))
    with pytest.raises(StoreError, match="replaced, removed or damaged while it was being read"):
        found.read("drawing.png")


def test_files_derived_from_a_replaced_entry_are_not_used(store: Store) -> None:
    put(store)
    older = entry(store)
    put(store, picture=b"newer")
    older.derived("small-1.webp", Maker(b"of the older"))  # lands in the newer one's folder
    assert entry(store).derived("small-1.webp", Maker(b"of the newer")) == b"of the newer"


def test_a_failed_replacement_restores_the_older_drawing(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    put(store)
    rename, calls = os.rename, []

    def fails_for_the_newer(source: Path, target: Path) -> None:
        calls.append(source)
        if Path(source).name.startswith(".new-"):
            raise PermissionError(13, "Permission denied")
        rename(source, target)

    monkeypatch.setattr("actmax.store.store.os.rename", fails_for_the_newer)
    with pytest.raises(StoreError, match="Permission denied"):
        put(store, picture=b"newer")
    monkeypatch.undo()
    assert len(calls) == 3  # aside, the failed one, and back
    assert entry(store).read("drawing.png") == FILES["drawing.png"]
    assert leftovers(store) == []


@pytest.mark.parametrize("name", ["notes", "0123456789abcdef", ".new-other", "0123456789ABCDEF"])
def test_foreign_folders_are_not_listed(store: Store, name: str) -> None:
    put(store)
    foreign = store.path / "drawings" / name
    foreign.mkdir()
    (foreign / "record.json").write_text('{"digest": "something else"}')
    assert digests(store) == [recipe().digest()]
