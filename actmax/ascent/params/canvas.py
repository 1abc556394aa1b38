"""What a parameterization is made for, and what it is: a start of the ascent, and the image that a variable means."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import torch
from torch import Generator, Tensor

from actmax.errors import RecipeError


@dataclass(frozen=True)
class Canvas:
    """The images that are drawn: their shape, their network's normalisation, and where they are computed."""

    channels: int
    height: int
    width: int
    normalize: Callable[[Tensor], Tensor]
    """(B, C, H, W) in [0, 1] -> what the network is shown."""
    denormalize: Callable[[Tensor], Tensor]
    """The inverse; not clipped."""
    device: torch.device = field(default_factory=lambda: torch.device("cpu"))


class Parameterization(NamedTuple):
    """Where ascent starts, and what its variable means."""

    start: Tensor
    """(B, …), float32, on the processor: x₀, or the first coefficients."""
    picture: Callable[[Tensor], Tensor]
    """(B, …) -> images (B, C, H, W), for RGB in [0, 1]; within that range, but unclipped for pixels."""
    normalized: Callable[[Tensor], Tensor] | None = None
    """(B, …) -> what the network is shown, where that is simpler than to normalise the picture."""
    variable: Callable[[Tensor], Tensor] | None = None
    """Images (B, C, H, W) in [0, 1] -> the variable that means them, or comes close; None where nobody knows it."""

    def starting_from(self, pictures: Tensor) -> Parameterization:
        """The same, with the ascent starting from pictures (B, C, H, W) in place of noise.

        Raises:
            RecipeError: no variable is known that means them.
        """
        if self.variable is None:
            raise RecipeError("This parameterization cannot start from a picture: pixels, waves and phases can.")
        return self._replace(start=self.variable(pictures))


Params = Callable[[Sequence[Generator], Canvas], Parameterization]
"""A random generator for each image of the batch, so that none depends on its neighbours; and the canvas."""
