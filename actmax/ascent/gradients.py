"""Gradient modifiers: each leaves all values as they are and changes the gradient on its way back to the image.

A modifier of the gradient at the image is a function of that gradient, (B, C, H, W) -> (B, C, H, W). A modifier with
`hooks` acts inside the network instead. `Method.gradients` lists them in the order in which the gradient meets them:
inside the network, at the network's normalized input (`window`), at the image in [0, 1] (all others).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial, reduce
from typing import TYPE_CHECKING, Any, ClassVar, Protocol, runtime_checkable

import torch
from torch import Tensor
from torch.nn import functional

from actmax.ascent.arguments import checked
from actmax.errors import RecipeError
from actmax.networks.hooks import GradientHooks

if TYPE_CHECKING:
    from actmax.ascent.context import Context

__all__ = ["blur", "facet", "frequency_decay", "margin", "normalize", "on_gradient", "relu_leak", "window"]


def __dir__() -> list[str]:
    return __all__


ImageGradient = Callable[[Tensor], Tensor]
"""The gradient at the image (B, C, H, W) -> the one that goes on to the image parameters."""


@runtime_checkable
class NetworkGradient(Protocol):
    """A modifier that acts inside the network."""

    def hooks(self, context: Context) -> GradientHooks:
        """Return the functions that a submodel applies, for the network and the targets of the context."""


GradientModifier = ImageGradient | NetworkGradient


def at_image(modifiers: Sequence[GradientModifier], input: bool = False) -> list[ImageGradient]:  # noqa: A002
    """Return the modifiers that act at the image in [0, 1], or those at the network's normalized input."""
    return [
        modifier
        for modifier in modifiers
        if not isinstance(modifier, NetworkGradient) and getattr(modifier, "at_input", False) == input
    ]


def on_gradient(x: Tensor, change: ImageGradient) -> Tensor:
    """Return x unchanged; its gradient passes through a function.

    Args:
        x: any tensor.
        change: gradient -> gradient of the same shape.

    >>> x = torch.ones(2, requires_grad=True)
    >>> on_gradient(x, torch.neg).sum().backward()
    >>> x.grad.tolist()
    [-1.0, -1.0]
    """
    same: Tensor = _OnGradient.apply(x, change)
    return same


class _OnGradient(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: Tensor, change: ImageGradient) -> Tensor:
        ctx.change = change
        return x.view_as(x)

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor, None]:
        return ctx.change(grad), None


def split(x: Tensor, count: int) -> tuple[Tensor, ...]:
    """Return copies of x, whose gradients are added up in their order, whatever order autograd takes."""
    copies: tuple[Tensor, ...] = _Split.apply(x, count)
    return copies


class _Split(torch.autograd.Function):
    @staticmethod
    def forward(_: Any, x: Tensor, count: int) -> tuple[Tensor, ...]:
        return tuple(x.clone() for _ in range(count))

    @staticmethod
    def backward(_: Any, *grads: Tensor) -> tuple[Tensor, None]:
        return reduce(torch.add, grads), None


# At the image.


def normalize(grads: Tensor, mean: float = 1.0) -> Tensor:
    """Scale each image's gradient to a given mean absolute value, so that one step size fits every network.

    The mean and not the Euclidean norm: a few outliers make up most of the norm of some networks' gradients. A gradient
    of zero stays zero.

    Args:
        grads: (B, …).
        mean: the mean absolute value.

    >>> normalize(torch.tensor([[1.0, -3.0]])).tolist()
    [[0.5, -1.5]]
    """
    # Not by torch.nn.functional.normalize, whose norm and division take three times as long.
    size = grads.abs().flatten(1).sum(1).clamp_min(1e-12)
    return grads * (mean * grads[0].numel() / size).view(-1, *[1] * (grads.ndim - 1))


@checked()
def blur(sd: float) -> ImageGradient:
    """Blur the gradient by a Gaussian, so that neighboring pixels change together.

    As in later code of the authors of Walker et al. 2019 (`sinzlab/mei`); for their first see :func:`frequency_decay`.

    Args:
        sd: standard deviation of the Gaussian, in pixels.

    >>> blur(1.0)(torch.ones(1, 3, 8, 8)).shape
    torch.Size([1, 3, 8, 8])

    Raises:
        RecipeError: the standard deviation is not above 0.
    """
    if sd <= 0:
        raise RecipeError(f"The standard deviation of a blur must be above 0, not {sd}.")
    return partial(gaussian_blur, sd=sd)


