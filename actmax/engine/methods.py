"""From the fields of a recipe to the parts that they name: each choice is a line of a table."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import torch
from torch import Tensor

from actmax.ascent.composition import Composition
from actmax.ascent.constraints import Constraint, blur, length, shrunk, within_range
from actmax.ascent.optimizers import Optimizer, adam, gradient_ascent
from actmax.ascent.params import Params, fourier, generator, phase, pixels
from actmax.ascent.penalties import (
    Penalty,
    distance_of_features,
    squared_distance_from_grey,
    total_variation,
    unlikeness,
)
from actmax.ascent.transforms import Transform, affine
from actmax.networks.network import Look, Network
from actmax.networks.statistics import statistics_of
from actmax.recipe.recipe import Recipe

PARAMS: Mapping[str, Callable[[Recipe], Params]] = {
    "pixels": lambda recipe: pixels(recipe.start_sd),
    "fourier": lambda recipe: fourier(recipe.decay, recipe.decorrelate, recipe.start_sd),
    "phase": lambda recipe: phase(recipe.start_sd),
    "generator": lambda recipe: generator(recipe.start_sd),
}
OPTIMIZERS: Mapping[str, Callable[[Recipe], Optimizer]] = {
    "ascent": lambda recipe: gradient_ascent(recipe.step_size),
    "adam": lambda recipe: adam(recipe.step_size, recipe.anneal),
}
CONSTRAINTS: Mapping[str, Callable[[Recipe], Constraint]] = {
    "shrink": lambda recipe: shrunk(recipe.shrink),
    "blur": lambda recipe: blur(recipe.blur, recipe.blur_every),
    "length": lambda recipe: length(recipe.length),
    "clip": lambda _: within_range(),
}
"""By the field that asks for one, in the order in which they act."""


def composition(
    recipe: Recipe, network: Network, device: torch.device, dtype: torch.dtype, start: Tensor | None
) -> Composition:
    """The parts that a recipe names.

    Args:
        recipe: the drawing, or one of a batch of alike ones.
        network: which some penalties ask.
        device: where.
        dtype: in which arithmetic.
        start: the pictures at the start, (B, C, H, W) in [0, 1], or None.

    Raises:
        RecipeError: the network cannot answer a penalty's question.
        UnknownNameError: it has no such layer.
    """
    return Composition(
        params=PARAMS[recipe.parameterization](recipe),
        optimizer=OPTIMIZERS[recipe.optimizer](recipe),
        steps=recipe.steps,
        transforms=_transforms(recipe),
        balanced=_balanced(recipe, network, device, dtype, start),
        # The mean over n numbers has 2 (x - 0.5) / n for its slope, and the pull is to be x - 0.5.
        pulls=((recipe.grey * 1.5 * recipe.side**2, squared_distance_from_grey),) if recipe.grey else (),
        unit_slope=recipe.unit_slope,
        centre=recipe.centre,
        slope_blur=recipe.slope_blur,
        constraints=[constraint(recipe) for field, constraint in CONSTRAINTS.items() if getattr(recipe, field)],
    )


def _transforms(recipe: Recipe) -> tuple[Transform, ...]:
    if not (recipe.jitter or recipe.scale or recipe.rotate):
        return ()
    return (affine(recipe.jitter, recipe.scale, recipe.rotate),)


def _balanced(
    recipe: Recipe, network: Network, device: torch.device, dtype: torch.dtype, start: Tensor | None
) -> list[tuple[float, Penalty]]:
    def features(layers: Sequence[str]) -> Look:
        look = network.cut(layers, (recipe.side, recipe.side), device, dtype, recipe.leak)
        return lambda images: look(network.normalize(images))

    found: list[tuple[float, Penalty]] = []
    if recipe.total_variation:
        found.append((recipe.total_variation, total_variation))
    if recipe.statistics:
        known = statistics_of(network)
        found.append((recipe.statistics, unlikeness(features(tuple(known)), known)))
    if recipe.keep and start is not None:
        look = features([recipe.keep_layer])
        found.append((recipe.keep, distance_of_features(lambda x: look(x)[recipe.keep_layer], start.to(device))))
    return found
