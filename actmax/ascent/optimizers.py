"""Optimizers: plain gradient ascent, Adam, and any optimizer of torch."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any, cast

import torch
from torch import Tensor
from torch.optim.adam import adam as adam_step

from actmax.ascent.arguments import checked
from actmax.ascent.checks import takes
from actmax.ascent.gradient_ascent import Score, ascend, gradient

__all__ = ["adam", "from_torch", "gradient_ascent"]


def __dir__() -> list[str]:
    return __all__


Optimizer = Callable[[Sequence[Score], Tensor], Iterator[tuple[Tensor, Tensor]]]
"""A view of h for each step, and the parameters at the start (B, …) -> after each step the parameters, and the scores
(B,) before it. The tensor may be reused: copy what you keep. If it is changed in place, the next step starts there."""
TorchOptimizer = Callable[[list[Tensor]], torch.optim.Optimizer]
"""A class of `torch.optim`, or a function that makes an optimizer of parameters."""


@checked(anneal=(0, 1))
def gradient_ascent(alpha: float, anneal: float = 0.0) -> Optimizer:
    """Step along the gradient: x + α ∇h (Erhan et al. 2009, section 3).

    Args:
        alpha: the step size, in units of the parameters per unit of gradient.
        anneal: the last part of the steps, from 0 to 1, over which the step size falls to zero.

    >>> h = lambda x: x.square().sum(1)
    >>> [x.tolist() for x, _ in gradient_ascent(0.5)([h], torch.tensor([[1.0]]))]
    [[[2.0]]]
    """
    return partial(_annealed, alpha=alpha, anneal=anneal) if anneal else partial(ascend, alpha=alpha)


def _annealed(views: Sequence[Score], x: Tensor, alpha: float, anneal: float) -> Iterator[tuple[Tensor, Tensor]]:
    for h, size in zip(views, step_sizes(alpha, len(views), anneal), strict=True):
        for x, activation in ascend([h], x, size):  # noqa: B020 - a single step
            yield x, activation


@checked(anneal=(0, 1))
def adam(rate: float, anneal: float = 0.0) -> Optimizer:
    """Step as Adam does, uphill (Kingma & Ba 2015, algorithm 1).

    Args:
        rate: about how far each parameter changes in a step.
        anneal: the last part of the steps, from 0 to 1, over which the rate falls to zero.

    >>> h = lambda x: x.sum(1)
    >>> [round(x.item(), 3) for x, _ in adam(0.1)([h, h], torch.zeros(1, 1))]
    [0.1, 0.2]
    """
    return partial(_adam, rate=rate, anneal=anneal)


def _adam(views: Sequence[Score], x: Tensor, rate: float, anneal: float) -> Iterator[tuple[Tensor, Tensor]]:
    x = x.clone()
    mean, mean_square, count = torch.zeros_like(x), torch.zeros_like(x), torch.zeros((), device=x.device)
    for h, alpha in zip(views, step_sizes(rate, len(views), anneal), strict=True):
        activation, grad = gradient(h, x)
        if grad.stride() != x.stride():  # the fused step reads memory in order; a gradient may be an expanded view
            grad = torch.empty_like(x).copy_(grad)
        # A torch.optim.Adam would import torch's compiler first: seconds, and 150 MB.
        adam_step(
            [x], [grad], [mean], [mean_square], [], [count],
            lr=alpha, beta1=0.9, beta2=0.999, eps=1e-8, weight_decay=0.0, amsgrad=False, maximize=True, fused=True,
        )  # fmt: skip
        yield x, activation


@checked()
def from_torch(factory: TorchOptimizer) -> Optimizer:
    """Make an optimizer of one of torch, which minimizes: it is given the negative gradient.

    Args:
        factory: a class of `torch.optim`, or a function from a list of parameters to an optimizer.

    >>> h = lambda x: x.sum(1)
    >>> optimizer = from_torch(lambda params: torch.optim.SGD(params, lr=0.5))
    >>> [x.item() for x, _ in optimizer([h, h], torch.zeros(1, 1))]
    [0.5, 1.0]
    """

    def steps(views: Sequence[Score], x: Tensor) -> Iterator[tuple[Tensor, Tensor]]:
        x = x.clone()
        optimizer = factory([x])
        for h in views:
            first: list[Tensor] = []

            def closure(h: Score = h, first: list[Tensor] = first) -> float:
                activation, grad = gradient(h, x)
                x.grad = -grad.contiguous()
                first.append(activation)
                return -activation.sum().item()

            optimizer.step(closure)
            yield x, first[0]

    return steps


def resolve_optimizer(optimizer: Optimizer | TorchOptimizer) -> Optimizer:
    """Return an optimizer, whether it is one of ours (two arguments) or one of torch (one argument)."""
    return from_torch(cast("Any", optimizer)) if takes(optimizer, 1) else cast("Optimizer", optimizer)


def step_sizes(alpha: float, steps: int, anneal: float) -> list[float]:
    """Return the step size of each step: constant, then falling linearly towards zero.

    Large steps leave the noise of their last view in the image; small ones at the end average over views.

    Args:
        alpha: the step size before it falls.
        steps: how many.
        anneal: the part of them, from 0 to 1, over which it falls.
    """
    falling = anneal * steps
    return [alpha * min(1.0, (steps - step) / falling) if falling else alpha for step in range(steps)]
