"""What is known of a finished drawing, as it stands in ``record.json``: typed, versioned, with a checksum.

A record is parsed once, when it is read. One that lacks something, or was changed by a single bit, is
no record, and the drawing is made again.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from actmax.errors import ActmaxError
from actmax.files import DIGITS
from actmax.recipe.recipe import Recipe

SCHEMA = 3
"""Revision of the layout; entries of another are drawn again."""

Digest = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
FileName = Annotated[str, Field(pattern=r"^[a-z]+\.(png|jpg|webp)$")]


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore", allow_inf_nan=False)


class Measures(_Frozen):
    """What a network answers when it is shown one file, without any transform, in float32."""

    activation: float
    """The target's score."""
    top: tuple[tuple[Annotated[int, Field(ge=0)], float], ...]
    """The five most probable classes: (index, probability in [0, 1]), best first."""
    probability: Annotated[float, Field(ge=0, le=1)] | None = None
    """Of the target class, in [0, 1]; this and the next two are None unless the target is a class."""
    rank: Annotated[int, Field(ge=1)] | None = None
    """Place of the target among the classes, from 1."""
    margin: float | None = None
    """The target's logit less the best other one."""

    @property
    def failed(self) -> bool:
        """Whether a class drawing is not what the network says first."""
        return self.rank is not None and self.rank != 1


class Wins(_Frozen):
    """When the target's class came first among the classes, in the views that the ascent saw."""

    first: Annotated[int, Field(ge=0)] | None = None
    """After how many steps for the first time; None: never."""
    stays: Annotated[int, Field(ge=0)] | None = None
    """After how many steps it came first and stayed there to the end; None: it did not."""


class Provenance(_Frozen):
    """How a drawing came about: nothing in here is part of its identity."""

    device: str
    """The processor or the graphics card."""
    precision: Literal["fp32", "bf16"]
    """Arithmetic inside the network as executed; ``auto`` in a recipe may become either."""
    threads: Annotated[int, Field(ge=1)]
    """Of the processor, in use by torch."""
    batch: Annotated[int, Field(ge=1)]
    """Images that were computed at a time."""
    actmax: str
    torch: str
    torchvision: str
    pillow: str
    """Versions. The bytes of a PNG, though not its pixels, depend on Pillow's."""
    drawn: AwareDatetime
    """When, to the second, in UTC."""
    seconds: Annotated[float, Field(ge=0)]
    """The batch's duration, shared among its drawings."""


class Record(_Frozen):
    """All that is known of a drawing."""

    recipe: Recipe
    measures: Mapping[FileName, Measures]
    """What the network that drew answers, for each published file."""
    frames: Annotated[tuple[Annotated[int, Field(ge=1)], ...], Field(min_length=1)]
    """After how many steps each picture of the filmstrip was kept."""
    activations: tuple[float, ...]
    """The score before each step, as the ascent saw it (through its transforms)."""
    wins: Wins | None = None
    """None unless the target is a class."""
    provenance: Provenance
    files: Mapping[FileName, Digest] = {}
    """The SHA-256 of each of the entry's files; filled in by the store."""

    @property
    def picture(self) -> str:
        """The first digits of the master's SHA-256: this picture and no other."""
        return self.files["drawing.png"][:DIGITS]

    def text(self) -> bytes:
        """The content of ``record.json``."""
        values = {"schema": SCHEMA, "digest": self.recipe.digest(), **self.model_dump(mode="json")}
        return json.dumps({"checksum": _checksum(values), **values}, indent=1, ensure_ascii=False).encode() + b"\n"

    @classmethod
    def parse(cls, text: bytes) -> Record | None:
        """The record of a file's content, or None where it is damaged or of another schema."""
        try:
            values = json.loads(text)
            if values.pop("checksum") != _checksum(values) or values["schema"] != SCHEMA:
                return None
            record = cls.model_validate(values)
        except (ValueError, TypeError, KeyError, AttributeError, RecursionError, ActmaxError):
            return None
        whole = "drawing.png" in record.files and "drawing.png" in record.measures
        return record if whole and record.recipe.digest() == values["digest"] else None


def _checksum(values: Mapping[str, Any]) -> str:
    return hashlib.sha256(json.dumps(values, sort_keys=True, ensure_ascii=False).encode()).hexdigest()
