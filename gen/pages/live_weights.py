"""The weights for the engine in the reader's browser: one small file for each layer.

A target in conv2 fetches two of them. They are packed by gzip here, since few hosts pack files of numbers themselves.
The weights of the linear layers are rounded to fewer levels than in the package, which nearly halves the download.
"""

from __future__ import annotations

import gzip
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import load_file, save

from actmax.networks.cards import card
from actmax.networks.weights import SCALE

NETWORK = "compact"
"""The network with the smallest weights."""
COARSER = {"fc6": 8, "fc8": 2}
"""By what power of two the steps between a layer's levels grow, so that scales stay exact. Half of all weights are in
fc6, and rounding errors of 9216 inputs cancel."""

Tensors = Mapping[str, NDArray[np.generic]]


@dataclass(frozen=True)
class Layer:
    """The weights of a layer: a safetensors file packed by gzip."""

    name: str
    content: bytes

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.content).hexdigest()

    @property
    def file(self) -> str:
        """The published file's name, with part of the digest, so that no cache confuses two versions."""
        return f"{self.name}-{self.sha256[:8]}.bin"


@dataclass(frozen=True)
class Weights:
    """The weights of the whole network."""

    layers: tuple[Layer, ...]

    @property
    def bytes(self) -> int:
        return sum(len(layer.content) for layer in self.layers)


@cache
def weights() -> Weights:
    """Return the weights of the compact AlexNet as they are published."""
    about = card(NETWORK)
    tensors = rounded(load_file(about.file or Path()))
    return Weights(tuple(Layer(name, _packed(tensors, path)) for name, path in about.layers.items()))


def rounded(tensors: Tensors) -> Tensors:
    """Return quantized weights with fewer levels in some layers; the format stays the package's.

    Args:
        tensors: of the package's file (:func:`actmax.networks.compact.quantize`).
    """
    result = dict(tensors)
    for name, factor in COARSER.items():
        weight = f"{card(NETWORK).layers[name]}.weight"
        result[weight] = np.rint(tensors[weight] / np.float32(factor)).astype(np.int8)  # type: ignore[operator]
        result[weight + SCALE] = (tensors[weight + SCALE] * np.float16(factor)).astype(np.float16)  # type: ignore[operator]
    return result


def _packed(tensors: Tensors, path: str) -> bytes:
    """Return the tensors of the layer at a path, without the path in their names."""
    layer = {name: tensors[f"{path}.{name}"] for name in ("weight", "weight" + SCALE, "bias")}
    return gzip.compress(save(layer), mtime=0)
