"""Drawings on disk under their recipe's digest: atomic, checked, resumable. Needs no torch.

An entry is a folder ``drawings/<digest>/`` that appears whole, by one rename, or not at all::

    drawing.png    the master: RGB, 8 bits
    drawing.jpg    the same as a JPEG
    frames.webp    the image after 1, 2, 5, 10, … steps, side by side
    mask.webp      the accumulated gradient magnitude, as a mask; some entries have none
    record.json    the recipe, the measures of both files, the activation at each step, provenance,
                   and the SHA-256 of the other files
    derived/       images computed from these when they were first needed

Any number of processes may read. Writing takes the store's lock, one process at a time. Folders whose
name begins with a dot are unfinished; :meth:`Store.sweep` removes those that a crash left behind.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import re
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from actmax.errors import StoreError, reason
from actmax.files import DIGITS, is_absent, listed, read_stamped, sync_folder, write_atomically, write_synced
from actmax.recipe.recipe import Recipe
from actmax.store.entry import Entry
from actmax.store.record import Record

MEASUREMENTS = "measurements"
"""The folder of measurements (:mod:`actmax.pipeline.measurements`)."""
_NEW, _OLD, _GONE = ".new-", ".old-", ".gone-"
_DIGEST = re.compile(rf"[0-9a-f]{{{DIGITS}}}")
_STALE = 3600
"""Seconds after which an unfinished file is abandoned: no file takes so long to write."""
_REMEDY = "All earlier drawings are kept. Free some space, or choose another folder for the store."


@dataclass(frozen=True)
class Stored:
    """A drawing's folder in the store, whole or not, of any schema."""

    digest: str
    network: str
    """The target network; empty where the record names none."""


@dataclass(frozen=True)
class Merged:
    """What :meth:`Store.merge` did."""

    added: int
    """Drawings that were new to this store."""
    present: int
    """Drawings that it had."""
    damaged: int
    """Drawings of the other store that are not whole; these are not copied."""
    measurements: int
    """Measurements that were new to this store; each is checked when it is used."""

    def __str__(self) -> str:
        damaged = f", {self.damaged} damaged ones skipped" if self.damaged else ""
        return f"{self.added} drawings and {self.measurements} measurements added, {self.present} present{damaged}"


