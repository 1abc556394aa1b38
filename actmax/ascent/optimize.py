"""A method as a composition of parts, and the ascent that it makes."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import torch
from torch import Generator, Tensor

from actmax.ascent.constraints import Constraint
from actmax.ascent.gradients import GradientMagnitude, balance, centred, smoothed
from actmax.ascent.objectives import Objective
from actmax.ascent.optimizers import Optimizer
from actmax.ascent.params.canvas import Canvas, Parameterization, Params
from actmax.ascent.penalties import Penalty
from actmax.ascent.transforms import Transform, View
from actmax.errors import RecipeError


@dataclass(frozen=True)
class Method:
    """Everything about an ascent but the network, the objective and the seed."""

    params: Params
    """What moves."""
    optimizer: Optimizer
    """How it moves."""
    steps: int
    """How often."""
    transforms: Sequence[Transform] = ()
    """How the network sees the image at each step, one after another."""
    penalties: Sequence[tuple[float, Penalty]] = ()
    """What is subtracted from the objective: (weight, penalty)."""
    relative_penalties: Sequence[tuple[float, Penalty]] = ()
    """The same, with weights that fit every network: as parts of the steepness of the objective's own slope."""
    absolute_penalties: Sequence[tuple[float, Penalty]] = ()
    """The same, whose own slope counts, against an objective's that has 1 for the mean size of its numbers."""
    normalize_gradient: bool = False
    """Whether the objective's slope has that size also without such penalties, so that a step size fits every
    network."""
    gradient_window: float = 0.0
    """Width of the middle, where the objective's slope counts most; see :func:`actmax.ascent.gradients.centred`. 0:
    alike everywhere."""
    gradient_blur: float = 0.0
    """Deviation in pixels of a blur of the objective's slope; see :func:`actmax.ascent.gradients.smoothed`. 0: none."""
    constraints: Sequence[Constraint] = ()
    """What is done to the variable after each step, one after another."""

    @property
    def weighs(self) -> bool:
        """Whether the objective's slope is given a size of its own."""
        return self.normalize_gradient or bool(self.relative_penalties) or bool(self.absolute_penalties)


@dataclass(frozen=True)
class Step:
    """Where an ascent is after a step."""

    x: Tensor
    """(B, …): the variable. It may be reused by the next step."""
    activations: Tensor
    """(B,): the objective before the step, penalties aside."""
    outputs: Mapping[str, Tensor]
    """What the layers returned before the step, for the image as the step saw it."""
    gradient_magnitude: Tensor | None
    """(B, H, W), from 0 on: the size of the gradients so far at each pixel; see
    :class:`actmax.ascent.gradients.GradientMagnitude`."""


@dataclass
class _Seen:
    """h as a single step sees it, and what it saw."""

    composition: Method
    forward: Callable[[Tensor], Mapping[str, Tensor]]
    objective: Objective
    param: Parameterization
    canvas: Canvas
    views: Sequence[View]
    gradient_magnitude: GradientMagnitude
    outputs: Mapping[str, Tensor] = field(default_factory=dict)
    activations: Tensor | None = None

    def __call__(self, x: Tensor) -> Tensor:
        method = self.composition
        restrained: Sequence[Tensor] = ()
        if self.param.normalized is None or method.weighs or method.gradient_blur:
            picture = self.param.picture(x)
            if method.weighs:
                weights, absolute_penalties = (
                    [weight for weight, _ in some] for some in (method.relative_penalties, method.absolute_penalties)
                )
                picture, *restrained = balance(picture, weights, absolute_penalties)
            image = self.canvas.normalize(smoothed(picture, method.gradient_blur) if method.gradient_blur else picture)
        else:
            image = self.param.normalized(x)
            picture = self.param.picture(x) if method.penalties else image
        image = self.gradient_magnitude(image)
        if method.gradient_window:
            image = centred(image, method.gradient_window)
        for view in self.views:
            image = view(image)
        outputs = self.forward(image)
        score = _number_each("An objective", self.objective(outputs), len(x))
        if x.requires_grad and not score.requires_grad:
            raise RecipeError("The objective does not depend on the picture: there is no slope to climb.")
        if self.activations is None:  # an optimizer may look again from elsewhere before it steps
            self.outputs = {name: output.detach() for name, output in outputs.items()}
            self.activations = score.detach()
        for weight, penalty in method.penalties:
            score = score - weight * _number_each("A penalty", penalty(picture), len(x))
        for (_, penalty), copy in zip(
            (*method.relative_penalties, *method.absolute_penalties), restrained, strict=True
        ):
            score = score - _number_each("A penalty", penalty(copy), len(x))
        return score


