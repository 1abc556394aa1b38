"""How the variable moves uphill: plain gradient ascent, or Adam's step."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial

import torch
from torch import Tensor

from actmax.ascent.gradient_ascent import Score, ascend, gradient

Optimizer = Callable[[Sequence[Score], Tensor], Iterator[tuple[Tensor, Tensor]]]
"""A view of h for each step, and the start (B, …) -> after each step x, and the scores (B,) before it.
The tensor x may be reused: copy what you keep. It may be changed in place, and the next step starts from there."""


def gradient_ascent(alpha: float) -> Optimizer:
    """x + α ∇h, and nothing else (Erhan et al. 2009, section 3).

    Args:
        alpha: the step size, in units of the variable per unit of gradient.
    """
    return partial(ascend, alpha=alpha)


def adam(rate: float, anneal: float = 0.0) -> Optimizer:
    """Adam's step, uphill (Kingma & Ba 2015, algorithm 1).

    Args:
        rate: about how far each number moves in a step.
        anneal: the last part of the steps, from 0 to 1, over which the rate falls to zero.
    """
    return partial(_adam, rate=rate, anneal=anneal)


def _adam(views: Sequence[Score], x: Tensor, rate: float, anneal: float) -> Iterator[tuple[Tensor, Tensor]]:
    x = x.clone()
    optimizer = torch.optim.Adam([x], maximize=True, fused=True)
    for h, alpha in zip(views, step_sizes(rate, len(views), anneal), strict=True):
        activation, grad = gradient(h, x)
        x.grad = grad.contiguous()  # the fused step reads memory as it lies; a slope may be an expanded view
        optimizer.param_groups[0]["lr"] = alpha
        optimizer.step()
        yield x, activation


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
