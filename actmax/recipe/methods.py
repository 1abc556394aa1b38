"""The named methods: what each of them fills into a recipe, with its source. Needs no torch."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from pydantic import ValidationError

from actmax.errors import RecipeError, UnknownNameError, did_you_mean, explain, quoted
from actmax.recipe.recipe import Recipe

# What makes a drawing recognisable: ascent in a decorrelated Fourier space, on a network that
# sees the picture shifted, scaled and turned anew at each step (Olah et al. 2017, "The Enemy
# of Feature Visualization").
_ROBUST: Mapping[str, Any] = MappingProxyType(
    {
        "parameterization": "fourier",
        "optimizer": "adam",
        "steps": 256,
        "step_size": 0.04,
        "anneal": 0.5,
        "start_sd": 0.01,
        "decay": 1.3,
        "decorrelate": True,
        "jitter": 12,
        "scale": 0.1,
        "rotate": 5.0,
    }
)

METHODS: Mapping[str, Mapping[str, Any]] = MappingProxyType(
    {
        # The equation of the write-up, x + α ∇h, and nothing else (Erhan et al. 2009, section 3).
        "plain": MappingProxyType(
            {
                "parameterization": "pixels",
                "optimizer": "ascent",
                "steps": 1000,
                "step_size": 2.0,
                "start_sd": 0.01,
            }
        ),
        "robust": _ROBUST,
        # As `robust`, and besides: a penalty on total variation (Mahendran & Vedaldi 2015, section 2.2) that is weighed
        # against the objective's own slope; a slope that passes in part where a ReLU is off (Guo, Li & Chen 2020); the
        # middle before the margins (Nguyen, Yosinski & Clune 2016); classes ahead of its own pushed down; fewer steps.
        # What networks that had no part in the drawing make of each stands in docs/write-ups/what-was-tried.md.
        "smooth": MappingProxyType(
            {
                **_ROBUST,
                "steps": 64,
                "step_size": 0.06,
                "total_variation": 0.25,
                "rivals": 0.5,
                "leak": 0.1,
                "centre": 0.6,
            }
        ),
        # As `robust` on the weights of an untrained convolutional generator instead of the picture's waves
        # (Ulyanov, Vedaldi & Lempitsky 2018).
        "generator": MappingProxyType(
            {
                "parameterization": "generator",
                "optimizer": "adam",
                "steps": 256,
                "step_size": 0.01,
                "start_sd": 1.0,
                "jitter": 12,
                "scale": 0.1,
                "rotate": 5.0,
            }
        ),
    }
)
"""What each named method fills in; any field may be overridden."""

DEFAULT = "smooth"
"""The method where none is named."""

OVERRIDABLE = tuple(
    name
    for name in Recipe.model_fields
    if name not in ("algorithm", "network", "weights", "target", "seed", "size", "precision")
)
"""The fields that make up a method; the others say what is drawn, and how large and exact."""


def compose(method: str = DEFAULT, overrides: Mapping[str, Any] | None = None, **fields: Any) -> Recipe:
    """A recipe from a named method, the author's overrides, and the rest of the fields.

    Raises:
        UnknownNameError: no such method, or a field that no recipe has.
        RecipeError: a value that a recipe cannot have; the message names field and value.
    """
    if method not in METHODS:
        raise UnknownNameError(f"There is no method {quoted(method)}. {did_you_mean(method, METHODS)}")
    chosen = {**METHODS[method], **fields, **(overrides or {})}
    for name in chosen:
        if name not in Recipe.model_fields:
            raise UnknownNameError(
                f"A recipe has no field {quoted(name)}. {did_you_mean(str(name), Recipe.model_fields)}"
            )
    try:
        return Recipe(**chosen)
    except ValidationError as error:
        raise RecipeError("; ".join(explain(error))) from None
