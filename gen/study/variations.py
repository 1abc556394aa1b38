"""How the write-up's class is drawn for comparison: by parameterizations, step sizes, and weights of the penalty."""

from __future__ import annotations

from typing import Any

from actmax.recipe import DEFAULT, Recipe
from gen.plan.plan import Plan

STEP_SIZES = {"too small": 0.2, "right": 200.0, "too large": 20_000.0}
"""α of plain ascents that have only STEPS steps."""
STEPS = 50
"""Of the ascents that compare step sizes."""
PARAMETERIZATIONS = {"pixels": "plain", "fourier": DEFAULT, "generator": "generator"}
"""What moves, and the method that moves it."""
PLAIN = {"steps": 200, "step_size": 10.0}
"""Of the plain ascent: a fifth of the method's own steps, five times as large, which come as far."""
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
    differs: dict[str, dict[str, Any]] = {"generator": {"steps": walk.steps}, "plain": PLAIN}
    recipes = {
        name: plan.recipe(target, method, differs.get(method), seed) for name, method in PARAMETERIZATIONS.items()
    }
    for name, weight in PENALTIES.items():
        if weight is not None:
            recipes[name] = plan.recipe(target, DEFAULT, {"total_variation": weight}, seed)
    for name, alpha in STEP_SIZES.items():
        recipes[name] = plan.recipe(target, "plain", {"steps": STEPS, "step_size": alpha}, seed)
    return recipes
