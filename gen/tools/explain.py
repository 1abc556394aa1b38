"""What is stored, what would be drawn, and why."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from actmax.recipe import Recipe
from gen.site import Site
from gen.study.study import known


def explain(site: Site) -> Iterator[str]:
    """A line for each drawing that the site is made of, and one on the rest of the store.

    Raises:
        ActmaxError: the author's picture for the walk cannot be read.
    """
    kept = [entry.recipe for entry in site.store.entries()]
    stored = {entry.digest for entry in site.store.stored()}
    places = {
        variant.recipe.digest(): f"{plate.label.slug}#{variant.anchor}"
        for plate in site.plan.plates
        for variant in plate.variants
    } | {
        variant.recipe.digest(): f"{plate.name}#{variant.anchor}"
        for plate in site.plan.channels
        for variant in plate.every
    }
    of_study = known(site.plan, site.store, site.root)
    planned = {recipe.digest(): recipe for recipe in (*site.plan.recipes(), *of_study.recipes)}
    for digest, recipe in planned.items():
        if site.store.get(recipe):
            fate = "stored"
        elif digest in stored:
            fate = "to draw: the stored drawing is damaged"
        else:
            fate = f"to draw: {_difference(recipe, kept)}"
        yield f"{digest}  {places.get(digest, f'write-up, {recipe.target}')}  {fate}"
    if not of_study.complete:
        yield "which channels the walk shows is known when its picture was shown to the network"
    spare = len(stored - planned.keys())
    yield f"{len(planned)} planned, {spare} stored that no page shows (`prune` removes those of this network)"


def _difference(wanted: Recipe, kept: Sequence[Recipe]) -> str:
    """What sets a recipe apart from the stored one that is most like it."""
    if not kept:
        return "nothing is stored yet"
    alike = [recipe for recipe in kept if recipe.target == wanted.target]
    if not alike:
        return "it was never drawn"
    fields = wanted.model_dump()
    differences = [
        {field: value for field, value in recipe.model_dump().items() if value != fields[field]} for recipe in alike
    ]
    nearest = min(differences, key=len)
    return ", ".join(f"{field} was {value}, is {fields[field]}" for field, value in nearest.items())
