"""Which recipes are computed together. Needs no torch."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from actmax.recipe.recipe import Recipe
from actmax.recipe.target import parse

BATCH = 8
"""Images in a batch, always: arithmetic may round differently in another shape, and a drawing must
not depend on how many are drawn beside it. Sixteen would be a quarter faster per image on AlexNet
(tests/benchmarks/speed.py), but a single drawing, five figures or a last batch pay for the whole shape:
with eight the default site and a single drawing are both done sooner."""


def batches(recipes: Sequence[Recipe], size: int = BATCH) -> list[list[Recipe]]:
    """Recipes that may share a batch, together, in the order in which they were asked for."""
    alike: dict[tuple[Any, ...], list[Recipe]] = defaultdict(list)
    for recipe in recipes:
        alike[_kind(recipe)].append(recipe)
    return [group[start : start + size] for group in alike.values() for start in range(0, len(group), size)]


def _kind(recipe: Recipe) -> tuple[Any, ...]:
    """Equal for recipes that may share a batch: all is equal but the seed and the channels."""
    target = parse(recipe.target)
    fields = recipe.model_dump(exclude={"target", "seed"})
    return (target.layer, bool(target.channels), target.place, *fields.values())
