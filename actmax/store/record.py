"""The record of a finished drawing, ``record.json``: typed, versioned, with a checksum.

A record is parsed once, when it is read. Where a field is missing or a single bit was changed, there is no record, and
the drawing is made again.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import AwareDatetime, Field

from actmax.errors import ActmaxError, StoreError, quoted
from actmax.files import DIGITS
from actmax.measure.models import Frozen, Measures
from actmax.recipe.recipe import Recipe

SCHEMA = 3
"""Revision of the layout; entries of an older one are drawn again, and those of a newer one left alone."""

Digest = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
FileName = Annotated[str, Field(pattern=r"^[a-z]+\.(png|jpg|webp)$")]


class Wins(Frozen):
    """When the target's class was the top-1 prediction for the augmented views of the optimization."""

    first: Annotated[int, Field(ge=0)] | None = None
    """After how many steps for the first time; None: never."""
    stays: Annotated[int, Field(ge=0)] | None = None
    """After how many steps for the rest of the optimization; None: not at its end."""


class Provenance(Frozen):
    """How a drawing was computed; not part of its identity."""

    device: str
    """Name of the CPU or GPU."""
    precision: Literal["fp32", "bf16"]
    """Of the network as executed; ``auto`` in a recipe may become either."""
    threads: Annotated[int, Field(ge=1)]
    """CPU threads that computed drawings side by side, each its own batch; 1 on a GPU."""
    batch: Annotated[int, Field(ge=1)]
    """Images in the batch."""
    actmax: str
    torch: str
    torchvision: str
    pillow: str
    """Versions. The bytes of a PNG, though not its pixels, depend on Pillow's."""
    drawn: AwareDatetime
    """UTC, to the second."""
    seconds: Annotated[float, Field(ge=0)]
    """Duration of the batch divided by its images."""


class Record(Frozen):
    """A drawing's recipe, measures, course of optimization and provenance."""

    recipe: Recipe
    measures: Mapping[FileName, Measures]
    """The target network's response to each published file."""
    frames: Annotated[tuple[Annotated[int, Field(ge=1)], ...], Field(min_length=1)]
    """After how many steps each frame of the filmstrip was taken."""
    activations: tuple[float, ...]
    """The target's activation before each step, for the augmented views."""
    wins: Wins | None = None
    """None unless the target is a class."""
    provenance: Provenance
    files: Mapping[FileName, Digest] = {}
    """The SHA-256 of each of the entry's files; filled in by the store."""

    @property
    def picture(self) -> str:
        """The first digits of the master's SHA-256, which identify the image."""
        return self.files["drawing.png"][:DIGITS]

    def text(self) -> bytes:
        """Return the content of ``record.json``."""
        values = {"schema": SCHEMA, "digest": self.recipe.digest(), **self.model_dump(mode="json")}
        return json.dumps({"checksum": _checksum(values), **values}, indent=1, ensure_ascii=False).encode() + b"\n"

    @classmethod
    def parse(cls, text: bytes) -> Record | None:
        """Parse the content of ``record.json``; None where it is damaged or of an older schema.

        Raises:
            StoreError: it is of a newer schema.
        """
        try:
            values = json.loads(text)
            if values.pop("checksum") != _checksum(values):
                return None
            schema, name = int(values["schema"]), quoted(values["digest"])
        except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
            return None
        if schema > SCHEMA:
            raise StoreError(
                f"The drawing {name} was stored by a newer version of actmax (schema {schema}, and this version reads "
                f"{SCHEMA}): update actmax, or choose another folder for the store."
            )
        if schema != SCHEMA:
            return None
        try:
            record = cls.model_validate(values)
        except (ValueError, ActmaxError):
            return None
        whole = "drawing.png" in record.files and "drawing.png" in record.measures
        return record if whole and record.recipe.digest() == values["digest"] else None


def _checksum(values: Mapping[str, Any]) -> str:
    return hashlib.sha256(json.dumps(values, sort_keys=True, ensure_ascii=False).encode()).hexdigest()
