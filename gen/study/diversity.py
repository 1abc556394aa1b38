"""Drawings of one class from several seeds and facets, and the distances between them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from actmax.measure import kinds
from actmax.networks.cards import Card
from actmax.networks.labels import Label
from actmax.networks.weights import Source
from actmax.pipeline.measurements import measured
from actmax.store.entry import Entry
from actmax.store.store import Store
from gen.plan import Plan

if TYPE_CHECKING:
    from actmax.networks.network import Network


@dataclass(frozen=True)
class Diversity:
    """The diversity of the drawings of one class."""

    label: Label
    network: Card
    """In whose features the distances are measured."""
    seeds: Sequence[Entry]
    facets: Sequence[Entry]
    """Empty where the target network has no named hidden layer."""
    seed_distance: float
    """Mean cosine distance between drawings from different seeds."""
    facet_distance: float | None
    """Between facets."""
    class_distance: float | None
    """Between the gallery's drawings of different classes; None where there is only one class."""
    classes: int


def diversity(plan: Plan, entries: Mapping[str, Entry], evaluator: Source, store: Store) -> Diversity | None:
    """Measure the diversity of one class's drawings; None where the settings want no such page.

    Args:
        plan: of the site.
        entries: its drawings, by digest.
        evaluator: the evaluation network, or the target network where there is none.
        store: keeps the distances.
    """
    if plan.settings.diversity is None:
        return None
    seeds, facets = ([entries[drawing.digest] for drawing in drawings] for drawings in (plan.by_seeds, plan.by_facets))
    classes = [entries[plate.main.digest] for plate in plan.class_pages]
    return Diversity(
        label=plan.settings.diversity.label,
        network=evaluator.card,
        seeds=seeds,
        facets=facets,
        seed_distance=_distance(seeds, evaluator, store),
        facet_distance=_distance(facets, evaluator, store) if facets else None,
        class_distance=_distance(classes, evaluator, store) if len(classes) > 1 else None,
        classes=len(classes),
    )


def _distance(drawings: Sequence[Entry], evaluator: Source, store: Store) -> float:
    def compute(network: Network) -> float:
        from actmax.measure.distance import mean_cosine_distance
        from actmax.measure.measure import decode, resized

        images = [resized(decode(entry.read("drawing.png")), network.size) for entry in drawings]
        return mean_cosine_distance(network, images)

    inputs = {"pictures": [entry.picture for entry in drawings]}
    return measured(kinds.MEAN_COSINE_DISTANCE, inputs, compute, evaluator, store)
