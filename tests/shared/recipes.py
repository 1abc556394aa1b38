"""A recipe by `robust`, and for each of its fields two recipes that differ in that field alone."""

from __future__ import annotations

from typing import Any

from actmax.recipe import ALGORITHM, Recipe, compose

GIVEN: dict[str, Any] = {"network": "compact", "weights": "0123456789abcdef", "target": "fc8:340"}


def robust(**changes: Any) -> Recipe:
    return compose("robust", changes, **GIVEN)


def of_class(index: int) -> Recipe:
    """By the same method, for another class."""
    return compose("robust", **{**GIVEN, "target": f"fc8:{index}"})


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
    "decay_power": 0.5,
    "decorrelate": False,
    "total_variation_weight": 0.3,
    "total_variation_power": 2.0,
    "contrast_limit": 1.2,
    "excess_variation_weight": 0.2,
    "excess_variation_limit": 0.3,
    "normalize_gradient": True,
    "l2_weight": 2.0,
    "statistics_weight": 0.2,
    "gradient_blur": 2.0,
    "gradient_decay_power": 0.2,
    "norm": 1.0,
    "l2_decay": 0.01,
    "blur": 1.0,
    "blur_every": 4,
    "blur_anneal": True,
    "clip_norm": 0.5,
    "clip_contribution": 0.9,
    "color_bound": 2.8,
    "clip": True,
    "start": "fedcba9876543210",
    "feature_weight": 0.25,
    "feature_layer": "conv4",
    "facets": 3,
    "facet": 1,
    "canvas": 160,
    "margin_weight": 0.5,
    "relu_leak": 0.1,
    "gradient_window": 0.6,
    "jitter": 11,
    "scale": 0.2,
    "rotate": 6.0,
    "crop": 0.25,
    "crop_max": 0.5,
    "noise": 0.05,
    "views": 6,
    "seed": 1,
    "size": 160,
    "precision": "fp32",
}


# What a field needs where it has another value: pixels have no Fourier coefficients to scale.
_PIXELS: dict[str, Any] = {"parameterization": "pixels", "decay_power": 0.0, "decorrelate": False}
_KEPT: dict[str, Any] = {"start": "0123456789abcdef", "feature_weight": 0.5, "feature_layer": "conv3"}
NEEDED: dict[str, dict[str, Any]] = {
    "parameterization": {"decay_power": 0.0, "decorrelate": False},
    **dict.fromkeys(("norm", "l2_decay", "blur", "clip", "clip_norm", "clip_contribution", "color_bound"), _PIXELS),
    **{field: {**_PIXELS, "blur": 1.0} for field in ("blur_anneal", "blur_every")},
    "total_variation_power": {"total_variation_weight": 0.25},
    "excess_variation_limit": {"excess_variation_weight": 0.25},
    "crop_max": {"crop": 0.25},
    **dict.fromkeys(("feature_weight", "feature_layer"), _KEPT),
    "facet": {"facets": 3},
}


def unchanged(field: str) -> Recipe:
    """The robust recipe, with what another value in one field needs."""
    return robust(**NEEDED.get(field, {}))


def changed(field: str) -> Recipe:
    """The same with another value in that field."""
    return robust(**NEEDED.get(field, {}) | {field: OTHER[field]})
