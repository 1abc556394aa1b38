"""The methods of the literature side by side: the same classes, seed and steps, and what networks say of each."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from actmax.measure import revisions
from actmax.networks.labels import Label
from actmax.pipeline.answers import Question
from actmax.recipe import Recipe
from actmax.store.entry import Entry
from actmax.store.store import Store
from gen.compared import COMPARED, Compared, compared, preset
from gen.plan import Plan
from gen.study.answers import answer_to

if TYPE_CHECKING:
    from actmax.networks.network import Network

MEASURED = Path(__file__).parent / "measured"
"""Figures for many classes, a file for each network, as tests/benchmarks/methods.py has written them."""
_FINE = TypeAdapter(list[Annotated[float, Field(ge=0, le=1)]])


class Says(BaseModel):
    """What a network says of many drawings by one method."""

    model_config = ConfigDict(frozen=True)

    first: float
    """The part of the classes that it says first."""
    in_five: float
    """The part that it has among its first five."""
    place: int
    """The median place of the class."""
    raised: float
    """By how much the class's logit is above that for a grey picture, in deviations of the logits; a mean."""


class OnMany(BaseModel):
    """Figures for many classes, drawn by one network."""

    model_config = ConfigDict(frozen=True)

    network: str
    classes: int
    processor: str
    precision: str
    command: str
    judges: list[str]
    """Networks that had no part in the drawings."""
    methods: dict[str, dict[str, Says]]
    """By method and network; the one that draws is called ``itself``."""
    seconds: dict[str, float]
    """A drawing takes, by method."""
    fine: dict[str, float]
    """The part of the pictures' variation that is in waves of 8 pixels or less, by method."""


@dataclass(frozen=True)
class Row:
    """One method."""

    method: Compared
    recipe: Recipe
    """Of the first of its drawings."""
    drawings: Mapping[Label, Entry]
    fine: float
    """The part of their variation that is in waves of 8 pixels or less; a mean."""


def rows(plan: Plan, entries: Mapping[str, Entry], store: Store) -> list[Row]:
    """One for each method, in the order in which they were invented."""
    by_method: dict[str, dict[Label, Recipe]] = {}
    for (name, label), drawing in plan.comparison.items():
        by_method.setdefault(name, {})[label] = drawing.recipe
    found = []
    for name, drawn in by_method.items():
        drawings = {label: entries[recipe.digest()] for label, recipe in drawn.items()}
        shares = _fine(plan, list(drawings.values()), store)
        found.append(Row(compared(name), next(iter(drawn.values())), drawings, sum(shares) / len(shares)))
    return found


def on_many() -> list[OnMany]:
    """The figures in the package, the compact network's first."""
    found = []
    for path in sorted(MEASURED.glob("*.json")):
        values = json.loads(path.read_text("utf-8"))
        methods = values.pop("methods")
        networks = [name for name in next(iter(methods.values())) if name not in ("seconds", "fine")]
        found.append(
            OnMany(
                **values,
                judges=[name for name in networks if name != "itself"],
                methods={method: {name: figures[name] for name in networks} for method, figures in methods.items()},
                seconds={method: figures["seconds"] for method, figures in methods.items()},
                fine={method: figures["fine"] for method, figures in methods.items()},
            )
        )
    return found


def budget() -> int:
    """How many steps each method has."""
    (steps,) = {preset(method.name)["steps"] for method in COMPARED}
    return int(steps)


def _fine(plan: Plan, drawings: list[Entry], store: Store) -> list[float]:
    def answer(_: Network) -> list[float]:
        from actmax.measure.measure import decode
        from actmax.measure.spectrum import fine_share

        return [round(fine_share(decode(entry.read("drawing.png"))).item(), 6) for entry in drawings]

    question = Question("fine shares", revisions.FINE, {"pictures": [entry.picture for entry in drawings]})
    return answer_to(question, answer, _FINE, plan.source, store, lambda shares: len(shares) == len(drawings))
