"""A method as a composition of parts, and the ascent that it makes."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Generator, Tensor
from torch.nn import functional

from actmax.ascent.objectives import Objective
from actmax.ascent.optimizers import Optimizer
from actmax.ascent.params.canvas import Canvas, Parameterization, Params
from actmax.ascent.penalties import Penalty
from actmax.ascent.transforms import Transform, View
from actmax.errors import RecipeError


@dataclass(frozen=True)
class Composition:
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
    balanced: Sequence[tuple[float, Penalty]] = ()
    """The same, with weights that fit every network: as parts of the steepness of the objective's own slope."""
    centre: float = 0.0
    """Width of the middle, where the objective's slope counts most; see :func:`centred`. 0: alike everywhere."""


@dataclass(frozen=True)
class Step:
    """Where an ascent is after a step."""

    x: Tensor
    """(B, …): the variable. It may be reused by the next step."""
    activations: Tensor
    """(B,): the objective before the step, penalties aside."""
    outputs: Mapping[str, Tensor]
    """What the layers returned before the step, for the image as the step saw it."""


@dataclass
class _Seen:
    """h as a single step sees it, and what it saw."""

    look: Callable[[Tensor], Mapping[str, Tensor]]
    objective: Objective
    param: Parameterization
    canvas: Canvas
    views: Sequence[View]
    penalties: Sequence[tuple[float, Penalty]]
    balanced: Sequence[tuple[float, Penalty]]
    centre: float
    outputs: Mapping[str, Tensor] = field(default_factory=dict)
    activations: Tensor | None = None

    def __call__(self, x: Tensor) -> Tensor:
        copies: Sequence[Tensor] = ()
        if self.param.normalized is None or self.balanced:
            picture = self.param.picture(x)
            if self.balanced:
                picture, *copies = balance(picture, [weight for weight, _ in self.balanced])
            image = self.canvas.normalize(picture)
        else:
            image = self.param.normalized(x)
            picture = self.param.picture(x) if self.penalties else image
        if self.centre:
            image = centred(image, self.centre)
        for view in self.views:
            image = view(image)
        outputs = self.look(image)
        score = _number_each("An objective", self.objective(outputs), len(x))
        if x.requires_grad and not score.requires_grad:
            raise RecipeError("The objective does not depend on the picture: there is no slope to climb.")
        if self.activations is None:  # an optimizer may look again from elsewhere before it steps
            self.outputs = {name: output.detach() for name, output in outputs.items()}
            self.activations = score.detach()
        for weight, penalty in self.penalties:
            score = score - weight * _number_each("A penalty", penalty(picture), len(x))
        for (_, penalty), copy in zip(self.balanced, copies, strict=True):
            score = score - _number_each("A penalty", penalty(copy), len(x))
        return score


def balance(picture: Tensor, weights: Sequence[float]) -> tuple[Tensor, ...]:
    """A picture for the objective, and one for each penalty, whose slopes are made as steep as given on the way back.

    How strong a penalty has to be depends on how large a network's logits are, and changes while the picture grows. As
    a part of the objective's own slope it has one meaning for all networks, classes and steps; feature accentuation
    balances its two terms by their gradients as well (Hamblin et al. 2024, section 3).

    Args:
        picture: (B, C, H, W).
        weights: of the penalties.

    Returns:
        The same picture 1 + n times. Whatever slope comes back to the first has 1 for the mean size of its numbers
        afterwards, for each image; to the others, their weight. A slope of zero stays zero. The mean size, and not the
        length: some networks' slopes have a few spikes that make up most of their length, and a penalty that had to be
        as long would drown all else.
    """
    parts: tuple[Tensor, ...] = _Balance.apply(picture, tuple(weights))
    return parts


