"""One stored drawing: its record, its files, and images derived from them. Needs no torch."""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from actmax.errors import StoreError
from actmax.files import Stamp, digest, read_stamped, write_atomically
from actmax.measure.models import Measures
from actmax.recipe.recipe import Recipe
from actmax.store.record import Record


@dataclass(frozen=True)
class Entry:
    """One stored drawing; every file had the right checksum when the entry was read."""

    folder: Path
    record: Record
    stamps: Mapping[str, Stamp] = field(default_factory=dict, compare=False)
    """Of the files whose checksums were verified: an unchanged file is not hashed again."""

    @property
    def recipe(self) -> Recipe:
        """What was drawn."""
        return self.record.recipe

    @property
    def digest(self) -> str:
        """The recipe's digest, under which the drawing is stored."""
        return self.record.recipe.digest()

    @property
    def picture(self) -> str:
        """The first digits of the master's SHA-256, which identify the image."""
        return self.record.picture

    def measures(self, name: str = "drawing.png") -> Measures:
        """The target network's response to that file."""
        return self.record.measures[name]

    def read(self, name: str) -> bytes:
        """Return the content of one of the entry's files, such as ``drawing.png``, exactly as its record names it.

        Raises:
            StoreError: the drawing was replaced, removed or damaged since the entry was read.
        """
        try:
            data, stamp = read_stamped(self.folder / name)
        except OSError:
            data, stamp = b"", (0, 0, 0)
        if stamp != self.stamps.get(name) and hashlib.sha256(data).hexdigest() != self.record.files.get(name):
            raise StoreError(
                f"The drawing {self.digest} in {self.folder.parent} was replaced, removed or damaged while it was "
                "being read: run the same command again."
            )
        return data

    def derived(self, name: str, make: Callable[[], bytes]) -> bytes:
        """Return a file computed from the entry's files: computed once, and kept with the entry.

        Args:
            name: identifies it and the revision of ``make``, such as ``preview-1.webp``.
            make: computes it. It is called again where the kept file is damaged, or could not be kept.
        """
        folder, (stem, _, suffix) = self.folder / "derived", name.rpartition(".")
        with contextlib.suppress(OSError):
            for path in folder.glob(f"{stem}.*.{suffix}"):
                with contextlib.suppress(OSError):
                    data, _ = read_stamped(path)
                    if path.name == self._checked(stem, suffix, data):
                        return data
        data = make()
        with contextlib.suppress(OSError):  # a store that cannot be written still serves
            folder.mkdir(exist_ok=True)
            write_atomically(folder / self._checked(stem, suffix, data), data)
        return data

    def _checked(self, stem: str, suffix: str, data: bytes) -> str:
        """Return a file name with a checksum of the content and of the image that it was derived from."""
        return f"{stem}.{digest(f'{self.record.picture} {stem} '.encode() + data)}.{suffix}"
