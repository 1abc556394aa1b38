"""Evaluation of the class drawings by a network that did not take part in them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial

from actmax.errors import RecipeError, WeightsError
from actmax.measure.models import Measures
from actmax.networks.cards import Card
from actmax.networks.weights import Source
from actmax.store.entry import Entry
from actmax.store.store import Store
from gen.plan import Plan
from gen.settings import SettingsError
from gen.settings.evaluation import WHERE
from gen.study.measures import measures


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
    found: dict[str, Measures] = {}
    try:
        for drawing in plan.drawings:
            if drawing.label is not None and drawing.digest not in found:
                entry, target = entries[drawing.digest], f"{evaluator.output}:{drawing.label.index}"
                read = partial(entry.read, "drawing.png")
                found[drawing.digest] = measures(entry.picture, read, target, network, store, resize=True)
    except (WeightsError, RecipeError) as error:
        raise SettingsError(f"{WHERE}: {error}") from None
    return Evaluation(evaluator, found)
