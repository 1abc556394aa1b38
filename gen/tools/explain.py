"""List what is stored, what would be drawn, and why."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from actmax.recipe import Recipe
from gen.plan import PlannedDrawing
from gen.site import Site


def explain(site: Site) -> Iterator[str]:
    """Yield a line for each drawing of the site, and one about the rest of the store."""
    kept = [entry.recipe for entry in site.store.entries()]
    stored = {entry.digest for entry in site.store.stored()}
    planned: dict[str, PlannedDrawing] = {}
    for drawing in site.plan.drawings:
        planned.setdefault(drawing.digest, drawing)
    for digest, drawing in planned.items():
        recipe = drawing.recipe
        if site.store.get(recipe):
            state = "stored"
        elif digest in stored:
            state = "to draw: the stored drawing is damaged"
        else:
            state = f"to draw: {_difference(recipe, kept)}"
        yield f"{digest}  /{drawing.page}#{drawing.anchor}  {state}"
    if not site.plan.complete:
        yield "the walk's channels are not listed: which ones it shows depends on a picture that is not drawn yet"
    spare = len(stored - planned.keys())
    yield f"{len(planned)} planned, {spare} stored that no page shows (`prune` removes those of this network)"


def _difference(wanted: Recipe, kept: Sequence[Recipe]) -> str:
    """Name the fields in which a recipe differs from the most similar stored one."""
    if not kept:
        return "nothing is stored yet"
    same = [recipe for recipe in kept if recipe.target == wanted.target]
    if not same:
        return "it was never drawn"
    fields = wanted.model_dump()
    differences = [
        {field: value for field, value in recipe.model_dump().items() if value != fields[field]} for recipe in same
    ]
    nearest = min(differences, key=len)
    return ", ".join(f"{field} was {value}, is {fields[field]}" for field, value in nearest.items())
