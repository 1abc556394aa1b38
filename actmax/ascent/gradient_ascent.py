"""Gradient ascent: the equation that the project is about.

Both functions take a batch: ``h`` returns one score for each image, and since no image's score depends
on another image, the gradient of their sum is each image's own gradient. The write-up quotes both
functions, in a column of eighty letters.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

import torch
from torch import Tensor

Score = Callable[[Tensor], Tensor]
"""(B, …) -> (B,): the activation of each image's target, before the softmax."""
Ascent = Iterator[tuple[Tensor, Tensor]]
"""The image after each step, and the activations before it."""


def gradient(h: Score, x: Tensor) -> tuple[Tensor, Tensor]:
    """The activations h(x) and their gradient ∇ₓh, of the shape of x."""
    x = x.detach().requires_grad_()
    activation = h(x)
    (grad,) = torch.autograd.grad(activation.sum(), x)
    return activation.detach(), grad


def ascend(views: Iterable[Score], x: Tensor, alpha: float) -> Ascent:
    """Yields each image x_{k+1} = x_k + α ∇ₓh(x_k), and the activation
    h(x_k) before the step.

    Each step has its view of h: the same h for all steps, or h of the
    image shifted or rotated.
    """
    for h in views:
        activation, grad = gradient(h, x)
        x = x + alpha * grad
        yield x, activation
