"""Which recipes are computed together. Needs no torch."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

from actmax.recipe.recipe import Recipe
from actmax.recipe.target import parse

WEIGHTS_AN_IMAGE = 4_000_000
"""Weights of linear layers for each image of a batch: they are read once for all of it, which is what they cost."""
LEAST, MOST = 4, 16
"""Images in a batch: fewer pay for small matrices (tests/benchmarks/speed.py), more are stored later."""
ON_A_GPU = 64
"""Images in a batch there. An H200 makes 195 image-steps of `smooth` a second one at a time, 2241 in batches of 16,
5830 in batches of 64, and no more in batches of 256."""


def best_size(linear_weights: int) -> int:
    """How many images a batch should have at most. It changes no drawing, only how fast they are made.

    Args:
        linear_weights: of all linear layers of the network.
    """
    return min(max(linear_weights // WEIGHTS_AN_IMAGE, LEAST), MOST)


def batches(recipes: Sequence[Recipe], size: int = MOST, workers: int = 1) -> list[list[Recipe]]:
    """Recipes that may share a batch, together, in the order in which they were asked for.

    Args:
        recipes: any mixture.
        size: the most in a batch.
        workers: how many batches are computed at a time: alike recipes are dealt evenly among them.
    """
    alike: dict[tuple[Any, ...], list[Recipe]] = defaultdict(list)
    for recipe in recipes:
        alike[kind(recipe)].append(recipe)
    return [batch for group in alike.values() for batch in _dealt(group, size, workers)]


def _dealt(group: Sequence[Recipe], size: int, workers: int) -> list[list[Recipe]]:
    """In batches of about the same size, as many for each worker."""
    rounds = -(-len(group) // (size * workers))
    count = min(rounds * workers, len(group))
    ends = [len(group) * place // count for place in range(count + 1)]
    return [list(group[start:end]) for start, end in pairwise(ends)]


def kind(recipe: Recipe) -> tuple[Any, ...]:
    """Equal for recipes that may share a batch: all is equal but seed, channels, facet and the picture at the start.

    Where rivals are pushed down, classes have them, and groups of classes have none.
    """
    target = parse(recipe.target)
    fields = recipe.model_dump(exclude={"target", "seed", "start", "facet"})
    return (
        target.layer,
        bool(target.channels),
        bool(recipe.logsumexp_weight) and target.unit is None,
        target.place,
        bool(recipe.start),
        *fields.values(),
    )
