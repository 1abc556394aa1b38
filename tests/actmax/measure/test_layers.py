"""The layers and first filters of a network, against direct computation."""

from __future__ import annotations

import pytest
import torch

from actmax.measure.layers import filters, layers
from actmax.networks.load import load
from actmax.networks.network import Network
from actmax.networks.weights import resolve_weights


@pytest.fixture(scope="module")
def compact() -> Network:
    return load(resolve_weights("compact"))


def test_layers_are_alexnets_and_include_every_parameter(compact: Network) -> None:
    found = layers(compact, 224)
    assert [layer.name for layer in found] == ["conv1", "conv2", "conv3", "conv4", "conv5", "fc6", "fc8"]
    assert found[0].shape == (64, 55, 55)
    assert found[-1].shape == (1000,)
    assert sum(layer.parameters for layer in found) == compact.parameters()


def test_filters_are_images_of_the_first_layers_weights(compact: Network) -> None:
    found = filters(compact, "conv1")
    assert found is not None
    side, weights = found.side, compact.weights_of("conv1")
    assert weights is not None
    assert len(found.pixels) == len(weights)
    for one, weight in zip(found.pixels, weights, strict=True):
        pixels = torch.frombuffer(bytearray(one), dtype=torch.uint8).view(side, side, 3).permute(2, 0, 1)
        assert (pixels.float() - 127.5).abs().max() >= 127  # full contrast
        assert torch.allclose(pixels / 127.5 - 1, weight / weight.abs().max(), atol=0.005)
    assert filters(compact, "conv2") is None  # it does not see the image
    assert filters(compact, "fc6") is None
