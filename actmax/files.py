"""Files that are whole or absent, and the digests that tell. Needs no torch."""

from __future__ import annotations

import hashlib
import os
import tempfile
from pathlib import Path

from actmax.errors import StoreError, reason

DIGITS = 16
"""Hexadecimal digits of a SHA-256 that name a file, a recipe or a picture: 64 bits, far more than a store needs."""


def digest(data: bytes) -> str:
    """The first digits of the SHA-256 of some bytes: a name for them and no others."""
    return hashlib.sha256(data).hexdigest()[:DIGITS]


def write_atomically(path: Path, data: bytes) -> None:
    """A file that is there whole or not at all, also after a crash.

    Raises:
        OSError: the folder cannot be written or the disk is full; ``path`` is as it was.
    """
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    os.close(handle)
    try:
        os.chmod(name, 0o644)  # mkstemp makes files that nobody else can read
        write_synced(Path(name), data)
        os.replace(name, path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def save(path: Path, data: bytes) -> None:
    """:func:`write_atomically` for a file that a person asked for.

    Raises:
        StoreError: it cannot be written; the message says why.
    """
    try:
        write_atomically(path, data)
    except OSError as error:
        raise StoreError(f"{path} cannot be written: {reason(error)}.") from None


def write_synced(path: Path, data: bytes) -> None:
    """Writes a file, and returns when the disk has it."""
    with path.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def sync_folder(folder: Path) -> None:
    """Returns when the disk has the names that stand in a folder; not every system can tell."""
    if os.name == "posix":
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
