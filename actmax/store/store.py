"""Drawings on disk under their recipe's digest: atomic, checked, resumable. Needs no torch.

An entry is a folder ``drawings/<digest>/`` that appears whole, by one rename, or not at all::

    drawing.png    the master: RGB, 8 bits
    drawing.jpg    the same as a JPEG, where a page wants one
    frames.webp    the picture after 1, 2, 5, 10, … steps, side by side
    record.json    the recipe, the measures of both files, the score at each step, provenance,
                   and the SHA-256 of the other files
    derived/       pictures worked out from these when a page first asked for them; each name holds a checksum
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout
from pydantic import ValidationError

from actmax.errors import StoreError
from actmax.recipe.recipe import Recipe

SCHEMA = 2
"""Revision of an entry's layout; entries of another are drawn again."""


@dataclass(frozen=True)
class Entry:
    """One drawing as stored; every file's checksum was right when it was read."""

    digest: str
    recipe: Recipe
    folder: Path
    record: Mapping[str, Any]
    """``recipe``, ``measures`` (a mapping for each file), ``activations``, ``frames``, ``wins``, ``provenance``,
    ``files``."""

    def read(self, name: str) -> bytes:
        """The bytes of one of the entry's files, such as ``drawing.png``."""
        return (self.folder / name).read_bytes()

    def measures(self, name: str = "drawing.png") -> dict[str, Any]:
        """What the network answered when it was shown that file; see :class:`actmax.measure.measure.Measures`."""
        measures: dict[str, Any] = self.record["measures"][name]
        return measures

    @property
    def picture(self) -> str:
        """The first 16 hex digits of the master's SHA-256: this picture and no other."""
        return str(self.record["files"]["drawing.png"])[:16]

    def derived(self, name: str, make: Callable[[], bytes]) -> bytes:
        """A picture worked out from the entry's files: made once, and kept with the entry as long as that lasts.

        Args:
            name: says what it is and by which revision of ``make``, such as ``preview-1.webp``.
            make: works it out. It is asked again where what is kept is damaged, or cannot be kept.
        """
        folder, (stem, _, suffix) = self.folder / "derived", name.rpartition(".")
        for path in folder.glob(f"{stem}.*.{suffix}"):
            with contextlib.suppress(OSError):
                data = path.read_bytes()
                if path.name == _checked(stem, suffix, data):
                    return data
        data = make()
        with contextlib.suppress(OSError):  # a store that cannot be written still serves
            folder.mkdir(exist_ok=True)
            write_atomically(folder / _checked(stem, suffix, data), data)
        return data


def _checked(stem: str, suffix: str, data: bytes) -> str:
    """A file name that tells whether the file is whole."""
    return f"{stem}.{hashlib.sha256(data).hexdigest()[:16]}.{suffix}"


