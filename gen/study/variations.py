"""How the write-up's class is drawn for comparison: by each parameterization, and by three step sizes."""

from __future__ import annotations

from actmax.recipe import Recipe
from gen.plan.plan import Plan

STEP_SIZES = {"too small": 0.2, "right": 200.0, "too large": 20_000.0}
"""α of plain ascents that have only STEPS steps."""
STEPS = 50
"""Of the ascents that compare step sizes."""
PARAMETERIZATIONS = {"pixels": "plain", "fourier": "robust", "generator": "generator"}
"""What moves, and the method that moves it."""
DRAWING = "fourier"
"""The variation that is the drawing of the class."""


def variations(plan: Plan) -> dict[str, Recipe]:
    """By name; none where no `walk` is asked for."""
    walk = plan.settings.walk
    if walk is None or plan.walk is None:
        return {}
    target, seed = plan.class_target(plan.walk), plan.settings.seeds[0]
    recipes = {
        name: plan.recipe(target, method, {"steps": walk.steps} if method == "generator" else None, seed)
        for name, method in PARAMETERIZATIONS.items()
    }
    for name, alpha in STEP_SIZES.items():
        recipes[name] = plan.recipe(target, "plain", {"steps": STEPS, "step_size": alpha}, seed)
    return recipes
