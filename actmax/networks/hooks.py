"""Functions that a submodel applies inside the network: each returns its input's values with another gradient."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from torch import Tensor


@dataclass(frozen=True)
class GradientHooks:
    """Changes to the gradient on its way through a network; the forward pass computes the same values.

    Every function must be hashable (a frozen dataclass with ``__call__``) and differentiable.
    """

    relu: Callable[[Tensor, float], Tensor] | None = None
    """Replaces each ``nn.ReLU`` and ``nn.ReLU6``: (input, upper bound, infinite for a ReLU) -> output. A ReLU that the
    network calls as a function keeps its own gradient."""
    outputs: tuple[tuple[str, Callable[[Tensor], Tensor]], ...] = ()
    """By layer name: applied to the layer's output before the next layer, or the objective, receives it."""
    inputs: tuple[tuple[str, Callable[[Tensor], Tensor]], ...] = ()
    """By layer name: applied to the layer's input."""
