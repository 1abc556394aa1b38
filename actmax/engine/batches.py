"""Group recipes that are computed together. Needs no torch."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

from actmax.recipe.recipe import Recipe
from actmax.recipe.target import parse

WEIGHTS_PER_IMAGE = 4_000_000
"""Weights of linear layers for each image of a batch: reading them costs the most, once for the whole batch."""
MIN_BATCH, MAX_BATCH = 8, 16
"""Images in a batch: fewer are slow, since linear layers take as long for 4 as for 16; more are stored later."""
MAX_BATCH_ON_A_GPU = 64
"""An H200 makes 195 image-steps of `smooth` a second one at a time, 2241 in batches of 16, 5830 in batches of 64, and
no more in batches of 256."""


def best_size(linear_weights: int) -> int:
    """Return how many images a batch should have at most. It changes no drawing, only the time.

    Args:
        linear_weights: of all linear layers of the network.
    """
    return min(max(linear_weights // WEIGHTS_PER_IMAGE, MIN_BATCH), MAX_BATCH)


def batches(recipes: Sequence[Recipe], size: int = MAX_BATCH, workers: int = 1) -> list[list[Recipe]]:
    """Group recipes that may share a batch, in the order in which they were given.

    Args:
        recipes: any mixture.
        size: the most in a batch.
        workers: how many batches are computed at a time: similar recipes are dealt evenly among them.
    """
    groups: dict[tuple[Any, ...], list[Recipe]] = defaultdict(list)
    for recipe in recipes:
        groups[kind(recipe)].append(recipe)
    return [batch for group in groups.values() for batch in _dealt(group, size, workers)]


def _dealt(group: Sequence[Recipe], size: int, workers: int) -> list[list[Recipe]]:
    """Deal a group into batches of about the same size, as many for each worker."""
    rounds = -(-len(group) // (size * workers))
    count = min(rounds * workers, len(group))
    ends = [len(group) * index // count for index in range(count + 1)]
    return [list(group[start:end]) for start, end in pairwise(ends)]


def kind(recipe: Recipe) -> tuple[Any, ...]:
    """Return what recipes of one batch have in common: all but seed, channels, facet and the image at the start."""
    target = parse(recipe.target)
    fields = recipe.model_dump(exclude={"target", "seed", "start", "facet"})
    return (target.layer, bool(target.channels), target.position, bool(recipe.start), *fields.values())
