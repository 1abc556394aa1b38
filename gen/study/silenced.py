"""What becomes of a class's logit when units of the last hidden layer fall silent."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from actmax.measure import revisions
from actmax.networks.labels import Label
from actmax.pipeline.answers import Question
from actmax.store.entry import Entry
from actmax.store.store import Store
from gen.plan import Plan
from gen.study.answers import answer_to

if TYPE_CHECKING:
    from actmax.networks.network import Network

COUNTS = (1, 2, 4, 8, 16, 32, 64, 128)
"""How many units are silenced at a time."""
Way = Literal["most", "least", "random"]
"""Which units of those that are not zero: the most active, the least active, or any."""
Changes = Annotated[list[float], Field(min_length=len(COUNTS), max_length=len(COUNTS))]


class Silenced(BaseModel):
    """One class, on its own drawing; see :func:`actmax.measure.probe.ablation`."""

    model_config = ConfigDict(frozen=True, allow_inf_nan=False)

    logit: float
    """As it is."""
    units: Annotated[int, Field(ge=1)]
    """Of the layer."""
    active: Annotated[int, Field(ge=0)]
    """How many of them are not zero."""
    most: Changes
    least: Changes
    random: Changes
    """The change of the logit, for each of COUNTS."""


_SHAPE = TypeAdapter(Silenced)


def silenced(plan: Plan, entries: Mapping[str, Entry], store: Store) -> dict[Label, Silenced]:
    """For each class of the gallery, on its own main drawing; nothing where the network's layers have no names.

    There is a question for each picture: a new class, or one that is drawn again, asks for nothing else.

    Raises:
        ActmaxError: a drawing cannot be read, or the network cannot be loaded.
    """
    if not plan.card.hidden or not plan.card.layers:
        return {}
    pictures = {plate.label: entries[plate.variants[0].recipe.digest()] for plate in plan.class_pages}
    return {label: _of_class(plan, label, entry, store) for label, entry in pictures.items()}


def mean(changes: Mapping[Label, Silenced], way: Way) -> list[float]:
    """Mean change of the logit over the classes, for each of COUNTS."""
    columns = zip(*(getattr(measured, way) for measured in changes.values()), strict=True)
    return [sum(column) / len(column) for column in columns]


def _of_class(plan: Plan, label: Label, entry: Entry, store: Store) -> Silenced:
    def answer(network: Network) -> dict[str, Any]:
        from actmax.measure.measure import decode
        from actmax.measure.probe import ablation

        return ablation(network, [(decode(entry.read("drawing.png")), label.index)], list(COUNTS))[0]

    about = {"picture": entry.picture, "class": label.index, "counts": list(COUNTS)}
    return answer_to(Question("silenced units", revisions.ABLATION, about), answer, _SHAPE, plan.source, store)
