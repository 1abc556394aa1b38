"""Which recipes are computed together. Needs no torch."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

from actmax.recipe.recipe import Recipe
from actmax.recipe.target import parse

BATCH = 8
"""Images in a batch at most. How many it is changes no drawing, only how fast it is made: more pay for reading the
weights of wide linear layers once, fewer are stored sooner (tests/benchmarks/speed.py)."""


def batches(recipes: Sequence[Recipe], size: int = BATCH, workers: int = 1) -> list[list[Recipe]]:
    """Recipes that may share a batch, together, in the order in which they were asked for.

    Args:
        recipes: any mixture.
        size: the most in a batch.
        workers: how many batches are computed at a time: alike recipes are dealt evenly among them.
    """
    alike: dict[tuple[Any, ...], list[Recipe]] = defaultdict(list)
    for recipe in recipes:
        alike[_kind(recipe)].append(recipe)
    return [batch for group in alike.values() for batch in _dealt(group, size, workers)]


def _dealt(group: Sequence[Recipe], size: int, workers: int) -> list[list[Recipe]]:
    """In batches of about the same size, as many for each worker."""
    rounds = -(-len(group) // (size * workers))
    count = min(rounds * workers, len(group))
    ends = [len(group) * place // count for place in range(count + 1)]
    return [list(group[start:end]) for start, end in pairwise(ends)]


def _kind(recipe: Recipe) -> tuple[Any, ...]:
    """Equal for recipes that may share a batch: all is equal but the seed and the channels."""
    target = parse(recipe.target)
    fields = recipe.model_dump(exclude={"target", "seed"})
    return (target.layer, bool(target.channels), target.place, *fields.values())
