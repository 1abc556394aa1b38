"""A learned generator: from the activations of a hidden layer to an image that may have caused them."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor, nn
from torch.nn import functional

from actmax.errors import WeightsError
from actmax.networks.compact import dequantize

WIDTHS = (320, 256, 192, 96, 48)
"""Channels of the layers; the first has 4 × 4 pixels, each of the others twice the side of the one before."""
COARSE = 4
SIZE = COARSE * 2 ** (len(WIDTHS) - 1)
"""Width and height of its images, in pixels."""
LAYER = "fc6"
"""The layer of AlexNet, and of the compact one, whose activations after the ReLU are the code."""


class Decoder(nn.Module):
    """The network; its weights are placeholders until :func:`load` or a training fills them.

    It inverts the activations of a layer (Dosovitskiy & Brox 2016, "Inverting Visual Representations with
    Convolutional Networks"), smaller and without an adversary.

    Args:
        code: numbers in a code, the activations of one image.
    """

    deviation: Tensor

    def __init__(self, code: int = 512) -> None:
        super().__init__()
        self.register_buffer("deviation", torch.ones(code))
        self.first = nn.Linear(code, WIDTHS[0] * COARSE**2)
        self.layers = nn.ModuleList(nn.Conv2d(narrow, wide, 3, padding=1) for narrow, wide in pairwise(WIDTHS))
        self.last = nn.Conv2d(WIDTHS[-1], 3, 3, padding=1)

    def forward(self, code: Tensor) -> Tensor:
        """(B, code), in units of each number's deviation over photographs -> RGB (B, 3, SIZE, SIZE) in [0, 1]."""
        x = functional.leaky_relu(self.first(code), 0.2).view(len(code), -1, COARSE, COARSE)
        for layer in self.layers:
            x = functional.leaky_relu(layer(functional.interpolate(x, scale_factor=2.0, mode="nearest")), 0.2)
        picture: Tensor = self.last(x).sigmoid()
        return picture


def load(path: Path) -> Decoder:
    """Load a trained generator, frozen.

    Raises:
        WeightsError: the file cannot be read, or holds another network.
    """
    try:
        stored = dequantize(load_file(path))
        decoder = Decoder(len(stored["deviation"]))
        decoder.load_state_dict(stored)
    except (OSError, SafetensorError, RuntimeError, KeyError, TypeError) as error:
        why = " ".join(str(error).split())  # torch lists tensors line by line
        raise WeightsError(f"{path} holds no generator that `actmax train generator` has made: {why}") from None
    return decoder.eval().requires_grad_(False)
