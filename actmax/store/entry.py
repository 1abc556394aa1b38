"""One drawing as stored: its record, its files, and pictures derived from them. Needs no torch."""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from actmax.errors import StoreError
from actmax.files import digest, write_atomically
from actmax.recipe.recipe import Recipe
from actmax.store.record import Measures, Record


@dataclass(frozen=True)
class Entry:
    """One drawing as stored; every file's checksum was right when the entry was read."""

    folder: Path
    record: Record

    @property
    def recipe(self) -> Recipe:
        """What was asked."""
        return self.record.recipe

    @property
    def digest(self) -> str:
        """The recipe's digest, under which the drawing is stored."""
        return self.record.recipe.digest()

    @property
    def picture(self) -> str:
        """The first digits of the master's SHA-256: this picture and no other."""
        return self.record.picture

    def measures(self, name: str = "drawing.png") -> Measures:
        """What the network answered when it was shown that file."""
        return self.record.measures[name]

    def read(self, name: str) -> bytes:
        """The bytes of one of the entry's files, such as ``drawing.png``, which are those that its record names.

        Raises:
            StoreError: the drawing was replaced, removed or damaged since the entry was read.
        """
        try:
            data = (self.folder / name).read_bytes()
        except OSError:
            data = b""
        if hashlib.sha256(data).hexdigest() != self.record.files.get(name):
            raise StoreError(
                f"The drawing {self.digest} in {self.folder.parent} was replaced, removed or damaged while it was "
                "being read: run the same command again."
            )
        return data

    def derived(self, name: str, make: Callable[[], bytes]) -> bytes:
        """A picture worked out from the entry's files: made once, and kept with the entry as long as that lasts.

        Args:
            name: says what it is and by which revision of ``make``, such as ``preview-1.webp``.
            make: works it out. It is asked again where what is kept is damaged, or cannot be kept.
        """
        folder, (stem, _, suffix) = self.folder / "derived", name.rpartition(".")
        with contextlib.suppress(OSError):
            for path in folder.glob(f"{stem}.*.{suffix}"):
                with contextlib.suppress(OSError):
                    data = path.read_bytes()
                    if path.name == self._checked(stem, suffix, data):
                        return data
        data = make()
        with contextlib.suppress(OSError):  # a store that cannot be written still serves
            folder.mkdir(exist_ok=True)
            write_atomically(folder / self._checked(stem, suffix, data), data)
        return data

    def _checked(self, stem: str, suffix: str, data: bytes) -> str:
        """A file name that tells whether the file is whole, and derived from this very picture."""
        return f"{stem}.{digest(f'{self.record.picture} {stem} '.encode() + data)}.{suffix}"
