"""The named methods as :class:`actmax.Method`: each field of a recipe is a line of a table.

>>> robust.steps
256
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

from actmax.ascent.constraints import (
    Constraint,
    blur,
    bound_color,
    clip,
    clip_contribution,
    clip_norm,
    l2_decay,
    norm,
)
from actmax.ascent.gradients import (
    GradientModifier,
    facet,
    frequency_decay,
    margin,
    normalize,
    relu_leak,
    window,
)
from actmax.ascent.gradients import blur as gradient_blur
from actmax.ascent.optimize import Method, Weighted
from actmax.ascent.optimizers import Optimizer, adam, gradient_ascent
from actmax.ascent.params import fourier, generator, phase, pixels
from actmax.ascent.params.canvas import Params
from actmax.ascent.penalties import ChannelStatistics, FeatureDistance, excess_variation, l2_penalty, total_variation
from actmax.ascent.transforms import Transform, affine, noise, random_crop
from actmax.files import DIGITS
from actmax.recipe.methods import DEFAULT, METHODS, compose
from actmax.recipe.misplaced import ELSEWHERE, IN_METHODS, misplaced
from actmax.recipe.recipe import Recipe

PARAMS: Mapping[str, Callable[[Recipe], Params]] = {
    "pixels": lambda recipe: pixels(recipe.start_sd),
    "fourier": lambda recipe: fourier(
        recipe.decay_power, recipe.decorrelate, recipe.start_sd, recipe.contrast_limit or math.inf
    ),
    "phase": lambda recipe: phase(recipe.start_sd),
    "generator": lambda recipe: generator(recipe.start_sd),
}
OPTIMIZERS: Mapping[str, Callable[[Recipe], Optimizer]] = {
    "ascent": lambda recipe: gradient_ascent(recipe.step_size, recipe.anneal),
    "adam": lambda recipe: adam(recipe.step_size, recipe.anneal),
}
RELATIVE_PENALTIES: Mapping[str, Callable[[Recipe], Weighted]] = {
    "total_variation_weight": lambda recipe: (
        recipe.total_variation_weight,
        total_variation
        if recipe.total_variation_power == 1
        else partial(total_variation, power=recipe.total_variation_power),
    ),
    "excess_variation_weight": lambda recipe: (
        recipe.excess_variation_weight,
        partial(excess_variation, limit=recipe.excess_variation_limit),
    ),
    "statistics_weight": lambda recipe: (recipe.statistics_weight, ChannelStatistics()),
    "feature_weight": lambda recipe: (recipe.feature_weight, FeatureDistance(recipe.feature_layer)),
}
CONSTRAINTS: Mapping[str, Callable[[Recipe], Constraint]] = {
    "l2_decay": lambda recipe: l2_decay(recipe.l2_decay),
    "blur": lambda recipe: blur(recipe.blur, recipe.blur_every, recipe.steps if recipe.blur_anneal else None),
    "clip_norm": lambda recipe: clip_norm(recipe.clip_norm),
    "clip_contribution": lambda recipe: clip_contribution(recipe.clip_contribution),
    "norm": lambda recipe: norm(recipe.norm),
    "color_bound": lambda recipe: bound_color(recipe.color_bound),
    "clip": lambda _: clip(),
}
GRADIENTS: Mapping[str, Callable[[Recipe], GradientModifier]] = {
    "relu_leak": lambda recipe: relu_leak(recipe.relu_leak),
    "margin_weight": lambda recipe: margin(recipe.margin_weight),
    "gradient_window": lambda recipe: window(recipe.gradient_window),
    "gradient_blur": lambda recipe: gradient_blur(recipe.gradient_blur),
    "gradient_decay_power": lambda recipe: frequency_decay(recipe.gradient_decay_power),
}
"""By the field that requests a part, in the order in which the parts act."""


def method_of(recipe: Recipe, facets: Sequence[int] = ()) -> Method:
    """Return the method of a recipe.

    Args:
        recipe: of a drawing, or of one of a batch.
        facets: the `facet` of each recipe of a batch, where they differ.
    """

    def parts(table: Mapping[str, Callable[[Recipe], Any]]) -> list[Any]:
        return [part(recipe) for field, part in table.items() if getattr(recipe, field)]

    gradients = parts(GRADIENTS)
    if recipe.facets:
        gradients.append(facet(recipe.facets, tuple(facets) or recipe.facet))
    if recipe.normalize_gradient or recipe.l2_weight:
        gradients.append(normalize)
    return Method(
        params=PARAMS[recipe.parameterization](recipe),
        optimizer=OPTIMIZERS[recipe.optimizer](recipe),
        steps=recipe.steps,
        transforms=_transforms(recipe),
        views=recipe.views,
        penalties=[(recipe.l2_weight, l2_penalty)] if recipe.l2_weight else (),
        relative_penalties=parts(RELATIVE_PENALTIES),
        constraints=parts(CONSTRAINTS),
        gradients=gradients,
        precision=recipe.precision,
    )


def _transforms(recipe: Recipe) -> list[Transform]:
    transforms: list[Transform] = []
    if recipe.jitter or recipe.scale or recipe.rotate:
        transforms.append(affine(recipe.jitter, recipe.scale, recipe.rotate))
    if recipe.crop:
        transforms.append(random_crop(recipe.crop, recipe.crop_max or None))
    if recipe.noise:
        transforms.append(noise(recipe.noise))
    return transforms


UNKNOWN_START = "0" * DIGITS
"""Stands in a method for the image that `actmax.ascend` starts from."""


def method(name: str = DEFAULT, **fields: Any) -> Method:
    """Return a named method, to be used or changed with :func:`dataclasses.replace`.

    Args:
        name: ``smooth``, ``robust``, ``plain``, ``erhan``, ``simonyan``, ``yosinski``, ``mahendran``, ``mei``,
            ``maco``, ``statistics`` or ``generator``.
        **fields: of :class:`actmax.Recipe`, such as ``steps`` and ``precision``; not those of what is drawn, such as
            ``seed``, ``size`` and ``start``, which :func:`actmax.ascend` has.

    >>> method("robust", steps=128).steps
    128

    Raises:
        UnknownNameError: there is no such method or field; the nearest are named.
        RecipeError: a value that the field cannot have.
    """
    for field, value in fields.items():
        if field in ELSEWHERE:
            raise misplaced(field, value, IN_METHODS)
    kept = {"start": UNKNOWN_START} if fields.get("feature_weight") else {}
    return method_of(compose(name, fields | kept, network="", weights="", target="logits:0"))


def __dir__() -> list[str]:
    return [*METHODS, "method"]


def __getattr__(name: str) -> Method:
    if name not in METHODS:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return method(name)
