"""From the fields of a recipe to the parts that they name: each choice is a line of a table."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from actmax.ascent.composition import Composition
from actmax.ascent.optimizers import Optimizer, adam, gradient_ascent
from actmax.ascent.params import Params, fourier, generator, pixels
from actmax.ascent.penalties import total_variation
from actmax.ascent.transforms import Transform, affine
from actmax.recipe.recipe import Recipe

PARAMS: Mapping[str, Callable[[Recipe], Params]] = {
    "pixels": lambda recipe: pixels(recipe.start_sd),
    "fourier": lambda recipe: fourier(recipe.decay, recipe.decorrelate, recipe.start_sd),
    "generator": lambda recipe: generator(recipe.start_sd),
}
OPTIMIZERS: Mapping[str, Callable[[Recipe], Optimizer]] = {
    "ascent": lambda recipe: gradient_ascent(recipe.step_size),
    "adam": lambda recipe: adam(recipe.step_size, recipe.anneal),
}


def composition(recipe: Recipe) -> Composition:
    """The parts that a recipe names."""
    return Composition(
        params=PARAMS[recipe.parameterization](recipe),
        optimizer=OPTIMIZERS[recipe.optimizer](recipe),
        steps=recipe.steps,
        transforms=_transforms(recipe),
        balanced=((recipe.total_variation, total_variation),) if recipe.total_variation else (),
        centre=recipe.centre,
    )


def _transforms(recipe: Recipe) -> tuple[Transform, ...]:
    if not (recipe.jitter or recipe.scale or recipe.rotate):
        return ()
    return (affine(recipe.jitter, recipe.scale, recipe.rotate),)
