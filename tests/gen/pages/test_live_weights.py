"""The weights for the engine in the reader's browser."""

from __future__ import annotations

import gzip
from pathlib import Path

import numpy as np
import pytest
import torch
from nightly import extent, some
from safetensors.numpy import load, load_file

from actmax.engine.render import render
from actmax.networks.cards import card
from actmax.networks.compact import CompactAlexNet, dequantize
from actmax.networks.load import load as load_network
from actmax.recipe import compose
from gen.pages.live import SIZE
from gen.pages.live_weights import COARSER, NETWORK, rounded, weights

MEGABYTES = 5


def package() -> dict[str, np.ndarray]:
    return load_file(card(NETWORK).file or Path())


def test_the_layers_are_a_small_download() -> None:
    assert weights().bytes == sum(len(layer.content) for layer in weights().layers) <= MEGABYTES * 1e6


def test_each_layer_has_a_file_that_is_named_by_its_contents() -> None:
    assert [layer.name for layer in weights().layers] == list(card(NETWORK).layers)
    for layer in weights().layers:
        assert layer.file == f"{layer.name}-{layer.sha256[:8]}.bin"
        path = card(NETWORK).layers[layer.name]
        stored = load(gzip.decompress(layer.content))
        for name in ("weight", "weight.scale", "bias"):
            expected = rounded(package())[f"{path}.{name}"]
            assert stored[name].dtype == expected.dtype
            assert np.array_equal(stored[name], expected)


@pytest.mark.parametrize("layer", card(NETWORK).layers)
def test_weights_are_rounded_to_the_nearest_level(layer: str) -> None:
    path, factor = card(NETWORK).layers[layer], COARSER.get(layer, 1)
    names = [f"{path}.weight", f"{path}.weight.scale"]
    (before, scale), (after, wider) = ([state[name] for name in names] for state in (package(), rounded(package())))
    assert np.array_equal(wider.astype(np.float32), factor * scale.astype(np.float32))  # exact in half precision
    assert np.abs(before - factor * after.astype(np.float32)).max() <= factor / 2


@extent
def test_the_predictions_for_drawings_are_those_of_the_package(whole: bool) -> None:
    """Of 100 classes by the default method: the rounding changes none of them."""
    network = load_network(NETWORK)
    fields = {"size": SIZE, "precision": "fp32"}
    targets = [f"fc8:{index}" for index in some(range(5, 1000, 10), 50, whole)]
    recipes = [compose("smooth", fields, network=NETWORK, weights=network.weights, target=target) for target in targets]
    pictures = [np.array(drawing.image) for drawing in render(recipes, network)]
    images = torch.from_numpy(np.stack(pictures)).permute(0, 3, 1, 2)
    inputs = network.normalize(images / 255)
    logits = []
    for state in (package(), rounded(package())):
        module = CompactAlexNet()
        module.load_state_dict(dequantize({name: torch.from_numpy(value) for name, value in state.items()}))
        with torch.inference_mode():
            logits.append(module.eval()(inputs))
    assert torch.equal(logits[0].argmax(1), logits[1].argmax(1))
    assert ((logits[1] - logits[0]).norm() / logits[0].norm()).item() <= 0.02
