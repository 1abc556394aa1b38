"""A recipe by `robust`, and for each of its fields a recipe that differs in that field."""

from __future__ import annotations

from typing import Any

from actmax.recipe import ALGORITHM, Recipe, compose

GIVEN: dict[str, Any] = {"network": "compact", "weights": "0123456789abcdef", "target": "fc8:340"}


def robust(**changes: Any) -> Recipe:
    return compose("robust", changes, **GIVEN)


# Another value for each field of the recipe above.
OTHER: dict[str, Any] = {
    "algorithm": ALGORITHM + 1,
    "network": "alexnet",
    "weights": "7be5be79",
    "target": "fc8:341",
    "parameterization": "pixels",
    "optimizer": "ascent",
    "steps": 257,
    "step_size": 0.031,
    "anneal": 0.25,
    "start_sd": 0.02,
    "decay": 0.5,
    "decorrelate": False,
    "total_variation": 0.3,
    "canvas": 160,
    "rivals": 0.5,
    "leak": 0.1,
    "centre": 0.6,
    "jitter": 11,
    "scale": 0.2,
    "rotate": 6.0,
    "seed": 1,
    "size": 160,
    "precision": "fp32",
}


def changed(field: str) -> Recipe:
    """The robust recipe with another value in one field."""
    # Pixels have no Fourier coefficients to scale, so those two fields have to go as well;
    # nor does plain ascent change its step size.
    needed = {"parameterization": {"decay": 0.0, "decorrelate": False}, "optimizer": {"anneal": 0.0}}.get(field, {})
    return robust(**needed, **{field: OTHER[field]})
