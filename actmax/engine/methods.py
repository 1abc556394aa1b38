"""From the fields of a recipe to the parts that they name: each choice is a line of a table."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import torch
from torch import Tensor

from actmax.ascent.constraints import Constraint, blur, clip, l2_decay, length
from actmax.ascent.optimize import Method
from actmax.ascent.optimizers import Optimizer, adam, gradient_ascent
from actmax.ascent.params import Params, fourier, generator, phase, pixels
from actmax.ascent.penalties import (
    Penalty,
    channel_statistics_penalty,
    feature_distance,
    l2_penalty,
    total_variation,
)
from actmax.ascent.transforms import Transform, affine
from actmax.networks.network import Forward, Network
from actmax.networks.statistics import statistics_of
from actmax.recipe.recipe import Recipe

PARAMS: Mapping[str, Callable[[Recipe], Params]] = {
    "pixels": lambda recipe: pixels(recipe.start_sd),
    "fourier": lambda recipe: fourier(recipe.decay_power, recipe.decorrelate, recipe.start_sd),
    "phase": lambda recipe: phase(recipe.start_sd),
    "generator": lambda recipe: generator(recipe.start_sd),
}
OPTIMIZERS: Mapping[str, Callable[[Recipe], Optimizer]] = {
    "ascent": lambda recipe: gradient_ascent(recipe.step_size),
    "adam": lambda recipe: adam(recipe.step_size, recipe.anneal),
}
CONSTRAINTS: Mapping[str, Callable[[Recipe], Constraint]] = {
    "l2_decay": lambda recipe: l2_decay(recipe.l2_decay),
    "blur": lambda recipe: blur(recipe.blur, recipe.blur_every),
    "norm": lambda recipe: length(recipe.norm),
    "clip": lambda _: clip(),
}
"""By the field that asks for one, in the order in which they act."""


def composition(
    recipe: Recipe, network: Network, device: torch.device, dtype: torch.dtype, start: Tensor | None
) -> Method:
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
    return Method(
        params=PARAMS[recipe.parameterization](recipe),
        optimizer=OPTIMIZERS[recipe.optimizer](recipe),
        steps=recipe.steps,
        transforms=_transforms(recipe),
        relative_penalties=_relative_penalties(recipe, network, device, dtype, start),
        # The mean over n numbers has 2 (x - 0.5) / n for its slope, and the pull is to be x - 0.5.
        absolute_penalties=((recipe.l2_weight * 1.5 * recipe.side**2, l2_penalty),) if recipe.l2_weight else (),
        normalize_gradient=recipe.normalize_gradient,
        gradient_window=recipe.gradient_window,
        gradient_blur=recipe.gradient_blur,
        constraints=[constraint(recipe) for field, constraint in CONSTRAINTS.items() if getattr(recipe, field)],
    )


def _transforms(recipe: Recipe) -> tuple[Transform, ...]:
    if not (recipe.jitter or recipe.scale or recipe.rotate):
        return ()
    return (affine(recipe.jitter, recipe.scale, recipe.rotate),)


def _relative_penalties(
    recipe: Recipe, network: Network, device: torch.device, dtype: torch.dtype, start: Tensor | None
) -> list[tuple[float, Penalty]]:
    def features(layers: Sequence[str]) -> Forward:
        forward = network.submodel(layers, (recipe.side, recipe.side), device, dtype, recipe.relu_leak)
        return lambda images: forward(network.normalize(images))

    found: list[tuple[float, Penalty]] = []
    if recipe.total_variation_weight:
        found.append((recipe.total_variation_weight, total_variation))
    if recipe.statistics_weight:
        known = statistics_of(network)
        found.append((recipe.statistics_weight, channel_statistics_penalty(features(tuple(known)), known)))
    if recipe.feature_weight and start is not None:
        forward = features([recipe.feature_layer])
        found.append(
            (recipe.feature_weight, feature_distance(lambda x: forward(x)[recipe.feature_layer], start.to(device)))
        )
    return found
