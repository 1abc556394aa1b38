"""Drawings of one class by several seeds and by facets, and how far apart they are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

from pydantic import Field, TypeAdapter

from actmax.measure import revisions
from actmax.networks.cards import Card, card
from actmax.networks.labels import Label
from actmax.networks.weights import Source
from actmax.pipeline.answers import Question
from actmax.store.entry import Entry
from actmax.store.store import Store
from gen.plan import Plan
from gen.study.answers import answer_to

if TYPE_CHECKING:
    from actmax.networks.network import Network

_APART = TypeAdapter(Annotated[float, Field(ge=0, le=2)])


@dataclass(frozen=True)
class Diversity:
    """How much drawings of one class differ."""

    label: Label
    network: Card
    """Which says how far apart they are."""
    seeds: Sequence[Entry]
    facets: Sequence[Entry]
    """Empty where a class of the network that draws has none."""
    by_seeds: float
    """The mean distance of two drawings by seeds alone."""
    by_facets: float | None
    """The same of two facets."""
    of_classes: float | None
    """The same of the gallery's drawings of different classes; None where there is one class only."""
    classes: int


def diversity(plan: Plan, entries: Mapping[str, Entry], judge: Source, store: Store) -> Diversity | None:
    """How far apart they are, as a network sees them; None where it is not asked for.

    Args:
        plan: of the site.
        entries: its drawings, by digest.
        judge: the second network, or the one that draws.
        store: remembers the distances.
    """
    if plan.settings.diversity is None:
        return None
    seeds, facets = ([entries[drawing.recipe.digest()] for drawing in some] for some in (plan.by_seeds, plan.by_facets))
    classes = [entries[plate.variants[0].recipe.digest()] for plate in plan.class_pages]
    return Diversity(
        label=plan.settings.diversity.label,
        network=card(judge.network),
        seeds=seeds,
        facets=facets,
        by_seeds=_apart(seeds, judge, store),
        by_facets=_apart(facets, judge, store) if facets else None,
        of_classes=_apart(classes, judge, store) if len(classes) > 1 else None,
        classes=len(classes),
    )


def _apart(drawings: Sequence[Entry], judge: Source, store: Store) -> float:
    def answer(network: Network) -> float:
        from actmax.measure.distance import mean_cosine_distance
        from actmax.measure.measure import decode, resized

        images = [resized(decode(entry.read("drawing.png")), network.size) for entry in drawings]
        return mean_cosine_distance(network, images)

    question = Question("apart", revisions.MEAN_COSINE_DISTANCE, {"pictures": [entry.picture for entry in drawings]})
    return answer_to(question, answer, _APART, judge, store)
