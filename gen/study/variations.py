"""How the write-up's class is drawn for comparison: by parameterizations, step sizes, and weights of the penalty."""

from __future__ import annotations

from actmax.recipe import DEFAULT, Recipe
from gen.compared import compared
from gen.plan.plan import Plan

STEP_SIZES = {"too small": 0.2, "right": 200.0, "too large": 20_000.0}
"""α of plain ascents that have only STEPS steps."""
STEPS = 50
"""Of the ascents that compare step sizes."""
PARAMETERIZATIONS = {"pixels": "plain", "fourier": DEFAULT, "generator": "generator"}
"""What moves, and the method that moves it, with as many steps as all have that are compared."""
DRAWING = "fourier"
"""The variation that is the drawing of the class."""
PENALTIES = {"without": 0.0, DRAWING: None, "too-much": 0.6}
"""Weights of the penalty on total variation; None: the method's own, which the drawing of the class has."""


def variations(plan: Plan) -> dict[str, Recipe]:
    """By name; none where no `walk` is asked for."""
    walk = plan.settings.walk
    if walk is None or plan.walk is None:
        return {}
    target, seed = plan.class_target(plan.walk), plan.settings.seeds[0]
    recipes = {
        name: plan.recipe(target, method, compared(method).overrides, seed)
        for name, method in PARAMETERIZATIONS.items()
    }
    for name, weight in PENALTIES.items():
        if weight is not None:
            recipes[name] = plan.recipe(target, DEFAULT, {"total_variation_weight": weight}, seed)
    for name, alpha in STEP_SIZES.items():
        recipes[name] = plan.recipe(target, "plain", {"steps": STEPS, "step_size": alpha}, seed)
    return recipes


def preset_of(name: str) -> str:
    """The preset that a variation starts from."""
    return PARAMETERIZATIONS.get(name) or ("plain" if name in STEP_SIZES else DEFAULT)
