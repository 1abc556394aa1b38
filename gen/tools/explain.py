"""What is stored, what would be drawn, and why."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from actmax.recipe import Recipe
from gen.plan import PlannedDrawing
from gen.site import Site


def explain(site: Site) -> Iterator[str]:
    """A line for each drawing that the site is made of, and one on the rest of the store.

    Raises:
        ActmaxError: the author's picture for the walk cannot be read.
    """
    kept = [entry.recipe for entry in site.store.entries()]
    stored = {entry.digest for entry in site.store.stored()}
    planned: dict[str, PlannedDrawing] = {}
    for drawing in site.plan.drawings:
        planned.setdefault(drawing.recipe.digest(), drawing)
    for digest, drawing in planned.items():
        recipe = drawing.recipe
        if site.store.get(recipe):
            fate = "stored"
        elif digest in stored:
            fate = "to draw: the stored drawing is damaged"
        else:
            fate = f"to draw: {_difference(recipe, kept)}"
        yield f"{digest}  /{drawing.page}#{drawing.anchor}  {fate}"
    if not site.plan.complete:
        yield "the walk's channels are not among them: which it shows is known once the network has seen its picture"
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
