"""What is done to the slope on its way back to the picture: weighed, blurred, centred, and remembered.

Each function returns the picture as it is, and changes or reads what comes back to it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional


def balance(picture: Tensor, weights: Sequence[float], absolute_penalties: Sequence[float] = ()) -> tuple[Tensor, ...]:
    """A picture for the objective, and one for each penalty, whose slopes are made as steep as given on the way back.

    How strong a penalty has to be depends on how large a network's logits are, and changes while the picture grows. As
    a part of the objective's own slope it has one meaning for all networks, classes and steps; feature accentuation
    balances its two terms by their gradients as well (Hamblin et al. 2024, section 3).

    Args:
        picture: (B, C, H, W).
        weights: of the penalties whose slopes are made as steep.
        pulls: of those whose slopes are taken as they are.

    Returns:
        The same picture 1 + n times. Whatever slope comes back to the first has 1 for the mean size of its numbers
        afterwards, for each image; to those of the ``weights``, their weight. A slope of zero stays zero. The mean
        size, and not the length: some networks' slopes have a few spikes that make up most of their length, and a
        penalty that had to be as long would drown all else.
    """
    parts: tuple[Tensor, ...] = _Balance.apply(picture, tuple(weights), tuple(absolute_penalties))
    return parts


class _Balance(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any, picture: Tensor, weights: Sequence[float], absolute_penalties: Sequence[float]
    ) -> tuple[Tensor, ...]:
        ctx.weights, ctx.absolute_penalties = (1.0, *weights), absolute_penalties
        return tuple(picture.clone() for _ in (*ctx.weights, *absolute_penalties))

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor, None, None]:
        count = len(ctx.weights)
        weighed = [weight * unit(grad) for weight, grad in zip(ctx.weights, grads[:count], strict=True)]
        weighed += [pull * grad for pull, grad in zip(ctx.absolute_penalties, grads[count:], strict=True)]
        return torch.stack(weighed).sum(0), None, None


def unit(grads: Tensor) -> Tensor:
    """Each image's slope (B, …), with 1 for the mean size of its numbers; zero stays zero."""
    numbers = grads.flatten(1)
    return functional.normalize(numbers, p=1, eps=1e-12).mul_(numbers.shape[1]).view_as(grads)


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
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor, None]:
        down, right = (
            torch.linspace(-1, 1, size, device=grad.device, dtype=grad.dtype).div_(ctx.deviation).square_().mul_(-0.5)
            for size in grad.shape[2:]
        )
        return grad * (down[:, None] + right).exp_(), None


def smoothed(picture: Tensor, deviation: float) -> Tensor:
    """A picture whose slope is blurred on the way back: what one pixel asks for, its neighbours get as well.

    Walker et al. 2019, "Inception loops discover what excites neurons most using deep predictive models" (methods).

    Args:
        picture: (B, C, H, W).
        deviation: of the Gaussian, in pixels.
    """
    same: Tensor = _Smoothed.apply(picture, deviation)
    return same


class _Smoothed(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, picture: Tensor, deviation: float) -> Tensor:
        ctx.deviation = deviation
        return picture.view_as(picture)

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor, None]:
        return blurred(grad, ctx.deviation), None


def blurred(images: Tensor, deviation: float) -> Tensor:
    """Images (B, C, H, W) through a Gaussian, mirrored beyond the border.

    Tap by tap: a convolution or a product would round an image by how many stand beside it.

    Args:
        images: of any size.
        deviation: in pixels; the Gaussian is cut off after three of them, and where the mirrored image ends.
    """
    for axis in (2, 3):
        size = images.shape[axis]
        reach = min(max(1, round(3 * deviation)), size - 1)
        taps = torch.arange(-reach, reach + 1).div(deviation).square().mul(-0.5).exp()
        weights = (taps / taps.sum()).tolist()
        ends = (0, 0, reach, reach) if axis == 2 else (reach, reach, 0, 0)
        padded = functional.pad(images, ends, mode="reflect")
        images = padded.narrow(axis, 0, size) * weights[0]
        for place, weight in enumerate(weights[1:], 1):
            images = images.add_(padded.narrow(axis, place, size), alpha=weight)
    return images


class GradientMagnitude:
    """Where the slope has been: the transparency mask of Fel et al. 2023 ("MACO", section 3.3), at no cost.

    The sum over the steps of the slope's size at each pixel; each step counts alike, however steep it was.
    """

    def __init__(self) -> None:
        self.total: Tensor | None = None
        """(B, H, W), from 0 on, after the first slope has come back."""

    def __call__(self, image: Tensor) -> Tensor:
        """The image (B, C, H, W) as it is."""
        same: Tensor = _Touched.apply(image, self)
        return same

    def add(self, grad: Tensor) -> None:
        """Remembers a slope (B, C, H, W)."""
        size = unit(grad.detach().abs().mean(1))
        self.total = size if self.total is None else self.total.add_(size)


class _Touched(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, image: Tensor, gradient_magnitude: GradientMagnitude) -> Tensor:
        ctx.gradient_magnitude = gradient_magnitude
        return image.view_as(image)

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor, None]:
        ctx.gradient_magnitude.add(grad)
        return grad, None