class Store:
    """A folder of drawings and measurements.

    Args:
        path: the folder; created by the first write.
    """

    def __init__(self, path: Path | str) -> None:
        self.path = Path(path)
        self._drawings = self.path / "drawings"

    def get(self, recipe: Recipe) -> Entry | None:
        """Return the drawing of a recipe, or None where none is stored whole.

        Raises:
            StoreError: there is one that cannot be read, or of a newer version; it is not to be replaced.
        """
        entry = self._read(self._drawings / recipe.digest())
        return entry if entry is not None and entry.recipe == recipe else None

    def stored(self) -> list[Stored]:
        """List every drawing, whole or not, by digest. A folder is one by its name and the digest in its record.

        Raises:
            StoreError: a folder or record cannot be read, or is of a newer version.
        """
        return [drawing for name in listed(self._drawings) if (drawing := self._stored(name)) is not None]

    def entries(self) -> Iterator[Entry]:
        """Yield every drawing that is stored whole."""
        for drawing in self.stored():
            entry = self._read(self._drawings / drawing.digest)
            if entry is not None:
                yield entry

    def put(self, files: Mapping[str, bytes], record: Record) -> Entry:
        """Store a drawing, in place of any older one of the same recipe.

        Args:
            files: name -> content; ``drawing.png`` at least.
            record: of the drawing; the store fills in the checksums of the files.

        Raises:
            StoreError: the folder cannot be written, or the disk is full; the store is unchanged.
        """
        sums = {name: hashlib.sha256(data).hexdigest() for name, data in files.items()}
        text = record.model_copy(update={"files": sums}).text()
        final = self._drawings / record.recipe.digest()
        with self.lock(), self._explained():
            self._drawings.mkdir(parents=True, exist_ok=True)
            folder = Path(tempfile.mkdtemp(prefix=_NEW, dir=self._drawings))
            try:
                for name, data in {**files, "record.json": text}.items():
                    write_synced(folder / name, data)
                    os.chmod(folder / name, 0o644)  # like the folder, whatever the umask is
                sync_folder(folder)
                entry = self._read(folder, final.name)
                if entry is None:
                    raise StoreError(
                        f"The drawing {final.name} was written to {self.path} and cannot be read back: check the disk."
                    )
                os.chmod(folder, 0o755)  # noqa: S103 - mkdtemp makes folders that nobody else can read
                self._replace(folder, final)
                sync_folder(self._drawings)
            finally:
                _discard(folder)
        return Entry(final, entry.record)

    def remove(self, digest: str) -> None:
        """Remove a drawing; it is absent from the store even where its files cannot be deleted at once.

        Raises:
            StoreError: the folder cannot be written.
        """
        with self.lock(), self._explained():
            aside = self._aside(_GONE, digest)
            with contextlib.suppress(FileNotFoundError):
                os.rename(self._drawings / digest, aside)
            _discard(aside)

    def merge(self, other: Store) -> Merged:
        """Copy every whole drawing and measurement of another store that this one lacks.

        What both have stays as it is here, even where the pixels differ, as those of two kinds of CPU do.

        Raises:
            StoreError: this store cannot be written, or the other not be read; what was copied until then is there.
        """
        added = present = damaged = measurements = 0
        digests = [name for name in listed(other._drawings) if _DIGEST.fullmatch(name)]
        with self.lock():
            for name in digests:
                entry = other._read(other._drawings / name)
                if entry is None:
                    damaged += 1
                elif self.get(entry.recipe) is not None:
                    present += 1
                else:
                    self.put({name: entry.read(name) for name in entry.record.files}, entry.record)
                    added += 1
            for file in listed(other.path / MEASUREMENTS):
                name = f"{MEASUREMENTS}/{file.removesuffix('.json')}"
                if file.endswith(".json") and (note := other.note(name)) and not self.note(name):
                    self.set_note(name, note)
                    measurements += 1
        return Merged(added, present, damaged, measurements)

    def sweep(self) -> None:
        """Remove the unfinished files of crashed writers, and restore a drawing that one of them had set aside."""
        if not os.path.isdir(self._drawings):
            return
        with self.lock(), self._explained():
            for folder in self._drawings.glob(f"{_OLD}*"):
                final = self._drawings / folder.name.removeprefix(_OLD)[:DIGITS]
                if final.exists() or not _DIGEST.fullmatch(final.name):
                    _discard(folder)
                else:
                    os.rename(folder, final)
            for prefix in (_NEW, _GONE):
                for folder in self._drawings.glob(f"{prefix}*"):
                    _discard(folder)
            for pattern in (f"{MEASUREMENTS}/.*", "drawings/*/derived/.*"):
                for file in self.path.glob(pattern):
                    # These are written without the lock: a recent one may be renamed at any moment.
                    with contextlib.suppress(OSError):
                        if time.time() - file.stat().st_mtime > _STALE:
                            file.unlink()

    @contextlib.contextmanager
    def lock(self, waiting: Callable[[], object] | None = None) -> Iterator[None]:
        """Hold the lock of the one process that writes into this store; the system frees it when a process dies.

        A thread that holds it may take it again.

        Args:
            waiting: called once if another process holds it.
        """
        with self._explained():
            self.path.mkdir(parents=True, exist_ok=True)
            lock = _file_lock(self.path.absolute() / ".lock", os.getpid())
            try:
                lock.acquire(timeout=0)
            except NotImplementedError:
                raise StoreError(
                    f"The file system of the store {self.path} has no locks, so two builds could damage each other's "
                    "files: choose another folder for the store."
                ) from None
            except Timeout:
                if waiting:
                    waiting()
                lock.acquire()
        try:
            yield
        finally:
            lock.release()

    def note(self, name: str) -> dict[str, Any]:
        """Return a small JSON document of the store, such as the network that ``auto`` resolved to; empty if it is
        absent or damaged.

        Raises:
            StoreError: it cannot be read.
        """
        text = self._content(self.path / f"{name}.json")
        try:
            value = json.loads(text)
        except (ValueError, RecursionError):
            return {}
        return value if isinstance(value, dict) else {}

    def set_note(self, name: str, value: Mapping[str, Any]) -> None:
        """Write a small JSON document atomically; an empty one is deleted.

        Raises:
            StoreError: the folder cannot be written.
        """
        path = self.path / f"{name}.json"
        with self._explained():
            if not value:
                path.unlink(missing_ok=True)
                return
            path.parent.mkdir(parents=True, exist_ok=True)
            write_atomically(path, json.dumps(value, indent=1).encode() + b"\n")

    def _stored(self, name: str) -> Stored | None:
        folder = self._drawings / name
        if not _DIGEST.fullmatch(name) or folder.is_symlink():
            return None
        text = self._content(folder / "record.json")
        Record.parse(text)  # raises if it is of a newer version
        try:
            values = json.loads(text)
            if values["digest"] != name:
                return None
            network = values["recipe"]["network"]
        except (ValueError, TypeError, KeyError, RecursionError):
            return None
        return Stored(name, network if isinstance(network, str) else "")

    def _read(self, folder: Path, digest: str = "") -> Entry | None:
        """Read the entry in a folder, if it is whole and has that digest (the folder's name by default).

        Raises:
            StoreError: a file cannot be read, though it may be whole.
        """
        stamps = {}
        try:
            record = Record.parse(read_stamped(folder / "record.json")[0])
            if record is None or record.recipe.digest() != (digest or folder.name):
                return None
            for name, checksum in record.files.items():
                data, stamps[name] = read_stamped(folder / name)
                if hashlib.sha256(data).hexdigest() != checksum:
                    return None
        except OSError as error:
            if not is_absent(error):
                raise self._unreadable(error) from None
            return None
        return Entry(folder, record, stamps)

    def _content(self, path: Path) -> bytes:
        """Return the content of a file; empty if it is absent."""
        try:
            return read_stamped(path)[0]
        except OSError as error:
            if not is_absent(error):
                raise self._unreadable(error) from None
            return b""

    def _unreadable(self, error: OSError) -> StoreError:
        return StoreError(
            f"{error.filename or 'A file'} of the store {self.path} cannot be read: {reason(error)}. It stays as it "
            "is: mend what is wrong, or choose another folder for the store."
        )

    def _aside(self, prefix: str, digest: str) -> Path:
        """Return an unused name for a drawing that is moved aside."""
        return self._drawings / f"{prefix}{digest}-{os.getpid()}-{os.urandom(4).hex()}"

    def _replace(self, folder: Path, final: Path) -> None:
        """Rename a finished folder to its final name.

        A folder cannot be renamed over one that is not empty, so an older one is moved aside first, and restored if
        the rename fails.
        """
        aside = self._aside(_OLD, final.name)
        try:
            os.rename(final, aside)
        except FileNotFoundError:
            os.rename(folder, final)
            return
        try:
            os.rename(folder, final)
        except BaseException:
            os.rename(aside, final)
            raise
        _discard(aside)

    @contextlib.contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise StoreError(f"{reason(error)} while writing the store {self.path}. {_REMEDY}") from None


@cache
def _file_lock(path: Path, process: int) -> FileLock:  # noqa: ARG001 - a forked process has locks of its own
    """Return one lock for all `Store` objects of a process on the same folder, so that it never waits for itself."""
    return FileLock(path)


def _discard(path: Path) -> None:
    """Remove a folder, or the file of that name; what cannot be removed is left for :meth:`Store.sweep`."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
    else:
        with contextlib.suppress(OSError):
            path.unlink()
