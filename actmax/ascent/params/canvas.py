"""What a parameterization is made for, and what it consists of: the parameters at the start, and their decoder."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import torch
from torch import Generator, Tensor

from actmax.errors import RecipeError


def _same(x: Tensor) -> Tensor:
    return x


@dataclass(frozen=True)
class Canvas:
    """The images that are optimized: their shape, their network's normalization, and their device."""

    channels: int
    height: int
    width: int
    normalize: Callable[[Tensor], Tensor] = _same
    """(B, C, H, W) in [0, 1] -> the network's input."""
    denormalize: Callable[[Tensor], Tensor] = _same
    """The inverse; not clipped."""
    device: torch.device = field(default_factory=lambda: torch.device("cpu"))

    @property
    def size(self) -> tuple[int, int]:
        """Height and width."""
        return self.height, self.width


class Parameterization(NamedTuple):
    """The image parameters at the start, and the way from parameters to images."""

    start: Tensor
    """(B, …), float32, on the processor."""
    decode: Callable[[Tensor], Tensor]
    """Parameters (B, …) -> images (B, C, H, W) in [0, 1]; pixels may lie outside of that range."""
    decode_normalized: Callable[[Tensor], Tensor] | None = None
    """Parameters (B, …) -> the network's input, where that is simpler than to normalize the image."""
    encode: Callable[[Tensor], Tensor] | None = None
    """Images (B, C, H, W) in [0, 1] -> the parameters that decode to them, or nearly; None where there is no way."""

    def starting_from(self, images: Tensor) -> Parameterization:
        """Return the same parameterization with the parameters of given images (B, C, H, W) at the start.

        Raises:
            RecipeError: images cannot be encoded.
        """
        if self.encode is None:
            raise RecipeError(
                "This parameterization cannot start from an image: pixels, fourier, phase and pyramid can."
            )
        return self._replace(start=self.encode(images))


Params = Callable[[Sequence[Generator], Canvas], Parameterization]
"""A random generator for each image of the batch, so that no image depends on its neighbors, and the canvas -> a
parameterization."""


def noise(generators: Sequence[Generator], *shape: int) -> Tensor:
    """Draw standard normal noise of a shape from each image's own generator: (B, *shape)."""
    return torch.stack([torch.randn(shape, generator=generator) for generator in generators])
