"""What a small network draws that tells sounds apart, as pictures and to be heard."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Base64Bytes, BaseModel, ConfigDict, Field, TypeAdapter

from actmax.files import digest
from actmax.measure import revisions
from actmax.networks.weights import Source
from actmax.pipeline.answers import Question, answered, keep
from actmax.pipeline.progress import Say
from actmax.sounds import WEIGHTS
from actmax.sounds.synthesis import KINDS, LENGTH, SIDE
from actmax.store.store import Store
from gen.plan import Plan
from gen.study.answers import shaped

Pixels = Annotated[Base64Bytes, Field(min_length=SIDE * SIDE, max_length=SIDE * SIDE)]
"""Of a spectrogram, row by row, the highest pitch first."""
Samples = Annotated[Base64Bytes, Field(min_length=2 * LENGTH, max_length=2 * LENGTH)]
"""Of a sound, two bytes each."""
Part = Annotated[float, Field(ge=0, le=1)]


class Heard(BaseModel):
    """One kind of sound."""

    model_config = ConfigDict(frozen=True, allow_inf_nan=False)

    made: Samples
    """One that the network could have learnt from."""
    picture_of_made: Pixels
    drawing: Pixels
    """What the network draws when it is asked for the kind."""
    drawn: Samples
    """The same as a sound."""
    picture_of_drawn: Pixels
    """What that sound looks like: not every picture is one."""
    probability: Part
    """Of the kind, for the drawing."""
    probability_heard: Part
    """Of the kind, for the sound."""
    heard_as: Annotated[int, Field(ge=0, lt=len(KINDS))]
    """The most probable kind, for the sound."""
    probability_heard_as: Part


_SHAPE: TypeAdapter[list[Heard]] = TypeAdapter(
    Annotated[list[Heard], Field(min_length=len(KINDS), max_length=len(KINDS))]
)


def sounds(plan: Plan, store: Store, say: Say) -> dict[str, Heard] | None:
    """By kind, what is drawn for it: from the store, or drawn now; None where no such page is asked for.

    Raises:
        StoreError: what is stored has another shape.
    """
    if not plan.settings.sounds:
        return None
    listener = Source("the listener", digest(WEIGHTS.read_bytes()), WEIGHTS)
    question = Question("sounds", revisions.SOUNDS, {"kinds": list(KINDS)})
    known = answered(question, listener, store)
    if known is None:
        say(f"drawing {len(KINDS)} sounds")
        known = keep(question, _drawn(), listener, store)
    heard: list[Heard] = shaped(known, question, _SHAPE, store)
    return dict(zip(KINDS, heard, strict=True))


def _drawn() -> list[dict[str, Any]]:
    from actmax.sounds.hearing import hear

    return hear(WEIGHTS)
