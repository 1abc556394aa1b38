"""AlexNet in torchvision's own layout, made from the compact one: its logits, and three times as large ones."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file
from torchvision.models import AlexNet

from actmax.engine.render import render
from actmax.networks.cards import card
from actmax.networks.compact import dequantize
from actmax.networks.load import load
from actmax.networks.network import Network
from actmax.networks.weights import resolve_weights
from actmax.recipe import compose

HIDDEN = 512


def stand_in(folder: Path, factor: float) -> Network:
    """Return an AlexNet, loaded from a file, whose logits are those of the compact AlexNet times a factor."""
    file = card("compact").file
    assert file
    compact = dequantize(load_file(file))
    state = {name: torch.zeros_like(value) for name, value in AlexNet().state_dict().items()}
    state |= {name: value for name, value in compact.items() if name.startswith("features")}
    state["classifier.1.weight"][:HIDDEN] = compact["classifier.0.weight"]
    state["classifier.1.bias"][:HIDDEN] = compact["classifier.0.bias"]
    state["classifier.4.weight"][:HIDDEN, :HIDDEN] = torch.eye(HIDDEN)
    state["classifier.6.weight"][:, :HIDDEN] = factor * compact["classifier.2.weight"]
    state["classifier.6.bias"] = factor * compact["classifier.2.bias"]
    torch.save(state, folder / f"alexnet-{factor:g}.pth")
    return load(resolve_weights("alexnet", folder / f"alexnet-{factor:g}.pth"))


@pytest.fixture(scope="module")
def networks(tmp_path_factory: pytest.TempPathFactory) -> tuple[Network, Network]:
    folder = tmp_path_factory.mktemp("weights")
    return stand_in(folder, 1.0), stand_in(folder, 3.0)


def test_the_logits_are_those_of_the_compact_alexnet(networks: tuple[Network, Network]) -> None:
    images = torch.rand(2, 3, 224, 224, generator=torch.Generator().manual_seed(0)) - 0.5
    expected = load(resolve_weights("compact")).logits(images)
    for factor, network in zip((1, 3), networks, strict=True):
        torch.testing.assert_close(network.logits(images), factor * expected, rtol=1e-3, atol=1e-3)


def test_a_drawing_does_not_depend_on_the_size_of_logits(networks: tuple[Network, Network]) -> None:
    pixels = []
    for network in networks:
        recipe = compose(
            "smooth",
            {"size": 96, "steps": 8, "precision": "fp32"},
            network="alexnet",
            weights=network.weights,
            target="fc8:340",
        )
        (drawing,) = render([recipe], network)
        assert drawing.activations[-1] > drawing.activations[0]
        pixels.append(np.asarray(drawing.image, dtype=np.float32))
    assert np.abs(pixels[0] - pixels[1]).mean() < 1
