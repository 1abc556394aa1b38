"""Where in an image channels are active, in maps that are known by hand."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from actmax.measure.regions import active_regions
from actmax.networks.load import load
from actmax.networks.network import Network
from actmax.networks.weights import resolve_weights
from actmax.networks.wrapping import wrap


class Map(nn.Module):
    """The image's colors as three channels of a map, and the sum of each as a logit."""

    def __init__(self) -> None:
        super().__init__()
        self.low = nn.Conv2d(3, 3, 1, bias=False)
        with torch.no_grad():
            self.low.weight.copy_(torch.eye(3)[:, :, None, None])

    def forward(self, x: Tensor) -> Tensor:
        total: Tensor = self.low(x).sum((2, 3))
        return total


@pytest.fixture(scope="module")
def network() -> Network:
    return wrap(Map(), mean=(0.0, 0.0, 0.0), std=(1.0, 1.0, 1.0), size=64)


@pytest.fixture
def image() -> Tensor:
    made = torch.zeros(1, 3, 64, 64)
    made[0, 0, 8:16, 32:48] = 0.8
    made[0, 0, 8, 48] = 0.5  # hangs together with the maximum
    made[0, 0, 10, 56] = 0.7  # does not
    made[0, 0, 11, 48] = 0.3  # less than half
    made[0, 1] = 0.2
    return made


def test_the_region_hangs_together_with_the_maximum(network: Network, image: Tensor) -> None:
    regions = active_regions(network, image, {"low": [0, 1, 2]})
    assert regions == {"low": ((0.5, 0.125, 0.766, 0.25), (0.0, 0.0, 1.0, 1.0), None)}


def test_a_class_has_the_region_that_contributes_to_it() -> None:
    compact = load(resolve_weights("compact"))
    image = torch.full((1, 3, 160, 160), 0.5)
    image[0, :, 100:, 100:] = torch.rand(3, 60, 60, generator=torch.Generator().manual_seed(0))
    found = active_regions(compact, image, {"fc6": [7], "logits": [340], "conv1": [3]})
    assert {layer: len(boxes) for layer, boxes in found.items()} == {"fc6": 1, "logits": 1, "conv1": 1}
    (box,) = found["logits"]
    assert box is not None
    assert all(0 <= low < high <= 1 for low, high in zip(box[:2], box[2:], strict=True))
    assert active_regions(compact, image, {"logits": [340]})["logits"] == (box,)