@checked()
def frequency_decay(power: float) -> ImageGradient:
    """Divide the gradient by a power of the frequency, so that broad shapes change first (Walker et al. 2019;
    `fft_smooth` in the authors' code, cajal/inception_loop2019, with a power of 0.2).

    Args:
        power: of the frequency in cycles per image, which counts as 1 where it is lower.

    >>> frequency_decay(0.2)(torch.ones(1, 3, 8, 8)).shape
    torch.Size([1, 3, 8, 8])

    Raises:
        RecipeError: the power is not above 0.
    """
    if power <= 0:
        raise RecipeError(f"The power of the frequency must be above 0, not {power}.")

    def filtered(grads: Tensor) -> Tensor:
        height, width = grads.shape[2:]
        rows = torch.fft.fftfreq(height, 1 / height, device=grads.device)[:, None]
        columns = torch.fft.rfftfreq(width, 1 / width, device=grads.device)
        weights = (rows.square() + columns.square()).sqrt().clamp_min(1).pow(-power)
        smooth: Tensor = torch.fft.irfft2(torch.fft.rfft2(grads.float()) * weights, s=(height, width))
        return smooth.to(grads.dtype)

    return filtered


def gaussian_blur(images: Tensor, sd: float) -> Tensor:
    """Blur images by a Gaussian, mirrored beyond the border.

    The taps are added up one by one: a convolution would round an image by how many others are in its batch.

    Args:
        images: (B, C, H, W).
        sd: in pixels; the Gaussian ends after three standard deviations, and where the mirrored image ends.
    """
    for axis in (2, 3):
        size = images.shape[axis]
        reach = min(max(1, round(3 * sd)), size - 1)
        taps = torch.arange(-reach, reach + 1).div(sd).square().mul(-0.5).exp()
        weights = (taps / taps.sum()).tolist()
        padding = (0, 0, reach, reach) if axis == 2 else (reach, reach, 0, 0)
        padded = functional.pad(images, padding, mode="reflect")
        images = padded.narrow(axis, 0, size) * weights[0]
        for offset, weight in enumerate(weights[1:], 1):
            images = images.add_(padded.narrow(axis, offset, size), alpha=weight)
    return images


@checked()
@dataclass(frozen=True)
class window:  # noqa: N801 - called like the functions beside it
    """Weight the gradient by a Gaussian around the center of the image, so that one object grows there.

    The center bias of Nguyen, Yosinski & Clune 2016, "Multifaceted Feature Visualization", as a weight instead of a
    growing border.

    Args:
        sd: standard deviation of the Gaussian, in halves of the image's height and width.

    >>> window(0.5)(torch.ones(1, 1, 3, 3))[0, 0, 1].tolist()
    [0.1353352814912796, 1.0, 0.1353352814912796]

    Raises:
        RecipeError: the standard deviation is not above 0.
    """

    sd: float
    at_input: ClassVar[bool] = True

    def __post_init__(self) -> None:
        if self.sd <= 0:
            raise RecipeError(f"The standard deviation of a window must be above 0, not {self.sd}.")

    def __call__(self, grads: Tensor) -> Tensor:
        """Weight the gradient (B, C, H, W)."""
        rows, columns = (
            torch.linspace(-1, 1, size, device=grads.device, dtype=grads.dtype).div_(self.sd).square_().mul_(-0.5)
            for size in grads.shape[2:]
        )
        return grads * (rows[:, None] + columns).exp_()


class GradientMagnitude:
    """The sum over the steps of the gradient's magnitude at each pixel, each step normalized to a mean of 1.

    The transparency mask of Fel et al. 2023 ("MACO", section 3.3), at no cost.
    """

    def __init__(self) -> None:
        self.total: Tensor | None = None
        """(B, H, W), at least 0; None before the first gradient."""
        self.latest: Tensor | None = None
        """The last gradient, (B, C, H, W)."""

    def __call__(self, grads: Tensor) -> Tensor:
        """Add a gradient (B, C, H, W) and return it unchanged."""
        self.latest = grads.detach()
        magnitude = normalize(self.latest.abs().sum(1))
        self.total = magnitude if self.total is None else self.total.add_(magnitude)
        return grads


# Inside the network.


@checked()
@dataclass(frozen=True)
class relu_leak:  # noqa: N801 - called like the functions beside it
    """Let a part of the gradient pass where a ReLU is off, so that units that are off can be switched on.

    Guo, Li & Chen 2020, "Backpropagating Linearly Improves Transferability of Adversarial Examples"; Lucid does it
    while all units are off ("redirected ReLU"). ReLUs that a network calls as functions keep their own gradient.

    Args:
        leak: the part of the gradient, from 0 (the ReLU's own gradient) to 1 (as if there were no ReLU).

    >>> x = torch.tensor([-1.0, 2.0], requires_grad=True)
    >>> relu_leak(0.25)(x).sum().backward()
    >>> x.grad.tolist()
    [0.25, 1.0]

    Raises:
        RecipeError: the leak is not in 0…1.
    """

    leak: float

    def __post_init__(self) -> None:
        if not 0 <= self.leak <= 1:
            raise RecipeError(f"relu_leak must be from 0 to 1, not {self.leak}.")

    def hooks(self, _context: Context) -> GradientHooks:
        """Return the function that replaces ReLUs."""
        return GradientHooks(relu=self)

    def __call__(self, x: Tensor, upper: float = math.inf) -> Tensor:
        """Clamp x to 0…upper; the gradient leaks where it is clamped."""
        clamped: Tensor = _LeakyReLU.apply(x, self.leak, upper)
        return clamped


