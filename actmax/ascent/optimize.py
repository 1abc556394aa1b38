"""A method as a composition of parts, and the one optimization loop."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from functools import partial
from typing import Any, Self, cast

import torch
from torch import Generator, Tensor

from actmax.ascent.checks import check_parts, whole
from actmax.ascent.constraints import Constraint, takes_gradient
from actmax.ascent.context import Context
from actmax.ascent.gradients import (
    GradientMagnitude,
    GradientModifier,
    NetworkGradient,
    at_image,
    normalize,
    on_gradient,
    split,
)
from actmax.ascent.objectives import ObjectiveFunction
from actmax.ascent.optimizers import Optimizer, TorchOptimizer, adam, resolve_optimizer
from actmax.ascent.params import fourier
from actmax.ascent.params.canvas import Canvas, Parameterization, Params
from actmax.ascent.penalties import NetworkPenalty, Penalty
from actmax.ascent.transforms import Transform, View, make_views
from actmax.errors import RecipeError, quoted
from actmax.networks.hooks import GradientHooks
from actmax.recipe.misplaced import misplaced

Weighted = tuple[float, Penalty | NetworkPenalty]


@dataclass(frozen=True)
class Method:
    """Everything about an optimization but the network, the objective and the seeds.

    Named methods are instances of it (:func:`actmax.method`).

    >>> Method(steps=16).steps
    16
    """

    params: Params = field(default_factory=fourier)
    """What is optimized."""
    optimizer: Optimizer | TorchOptimizer = field(default_factory=lambda: adam(0.05))
    """How it is optimized: one of `actmax.optimizers`, or a class or factory of `torch.optim`."""
    steps: int = 64
    """How many steps, at least 1."""
    transforms: Sequence[Transform] = ()
    """Random transforms of the image at each step, one after another."""
    views: int = 1
    """How many random views of the image a step averages over."""
    penalties: Sequence[Weighted] = ()
    """Subtracted from the objective: (weight, penalty). The weight is in units of the objective, or, with `normalize`
    among the gradients, of an objective whose gradient has a mean absolute value of 1."""
    relative_penalties: Sequence[Weighted] = ()
    """The same, with weights that fit every network: a penalty's gradient has the weight as its mean absolute value,
    and the objective's has 1."""
    constraints: Sequence[Constraint] = ()
    """Projections of the parameters after each step, one after another."""
    gradients: Sequence[GradientModifier] = ()
    """Changes to the objective's gradient, in the order in which it meets them on its way back."""
    precision: str = "auto"
    """Arithmetic inside the network: `auto`, `fp32` or `bf16`."""

    def __new__(cls, *_: Any, **parts: Any) -> Self:
        """Refuse the fields of recipes, which are parts of parts here."""
        allowed = [part.name for part in fields(cls)]
        for name, value in parts.items():
            if name not in allowed:
                raise misplaced(name, value, allowed)
        return super().__new__(cls)

    def __post_init__(self) -> None:
        for name in ("steps", "views"):
            whole(name, getattr(self, name), 1)
        check_parts({part.name: getattr(self, part.name) for part in fields(self)})

    def bind(self, context: Context) -> tuple[Method, GradientHooks]:
        """Return the method with all that depends on the network filled in, and the hooks of the submodel.

        Raises:
            RecipeError: a part does not fit the network, the targets or the start.
        """
        given = [modifier.hooks(context) for modifier in self.gradients if isinstance(modifier, NetworkGradient)]
        relu = next((hooks.relu for hooks in given if hooks.relu), None)
        context = replace(context, hooks=GradientHooks(relu=relu))

        def bound(penalties: Sequence[Weighted]) -> list[Weighted]:
            return [
                (weight, penalty.bind(context) if hasattr(penalty, "bind") else penalty)
                for weight, penalty in penalties
            ]

        method = replace(self, penalties=bound(self.penalties), relative_penalties=bound(self.relative_penalties))
        return method, GradientHooks(
            relu,
            tuple(entry for hooks in given for entry in hooks.outputs),
            tuple(entry for hooks in given for entry in hooks.inputs),
        )


@dataclass(frozen=True)
class Step:
    """The state of an optimization after a step."""

    number: int
    """From 1."""
    parameters: Tensor
    """(B, …). The next step may reuse the tensor."""
    activations: Tensor
    """(B,): the objective before the step, without penalties."""
    outputs: Mapping[str, Tensor]
    """The outputs of the layers before the step, of the first view."""
    gradient_magnitude: Tensor | None
    """(B, H, W): the sum of the gradients' magnitudes so far; see :class:`GradientMagnitude`."""
    decode: Callable[[Tensor], Tensor]
    """From parameters to images."""

    @property
    def images(self) -> Tensor:
        """The images after the step, (B, C, H, W); pixels may lie outside of [0, 1]."""
        return self.decode(self.parameters).detach()


