"""All generated files, as Markdown and pictures, for any other site generator."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from actmax.errors import StoreError, reason
from actmax.files import save
from gen.pages import File


def write(files: Iterable[File], folder: Path) -> int:
    """Writes them into a folder, and returns how many there were.

    Raises:
        ActmaxError: the folder cannot be written, or a drawing was replaced meanwhile.
    """
    count = 0
    for name, content in files:
        path = folder / name
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise StoreError(f"{path} cannot be written: {reason(error)}.") from None
        save(path, content if isinstance(content, bytes) else content.encode())
        count += 1
    return count