class _LeakyReLU(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: Tensor, leak: float, upper: float) -> Tensor:
        output = x.relu() if upper == math.inf else x.clamp(0.0, upper)  # in half the time
        ctx.save_for_backward(output)
        ctx.leak, ctx.upper = leak, upper
        return output

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor, None, None]:
        (output,) = ctx.saved_tensors
        if ctx.upper == math.inf:  # one pass over memory instead of four
            return torch.ops.aten.leaky_relu_backward(grad, output, ctx.leak, False), None, None
        passes = (output > 0) & (output < ctx.upper)
        return torch.where(passes, grad, grad * ctx.leak), None, None


@checked()
@dataclass(frozen=True)
class margin:  # noqa: N801 - called like the functions beside it
    """Push down the class that leads: the gradient is that of h - weight · max of all logits.

    Where the target itself leads, only the size of the gradient changes. A weight of 1 is the margin of Carlini &
    Wagner 2017 ("Towards Evaluating the Robustness of Neural Networks", section V), whose gradient ends there. Unlike
    log Σ exp, the largest logit does not depend on the scale of the logits, nor on how a network is calibrated. It acts
    on a single class's logit: with any other target the gradient stays as it is.

    Args:
        weight: from 0 to 1.

    >>> logits = torch.tensor([[0.0, 3.0, 1.0]], requires_grad=True)
    >>> margin(0.5)(logits)[0, 0].backward()
    >>> logits.grad.tolist()
    [[1.0, -0.5, 0.0]]

    Raises:
        RecipeError: the weight is not in 0…1.
    """

    weight: float

    def __post_init__(self) -> None:
        if not 0 <= self.weight <= 1:
            raise RecipeError(f"margin_weight must be from 0 to 1, not {self.weight}.")

    def hooks(self, context: Context) -> GradientHooks:
        """Return the function for the logits; none where the targets are known and none of them is a class."""
        if context.targets and not context.are_classes:
            return GradientHooks()
        return GradientHooks(outputs=((context.network.card.output, self),))

    def __call__(self, logits: Tensor) -> Tensor:
        """Return logits (B, classes) unchanged, with the other gradient."""
        leader = logits.detach().argmax(1, keepdim=True)
        return on_gradient(logits, lambda grad: grad.scatter_add(1, leader, -self.weight * grad.sum(1, keepdim=True)))


@checked(facets=(1, math.inf))
@dataclass(frozen=True)
class facet:  # noqa: N801 - called like the functions beside it
    """Let the gradient of a class reach one share of its evidence only, so that drawings of one class differ.

    A class's logit is a weighted sum of the units of the last hidden layer. The units with a positive weight are
    ranked by it and dealt in turn into shares of about equal strength; units with a negative weight are in every
    share. Unlike the diversity term of Olah et al. 2017 and the clusters of Nguyen, Yosinski & Clune 2016, a facet
    depends on no other drawing and on no photographs.

    Args:
        facets: how many shares.
        index: which share, from 0: one number, or one for each image of the batch.

    >>> facet(4, 1).facets
    4
    """

    facets: int
    index: int | tuple[int, ...] = 0

    def hooks(self, context: Context) -> GradientHooks:
        """Return the function for the input of the layer of logits.

        Raises:
            RecipeError: the targets are no classes, or the network has no hidden layer with a name.
        """
        network = context.network
        if not context.are_classes:
            raise RecipeError("facets: the target is no class; only a class's logit is a weighted sum of units.")
        if not network.card.hidden or network.card.hidden[-1] not in network.card.layers:
            raise RecipeError(
                f"facets: {network.card.title} has no last hidden layer that is known by name; AlexNet and the compact "
                "AlexNet have."
            )
        weights, _ = network.linear(network.card.output)
        units = [target.unit or 0 for target in context.targets]
        indices = (self.index,) * len(units) if isinstance(self.index, int) else self.index
        shares = torch.stack(
            [share(weights[unit], self.facets, index) for unit, index in zip(units, indices, strict=True)]
        )
        mask = GradientMask(tuple(zip(units, indices, strict=True)), self.facets, shares.to(context.device))
        return GradientHooks(inputs=((network.card.layers[network.card.output], mask),))


def share(weights: Tensor, facets: int, index: int) -> Tensor:
    """Return which units belong to a facet.

    Args:
        weights: (units,), of the class.
        facets: how many shares.
        index: which.

    Returns:
        (units,), 1 or 0.
    """
    rank = weights.argsort(descending=True, stable=True).argsort()
    return ((weights <= 0) | (rank % facets == index)).float()


@dataclass(frozen=True)
class GradientMask:
    """Multiply the gradient of each image by its row of a mask, (B, units)."""

    images: tuple[tuple[int, int], ...]
    """The class and the share of each image, which determine the mask of a given network."""
    facets: int
    mask: Tensor = field(compare=False)

    def __call__(self, x: Tensor) -> Tensor:
        """Return x (B, units) unchanged."""
        return on_gradient(x, lambda grad: grad * self.mask.to(grad.dtype))