@dataclass
class _View:
    """h as one step sees it, and what it has returned."""

    method: Method
    forward: Callable[[Tensor], Mapping[str, Tensor]]
    objective: ObjectiveFunction
    param: Parameterization
    canvas: Canvas
    views: Sequence[View]
    magnitude: GradientMagnitude
    outputs: Mapping[str, Tensor] = field(default_factory=dict)
    activations: Tensor | None = None

    def __call__(self, x: Tensor) -> Tensor:
        method, images = self.method, len(x)
        penalties = [*method.relative_penalties, *method.penalties]
        modifiers = at_image(method.gradients)
        if method.relative_penalties and normalize not in modifiers:
            modifiers.append(normalize)
        copies: Sequence[Tensor] = ()
        if self.param.decode_normalized is None or modifiers or penalties:
            image = self.param.decode(x)
            if penalties:
                image, *copies = split(image, 1 + len(penalties))
            for modifier in reversed(modifiers):
                image = on_gradient(image, modifier)
            image = self.canvas.normalize(image)
        else:
            image = self.param.decode_normalized(x)
        image = on_gradient(image, self.magnitude)
        for modifier in reversed(at_image(method.gradients, input=True)):
            image = on_gradient(image, modifier)
        score = self._score(image)
        for index, ((weight, penalty), copy) in enumerate(zip(penalties, copies, strict=True)):
            if index < len(method.relative_penalties):
                copy, weight = on_gradient(copy, partial(normalize, mean=weight)), 1.0
            score = score - weight * _check("A penalty", cast("Penalty", penalty)(copy), images)
        return score

    def _score(self, image: Tensor) -> Tensor:
        scores = []
        for view in self.views:
            outputs = self.forward(view(image))
            scores.append(_check("An objective", self.objective(outputs), len(image)))
            if not self.outputs:
                self.outputs = {name: output.detach() for name, output in outputs.items()}
        score = scores[0] if len(scores) == 1 else torch.stack(scores).mean(0)
        if image.requires_grad and not score.requires_grad:
            raise RecipeError("The objective does not depend on the image: there is no gradient.")
        if self.activations is None:  # an optimizer may evaluate a view more than once
            self.activations = score.detach()
        return score


def _check(what: str, value: object, images: int) -> Tensor:
    if not isinstance(value, Tensor) or value.shape != (images,):
        got = f"a tensor of shape {tuple(value.shape)}" if isinstance(value, Tensor) else type(value).__name__
        raise RecipeError(f"{what} must return a number for each image, a tensor of shape ({images},), not {got}.")
    return value


def optimize(
    method: Method,
    forward: Callable[[Tensor], Mapping[str, Tensor]],
    objective: ObjectiveFunction,
    canvas: Canvas,
    seeds: Sequence[int],
    start: Tensor | None = None,
    view_size: tuple[int, int] | None = None,
) -> Iterator[Step]:
    """Optimize images by gradient ascent, and yield the state after each step.

    Args:
        method: bound to its network, where parts of it need one (:meth:`Method.bind`).
        forward: normalized images (B, C, H, W) -> the outputs of the layers that the objective needs, by name.
        objective: those outputs -> (B,).
        canvas: shape, normalization and device of the images.
        seeds: one for each of B images, of its noise at the start and of its transforms.
        start: images (B, C, H, W) in [0, 1] to start from, in place of noise.
        view_size: height and width of the images that `forward` is given; by default those of the canvas.

    Raises:
        RecipeError: the parameterization cannot start from an image, a part returns no score, or values become infinite
            or NaN.

    >>> forward = lambda images: {"mean": images.mean((1, 2, 3))}
    >>> steps = optimize(Method(steps=8), forward, lambda outputs: outputs["mean"], Canvas(3, 16, 16), seeds=[0])
    >>> first, *_, last = (step.activations.item() for step in steps)
    >>> last > first
    True
    """
    # Always the processor's generators: those of another device draw other numbers.
    generators = [Generator().manual_seed(seed) for seed in seeds]
    param = method.params(generators, canvas)
    if not isinstance(param, Parameterization):
        raise RecipeError(f"params must return an actmax.params.Parameterization, not {quoted(param)}.")
    if start is not None:
        param = param.starting_from(start)
    views = make_views(method.transforms, generators, method.steps * method.views, canvas, view_size)
    magnitude = GradientMagnitude()
    steps = [
        _View(method, forward, objective, param, canvas, views[first : first + method.views], magnitude)
        for first in range(0, len(views), method.views)
    ]
    path = resolve_optimizer(method.optimizer)(steps, param.start.to(canvas.device))
    for number, view in enumerate(steps, 1):
        x, _ = next(path, (None, None))
        if x is None or view.activations is None:
            raise RecipeError("An optimizer must evaluate the view of each step, and yield the parameters after it.")
        for constrain in method.constraints:
            more = (magnitude.latest,) if takes_gradient(constrain) else ()
            x.copy_(constrain(x, number, canvas, *more))  # in place: the optimizer continues from there
        yield Step(number, x, view.activations, view.outputs, magnitude.total, param.decode)
        view.outputs = {}  # the outputs of a thousand steps would fill the memory


def check_finite(activations: Tensor, images: Tensor) -> None:
    """Refuse an optimization whose values have become infinite or NaN.

    Args:
        activations: (B, steps).
        images: after the last step.

    Raises:
        RecipeError: the message names the first such step.
    """
    finite = torch.cat([activations.isfinite().all(0), images.isfinite().all().cpu()[None]])
    if not finite.all():
        step = min(int((~finite).nonzero()[0]) + 1, activations.shape[1])
        if step == 1 and not activations[:, 0].isfinite().all():
            raise RecipeError(
                "The optimization left the finite numbers in step 1: the objective itself is not finite for the image "
                "at the start."
            )
        raise RecipeError(
            f"The optimization left the finite numbers in step {step}: lower the step size, or the standard deviation "
            "of the start."
        )


def to_values(images: Tensor) -> Tensor:
    """Convert images (B, C, H, W) in [0, 1], on any device, to 8 bits; values outside are clipped."""
    return (images.detach().clamp(0, 1) * 255).round().to(torch.uint8).cpu()
