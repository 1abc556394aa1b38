"""The compact AlexNet in the package: its architecture, and the storage of its weights in int8.

AlexNet's five convolutions (Krizhevsky 2014, as torchvision has them) and a head of 9216 → 512 →
1000: 7.7 million weights instead of 61 million, one byte each.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import torch
from safetensors.torch import save_file
from torch import Tensor, nn

from actmax.networks.weights import SCALE


class CompactAlexNet(nn.Module):
    """The network; its weights are placeholders.

    Its layers have the paths that they have in torchvision's AlexNet, which is not imported: that would take as long
    as rendering an image.
    """

    def __init__(self, hidden: int = 512, classes: int = 1000) -> None:
        super().__init__()
        self.features: nn.Module = nn.Sequential(
            *(nn.Conv2d(3, 64, 11, stride=4, padding=2), nn.ReLU(), nn.MaxPool2d(3, 2)),
            *(nn.Conv2d(64, 192, 5, padding=2), nn.ReLU(), nn.MaxPool2d(3, 2)),
            *(nn.Conv2d(192, 384, 3, padding=1), nn.ReLU()),
            *(nn.Conv2d(384, 256, 3, padding=1), nn.ReLU()),
            *(nn.Conv2d(256, 256, 3, padding=1), nn.ReLU(), nn.MaxPool2d(3, 2)),
        )
        self.avgpool = nn.AdaptiveAvgPool2d(6)
        self.classifier: nn.Module = nn.Sequential(
            nn.Linear(256 * 6 * 6, hidden), nn.ReLU(), nn.Linear(hidden, classes)
        )

    def forward(self, x: Tensor) -> Tensor:
        """(B, 3, H, W) normalised -> (B, 1000) logits."""
        logits: Tensor = self.classifier(self.avgpool(self.features(x)).flatten(1))
        return logits


def quantize(state: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Quantize matrices and kernels to int8, symmetric, one float16 scale per output channel; biases to float16."""
    stored: dict[str, Tensor] = {}
    for name, value in state.items():
        if value.ndim < 2:
            stored[name] = value.half()
            continue
        rows = value.float().flatten(1)
        # Rounded to float16 before use, so that the stored scale is the one that was divided by.
        scale = (rows.abs().amax(1) / 127).clamp_min(1e-7).half().float()
        stored[name] = (rows / scale[:, None]).round().clamp(-127, 127).to(torch.int8).view(value.shape)
        stored[name + SCALE] = scale.half()
    return stored


def dequantize(stored: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Undo :func:`quantize`, to float32. Tensors without a scale are only converted."""
    state: dict[str, Tensor] = {}
    for name, value in stored.items():
        if name.endswith(SCALE):
            continue
        scale = stored.get(name + SCALE)
        wide = value.float()
        state[name] = wide if scale is None else wide * scale.float().view(-1, *[1] * (value.ndim - 1))
    return state


def save(state: Mapping[str, Tensor], path: Path, about: Mapping[str, str]) -> None:
    """Write quantized weights with a header of plain text about their origin."""
    save_file({name: value.contiguous() for name, value in quantize(state).items()}, path, dict(about))
