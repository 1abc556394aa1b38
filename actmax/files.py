"""Atomic writes, and the digests that name files. Does not import torch."""

from __future__ import annotations

import hashlib
import os
import tempfile
from pathlib import Path

from actmax.errors import StoreError, reason

DIGITS = 16
"""Number of hexadecimal digits of a SHA-256 that name a file, a recipe or an image: 64 bits suffice for any store."""


def digest(data: bytes) -> str:
    """Return the first digits of the data's SHA-256."""
    return hashlib.sha256(data).hexdigest()[:DIGITS]


def write_atomically(path: Path, data: bytes) -> None:
    """Write a file such that, even after a crash, it is complete or as it was.

    Raises:
        OSError: the folder cannot be written, or the disk is full.
    """
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    os.close(handle)
    try:
        os.chmod(name, 0o644)  # mkstemp makes files that only their owner can read
        write_synced(Path(name), data)
        os.replace(name, path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def save(path: Path, data: bytes) -> None:
    """Write a file that the user named, with :func:`write_atomically`.

    Raises:
        StoreError: it cannot be written.
    """
    try:
        write_atomically(path, data)
    except OSError as error:
        raise StoreError(f"{path} cannot be written: {reason(error)}.") from None


def write_synced(path: Path, data: bytes) -> None:
    """Write a file, and return when it is on the disk."""
    with path.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def sync_folder(folder: Path) -> None:
    """Return when a folder's entries are on the disk, where the system supports that."""
    if os.name == "posix":
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