class Store:
    """A folder of drawings. Any number of processes may read and write it at once.

    Args:
        path: the folder; made when something is first written.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._drawings = path / "drawings"

    def get(self, recipe: Recipe) -> Entry | None:
        """The drawing of a recipe, or None where there is none that is whole."""
        return self._read(recipe.digest(), recipe)

    def digests(self) -> list[str]:
        """Of everything that is stored, whole or not."""
        if not self._drawings.is_dir():
            return []
        return sorted(entry.name for entry in self._drawings.iterdir() if not entry.name.startswith("."))

    def entries(self) -> Iterator[Entry]:
        """Everything that is stored whole."""
        for digest in self.digests():
            entry = self._read(digest)
            if entry is not None:
                yield entry

    def put(self, recipe: Recipe, files: Mapping[str, bytes], record: Mapping[str, Any]) -> Entry:
        """Stores a drawing, in place of any older one of the same recipe.

        Raises:
            StoreError: the folder cannot be written, or the disk is full; the store is as it was.
        """
        digest = recipe.digest()
        whole = {
            "schema": SCHEMA,
            "digest": digest,
            "recipe": recipe.model_dump(),
            **record,
            "files": {name: hashlib.sha256(data).hexdigest() for name, data in files.items()},
        }
        text = json.dumps(whole, indent=1, ensure_ascii=False).encode() + b"\n"
        with self._new_folder() as folder:
            for name, data in {**files, "record.json": text}.items():
                _write(folder / name, data)
            _sync(folder)
            # Before the rename: afterwards another writer's drawing may stand there.
            entry = self._read(digest, recipe, folder)
            if entry is None:
                raise StoreError(
                    f"The drawing {digest} was written to {self.path} and cannot be read back: check the disk."
                )
            self._replace(folder, self._drawings / digest)
        return replace(entry, folder=self._drawings / digest)

    def remove(self, digest: str) -> None:
        """Forgets a drawing."""
        with self._new_folder() as folder, self._explained():
            self._set_aside(self._drawings / digest, folder)

    def sweep(self) -> None:
        """Clears what crashed writers left behind, and puts back what they had set aside; call it
        with the lock held."""
        if not self._drawings.is_dir():
            return
        for folder in self._drawings.glob(".new-*"):
            for old in folder.glob("*/record.json"):
                with contextlib.suppress(OSError):  # a newer drawing stands there
                    os.rename(old.parent, self._drawings / old.parent.name)
            shutil.rmtree(folder, ignore_errors=True)

    @contextlib.contextmanager
    def lock(self, waiting: Callable[[], object] | None = None) -> Iterator[None]:
        """Held by the one process that draws into this store; the system frees it when a process dies.

        Args:
            waiting: called once if another process holds it.
        """
        with self._explained():
            self.path.mkdir(parents=True, exist_ok=True)
            lock = FileLock(self.path / ".lock")
            try:
                lock.acquire(timeout=0)
            except NotImplementedError:
                raise StoreError(
                    f"The file system of the store {self.path} has no locks, so that two builds could harm each "
                    "other: choose another folder (`store:` in the settings)."
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
        """A small decision that the store remembers, such as which network ``auto`` became."""
        try:
            value = json.loads((self.path / f"{name}.json").read_text("utf-8"))
        except (OSError, ValueError):
            return {}
        return value if isinstance(value, dict) else {}

    def set_note(self, name: str, value: Mapping[str, Any]) -> None:
        """Remembers a decision, atomically; an empty one is forgotten."""
        path = self.path / f"{name}.json"
        with self._explained():
            if not value:
                path.unlink(missing_ok=True)
                return
            path.parent.mkdir(parents=True, exist_ok=True)
            write_atomically(path, json.dumps(value, indent=1).encode() + b"\n")

    def _read(self, digest: str, recipe: Recipe | None = None, folder: Path | None = None) -> Entry | None:
        folder = folder or self._drawings / digest
        try:
            record = json.loads((folder / "record.json").read_bytes())
            if record["schema"] != SCHEMA:
                return None
            stored = Recipe(**record["recipe"])
            if stored.digest() != digest or (recipe is not None and stored != recipe):
                return None
            for name, checksum in record["files"].items():
                if hashlib.sha256((folder / name).read_bytes()).hexdigest() != checksum:
                    return None
        except (OSError, ValueError, KeyError, TypeError, AttributeError, ValidationError):
            return None
        return Entry(digest, stored, folder, record)

    @contextlib.contextmanager
    def _new_folder(self) -> Iterator[Path]:
        with self._explained():
            self._drawings.mkdir(parents=True, exist_ok=True)
            folder = Path(tempfile.mkdtemp(prefix=".new-", dir=self._drawings))
        try:
            with self._explained():
                yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    def _replace(self, folder: Path, final: Path) -> None:
        """Renames a finished folder to its final name. A folder cannot be renamed over one that is
        not empty, so an older entry steps aside first; another writer may come in between."""
        os.chmod(folder, 0o755)  # noqa: S103 - mkdtemp makes folders that nobody else can read
        for _ in range(100):
            if _renamed(folder, final):
                return
            with tempfile.TemporaryDirectory(prefix=".new-", dir=self._drawings) as aside:
                self._set_aside(final, Path(aside))
                # While the older one still exists: a crash must leave one of the two for `sweep` to find.
                if _renamed(folder, final):
                    return
        raise StoreError(f"{final} is being written by too many processes at once.")

    @staticmethod
    def _set_aside(final: Path, aside: Path) -> None:
        with contextlib.suppress(FileNotFoundError):
            os.rename(final, aside / final.name)

    @contextlib.contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise StoreError(f"{_reason(error)} while writing the store {self.path}. {_REMEDY}") from None


_REMEDY = "What was drawn before is kept; make room or choose another folder (`store:` in the settings)."


def _reason(error: OSError) -> str:
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return "No space is left on the disk"
    return error.strerror or str(error)


def _renamed(folder: Path, final: Path) -> bool:
    """Renames a folder, unless something stands at its final name."""
    try:
        os.rename(folder, final)
    except OSError as error:
        if error.errno not in (errno.EEXIST, errno.ENOTEMPTY, errno.ENOTDIR):
            raise
        return False
    return True


def write_atomically(path: Path, data: bytes) -> None:
    """A file that is there whole or not at all, also after a crash.

    Raises:
        OSError: the folder cannot be written or the disk is full; ``path`` is as it was.
    """
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    os.close(handle)
    try:
        os.chmod(name, 0o644)
        _write(Path(name), data)
        os.replace(name, path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def _write(path: Path, data: bytes) -> None:
    with path.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def _sync(folder: Path) -> None:
    if os.name == "posix":
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
