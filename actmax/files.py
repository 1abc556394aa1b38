"""Atomic writes, and the digests that name files. Does not import torch."""

from __future__ import annotations

import errno
import hashlib
import os
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from actmax.errors import StoreError, reason

Stamp = tuple[int, int, int]
"""Inode, time of the last change in nanoseconds, and size of a file."""
DIGITS = 16
"""Number of hexadecimal digits of a SHA-256 that name a file, a recipe or an image: 64 bits suffice for any store."""


def digest(data: bytes) -> str:
    """Return the first digits of the data's SHA-256."""
    return hashlib.sha256(data).hexdigest()[:DIGITS]


class NotRegularError(OSError):
    """Something else than a file, such as a pipe: to open it would wait for whoever writes to it."""


def read_stamped(path: Path) -> tuple[bytes, Stamp]:
    """Read a file, with the stamp that it has.

    Raises:
        OSError: it cannot be read, or is no regular file.
    """
    if not stat.S_ISREG(os.stat(path).st_mode):
        raise NotRegularError(errno.EINVAL, "It is no regular file", str(path))
    with path.open("rb") as file:
        about = os.fstat(file.fileno())
        return file.read(), (about.st_ino, about.st_mtime_ns, about.st_size)


def is_absent(error: OSError) -> bool:
    """Return whether an error says that there is no such file, or something else in its place. Any other may pass, as
    that of a disk, and says nothing about the file."""
    kinds = (FileNotFoundError, NotADirectoryError, IsADirectoryError, NotRegularError)
    return isinstance(error, kinds) or error.errno in (errno.ELOOP, errno.ENAMETOOLONG)


@contextmanager
def explained() -> Iterator[None]:
    """Turn an error of the operating system into one of ours, which names the file.

    Raises:
        StoreError: a file cannot be read or written.
    """
    try:
        yield
    except OSError as error:
        raise StoreError(f"{error.filename or 'A file'} cannot be read or written: {reason(error)}.") from None


def listed(folder: Path) -> list[str]:
    """List the names in a folder, sorted; empty where there is none. Unlike ``glob``, nothing is skipped.

    Raises:
        StoreError: it cannot be read.
    """
    try:
        return sorted(os.listdir(folder))
    except (FileNotFoundError, NotADirectoryError):
        return []
    except OSError as error:
        raise StoreError(f"{folder} cannot be read: {reason(error)}.") from None


def below(folder: Path, suffix: str = "") -> list[Path]:
    """List all files below a folder with a suffix, sorted; empty where there is none. Links to folders are not
    followed, and unlike ``rglob`` nothing is skipped.

    Raises:
        StoreError: a folder cannot be read.
    """

    def stop(error: OSError) -> None:
        if not isinstance(error, FileNotFoundError | NotADirectoryError) or error.filename != str(folder):
            raise StoreError(f"{error.filename or folder} cannot be read: {reason(error)}.") from None

    found = os.walk(folder, onerror=stop)
    return sorted(Path(path, name) for path, _, names in found for name in names if name.endswith(suffix))


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
