"""What a method is bound to when it runs: a network, its targets, and where it is computed."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from actmax.networks.hooks import GradientHooks
from actmax.recipe.target import Target

if TYPE_CHECKING:
    from actmax.networks.network import Network


@dataclass(frozen=True)
class Context:
    """What those parts of a method are given that depend on the network."""

    network: Network
    size: tuple[int, int]
    """Height and width of the images."""
    device: torch.device
    dtype: torch.dtype
    """Of the arithmetic inside the network."""
    targets: Sequence[Target] = ()
    """One for each image; empty where the objective is a function."""
    start: Tensor | None = None
    """The images at the start, (B, C, H, W) in [0, 1]; None for noise."""
    hooks: GradientHooks = field(default_factory=GradientHooks)
    """Those of the method's gradient modifiers that hold for every submodel."""

    @property
    def are_classes(self) -> bool:
        """Whether each target is the logit of a single class."""
        outputs = self.network.card.outputs
        return bool(self.targets) and all(
            target.unit is not None and target.layer in outputs for target in self.targets
        )

    def features(self, layers: Sequence[str]) -> Callable[[Tensor], Mapping[str, Tensor]]:
        """Return the function from images (B, C, H, W) in [0, 1] to the outputs of layers by name."""
        forward = self.network.submodel(layers, self.size, self.device, self.dtype, self.hooks)
        return lambda images: forward(self.network.normalize(images))
