"""A small network that classifies sounds by their spectrograms."""

from __future__ import annotations

from pathlib import Path

import torch
from safetensors.torch import load_file
from torch import nn

from actmax.networks.network import Network
from actmax.networks.wrapping import wrap
from actmax.sounds import WEIGHTS
from actmax.sounds.synthesis import KINDS, SIDE

MEAN, STD = 0.2, 0.25
"""About those of spectrograms."""
WIDTHS = (24, 32, 48, 64)


class SoundClassifier(nn.Sequential):
    """Four strided convolutions, global average pooling, and a linear layer.

    (B, 1, SIDE, SIDE) normalized -> logits (B, len(KINDS)).
    """

    def __init__(self) -> None:
        layers: list[nn.Module] = []
        below = 1
        for width in WIDTHS:
            layers += [nn.Conv2d(below, width, 5, stride=2, padding=2), nn.BatchNorm2d(width), nn.ReLU()]
            below = width
        super().__init__(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(below, len(KINDS)))


def network(path: Path = WEIGHTS) -> Network:
    """Load the trained network, whose labels are the kinds of sound, such as ``bell``.

    Args:
        path: of its weights.

    Raises:
        OSError: they cannot be read.
    """
    module = SoundClassifier()
    with torch.no_grad():
        module.load_state_dict(load_file(path))
    return wrap(module, mean=MEAN, std=STD, size=SIDE, channels=1, labels=tuple(KINDS), name="the sound classifier")