class _Balance(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, picture: Tensor, weights: Sequence[float]) -> tuple[Tensor, ...]:
        ctx.weights = (1.0, *weights)
        return tuple(picture.clone() for _ in ctx.weights)

    @staticmethod
    def backward(ctx: Any, *slopes: Tensor) -> tuple[Tensor, None]:
        weighed = [weight * _unit(slope) for weight, slope in zip(ctx.weights, slopes, strict=True)]
        return torch.stack(weighed).sum(0), None


def _unit(slopes: Tensor) -> Tensor:
    """Each image's slope, with 1 for the mean size of its numbers."""
    numbers = slopes.flatten(1)
    return functional.normalize(numbers, p=1, eps=1e-12).mul_(numbers.shape[1]).view_as(slopes)


def centred(image: Tensor, deviation: float) -> Tensor:
    """An image whose slope counts the less on the way back, the farther from the middle.

    So one thing grows in the middle instead of its parts all over: the centre bias of Nguyen, Yosinski & Clune 2016,
    "Multifaceted Feature Visualization", as a weight instead of a border.

    Args:
        image: (B, C, H, W).
        deviation: of the Gaussian that weighs the slope, in halves of height and width.
    """
    weighed: Tensor = _Centred.apply(image, deviation)
    return weighed


class _Centred(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, image: Tensor, deviation: float) -> Tensor:
        ctx.deviation = deviation
        return image.view_as(image)

    @staticmethod
    def backward(ctx: Any, slope: Tensor) -> tuple[Tensor, None]:
        down, right = (
            torch.linspace(-1, 1, size, device=slope.device, dtype=slope.dtype).div_(ctx.deviation).square_().mul_(-0.5)
            for size in slope.shape[2:]
        )
        return slope * (down[:, None] + right).exp_(), None


def _number_each(what: str, value: object, images: int) -> Tensor:
    if not isinstance(value, Tensor) or value.shape != (images,):
        got = f"a tensor of shape {tuple(value.shape)}" if isinstance(value, Tensor) else type(value).__name__
        raise RecipeError(f"{what} must return a number for each image, a tensor of shape ({images},), not {got}.")
    return value


def climb(
    composition: Composition,
    look: Callable[[Tensor], Mapping[str, Tensor]],
    objective: Objective,
    canvas: Canvas,
    seeds: Sequence[int],
) -> tuple[Parameterization, Iterator[Step]]:
    """Ascends, step by step.

    Args:
        composition: the method.
        look: the network: normalised images (B, C, H, W) -> the outputs of the layers that the objective needs.
        objective: those outputs -> (B,).
        canvas: what the images are.
        seeds: one for each of B images, of its noise at the start and of its transforms.

    Returns:
        What the variable means, and the steps as they are taken.
    """
    # Always the processor's generators: another device would draw other numbers.
    generators = [Generator().manual_seed(seed) for seed in seeds]
    param = composition.params(generators, canvas)
    views = [transform(generators, composition.steps, canvas) for transform in composition.transforms]
    if any(len(of_transform) != composition.steps for of_transform in views):
        raise RecipeError(f"A transform must give a view for each of the {composition.steps} steps.")
    return param, _steps(composition, look, objective, canvas, param, list(zip(*views, strict=True)))


def _steps(
    composition: Composition,
    look: Callable[[Tensor], Mapping[str, Tensor]],
    objective: Objective,
    canvas: Canvas,
    param: Parameterization,
    views: Sequence[Sequence[View]],
) -> Iterator[Step]:
    seen = [
        _Seen(
            look,
            objective,
            param,
            canvas,
            views[step] if views else (),
            composition.penalties,
            composition.balanced,
            composition.centre,
        )
        for step in range(composition.steps)
    ]
    start = param.start.to(canvas.device)
    path = composition.optimizer(seen, start)
    for view in seen:
        x, _ = next(path, (None, None))
        if x is None or view.activations is None:
            raise RecipeError("An optimizer must look at the view of each step, and yield the variable after it.")
        yield Step(x, view.activations, view.outputs)
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
