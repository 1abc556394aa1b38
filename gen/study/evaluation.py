"""Evaluation of the class drawings by a network that did not take part in them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from actmax.errors import RecipeError, WeightsError
from actmax.measure.kinds import MEASURES
from actmax.measure.models import Measures
from actmax.networks.cards import Card
from actmax.networks.weights import Source
from actmax.pipeline.measurements import measured
from actmax.store.entry import Entry
from actmax.store.store import Store
from gen.plan import Plan
from gen.settings import SettingsError
from gen.settings.evaluation import WHERE

if TYPE_CHECKING:
    from actmax.networks.network import Network


@dataclass(frozen=True)
class Evaluation:
    """The evaluation network's response to the drawings."""

    network: Card
    measures: Mapping[str, Measures]
    """By digest of the drawing's recipe."""


def evaluate(plan: Plan, entries: Mapping[str, Entry], network: Source, store: Store) -> Evaluation:
    """Measure each drawing of a class, in the gallery and on other pages, with the evaluation network.

    Raises:
        SettingsError: its weights cannot be downloaded or belong to another network, or it cannot process an image of
            its own size.
    """
    evaluator = network.card
    measures: dict[str, Measures] = {}
    try:
        for drawing in plan.drawings:
            entry = entries[drawing.recipe.digest()]
            if drawing.label is not None and entry.digest not in measures:
                target = f"{evaluator.output}:{drawing.label.index}"
                inputs = {"picture": entry.picture, "target": target, "resized": True}
                measures[entry.digest] = measured(MEASURES, inputs, measure_resized(entry, target), network, store)
    except (WeightsError, RecipeError) as error:
        raise SettingsError(f"{WHERE}: {error}") from None
    return Evaluation(evaluator, measures)


def measure_resized(entry: Entry, target: str) -> Callable[[Network], Measures]:
    """Return what measures a network's response to a drawing's PNG at the size that the network was trained on."""

    def compute(network: Network) -> Measures:
        from actmax.measure.measure import decode, measure, resized

        return measure(network, target, resized(decode(entry.read("drawing.png")), network.size))

    return compute
