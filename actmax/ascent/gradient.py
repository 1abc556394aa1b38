"""Gradient ascent: the equation that the project is about, and the variant that draws the gallery.

Both take a batch: ``h`` gives one score per image, and since no image's score depends on another
image, the gradient of their sum is each image's own gradient.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

import torch
from torch import Tensor


def step_sizes(alpha: float, steps: int, anneal: float) -> list[float]:
    """α for each step: constant, then falling in a straight line towards zero over the last part.

    Large steps leave the picture on a slope of its own jitter; small ones at the end let it settle.

    Args:
        alpha: the step size before it falls.
        steps: how many.
        anneal: the part of them, from 0 to 1, over which it falls.
    """
    falling = anneal * steps
    return [alpha * min(1.0, (steps - step) / falling) if falling else alpha for step in range(steps)]


Score = Callable[[Tensor], Tensor]
"""(B, …) -> (B,): the activation of each image's target, before the softmax."""


# --8<-- [start:gradient]
def gradient(h: Score, x: Tensor) -> tuple[Tensor, Tensor]:
    """The activations h(x) and their gradient ∇ₓh, which has the shape of x."""
    x = x.detach().requires_grad_()
    activation = h(x)
    (slope,) = torch.autograd.grad(activation.sum(), x)
    return activation.detach(), slope


# --8<-- [end:gradient]


# --8<-- [start:ascend]
def ascend(h: Score, x: Tensor, alpha: float, steps: int) -> Iterator[tuple[Tensor, Tensor]]:
    """Yields each image x_{k+1} = x_k + α ∇ₓh(x_k), and the activation h(x_k) that it started from."""
    for _ in range(steps):
        activation, slope = gradient(h, x)
        x = x + alpha * slope
        yield x, activation


# --8<-- [end:ascend]


def ascend_adam(views: Iterable[Score], x: Tensor, alphas: Iterable[float]) -> Iterator[tuple[Tensor, Tensor]]:
    """The same with Adam's step (Kingma & Ba 2015, algorithm 1) and another view of h at each step.

    Args:
        views: one score for each step, such as h of the picture shifted and turned.
        x: (B, …), float32, the start.
        alphas: Adam's step size for each step; about how far each number moves in it.

    Yields:
        x after the step, and (B,) activations before it. The tensor is reused: copy what you keep.
    """
    x = x.clone()
    optimizer = torch.optim.Adam([x], maximize=True, fused=True)
    for h, alpha in zip(views, alphas, strict=True):
        activation, slope = gradient(h, x)
        x.grad = slope.contiguous()  # the fused step reads memory as it lies; a slope may be an expanded view
        optimizer.param_groups[0]["lr"] = alpha
        optimizer.step()
        yield x, activation
