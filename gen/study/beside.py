"""All drawings of classes that are made beside the gallery."""

from __future__ import annotations

from actmax.networks.labels import Label
from actmax.recipe import Recipe
from gen.plan.plan import Plan
from gen.study import comparison, diversity, photo
from gen.study.variations import variations


def beside(plan: Plan) -> list[tuple[Label, Recipe]]:
    """Each with its class; some may be the gallery's as well."""
    asked = plan.asked
    found = [(asked.walk, recipe) for recipe in variations(plan).values()]
    found += [(label, recipe) for (_, label), recipe in comparison.recipes(plan).items()]
    found += [(asked.photo, recipe) for recipe in photo.recipes(plan).values()]
    found += [(asked.diversity, recipe) for some in diversity.recipes(plan) for recipe in some]
    return [(label, recipe) for label, recipe in found if label is not None]