def _number_each(what: str, value: object, images: int) -> Tensor:
    if not isinstance(value, Tensor) or value.shape != (images,):
        got = f"a tensor of shape {tuple(value.shape)}" if isinstance(value, Tensor) else type(value).__name__
        raise RecipeError(f"{what} must return a number for each image, a tensor of shape ({images},), not {got}.")
    return value


def optimize(
    composition: Method,
    forward: Callable[[Tensor], Mapping[str, Tensor]],
    objective: Objective,
    canvas: Canvas,
    seeds: Sequence[int],
    start: Tensor | None = None,
) -> tuple[Parameterization, Iterator[Step]]:
    """Ascends, step by step.

    Args:
        composition: the method.
        look: the network: normalised images (B, C, H, W) -> the outputs of the layers that the objective needs.
        objective: those outputs -> (B,).
        canvas: what the images are.
        seeds: one for each of B images, of its noise at the start and of its transforms.
        start: pictures (B, C, H, W) to start from, in [0, 1], in place of noise.

    Returns:
        What the variable means, and the steps as they are taken.

    Raises:
        RecipeError: no variable means a picture that is given, or a transform gives too few views.
    """
    # Always the processor's generators: another device would draw other numbers.
    generators = [Generator().manual_seed(seed) for seed in seeds]
    param = composition.params(generators, canvas)
    if start is not None:
        param = param.starting_from(start)
    views = [transform(generators, composition.steps, canvas) for transform in composition.transforms]
    if any(len(of_transform) != composition.steps for of_transform in views):
        raise RecipeError(f"A transform must give a view for each of the {composition.steps} steps.")
    return param, _steps(composition, forward, objective, canvas, param, list(zip(*views, strict=True)))


def _steps(
    composition: Method,
    forward: Callable[[Tensor], Mapping[str, Tensor]],
    objective: Objective,
    canvas: Canvas,
    param: Parameterization,
    views: Sequence[Sequence[View]],
) -> Iterator[Step]:
    gradient_magnitude = GradientMagnitude()
    seen = [
        _Seen(composition, forward, objective, param, canvas, views[step] if views else (), gradient_magnitude)
        for step in range(composition.steps)
    ]
    start = param.start.to(canvas.device)
    path = composition.optimizer(seen, start)
    for count, view in enumerate(seen, 1):
        x, _ = next(path, (None, None))
        if x is None or view.activations is None:
            raise RecipeError("An optimizer must look at the view of each step, and yield the variable after it.")
        for constrain in composition.constraints:
            x.copy_(constrain(x, count, canvas))  # in place: the optimizer goes on from there
        yield Step(x, view.activations, view.outputs, gradient_magnitude.total)
        view.outputs = {}  # a thousand steps' answers would fill the memory


def finite(activations: Tensor) -> None:
    """Refuses an ascent that has left the numbers.

    Args:
        activations: (B, steps).

    Raises:
        RecipeError: some are infinite or no numbers; the message says from which step on.
    """
    if not (good := activations.isfinite().all(0)).all():
        raise RecipeError(
            f"The ascent left the finite numbers in step {int((~good).nonzero()[0]) + 1}: lower the step size, or the "
            "strength of the start."
        )


def to_values(picture: Tensor) -> Tensor:
    """Images (B, C, H, W), for RGB in [0, 1], on any device -> the same as 8 bits, values outside clipped."""
    return (picture.detach().clamp(0, 1) * 255).round().to(torch.uint8).cpu()
