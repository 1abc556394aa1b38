"""Distances between images, against values by hand for a network that sees only their color."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from actmax.measure.distance import mean_cosine_distance
from actmax.networks.network import Network
from actmax.networks.wrapping import wrap


@pytest.fixture
def color() -> Network:
    return wrap(nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(3, 5)), size=8)


def flat(*rgb: float) -> Tensor:
    return torch.tensor(rgb).view(1, 3, 1, 1).expand(1, 3, 8, 8)


RED, GREEN = flat(1, 0, 0), flat(0, 1, 0)


@pytest.mark.parametrize(
    ("images", "distance"),
    [
        ([RED, RED], 0.0),
        ([RED, 0.2 * RED], 0.0),
        ([RED, GREEN], 1.0),
        ([RED, RED, GREEN], 2 / 3),
        ([RED, flat(1, 1, 0)], 1 - 0.5**0.5),
    ],
)
def test_distance_is_one_minus_the_mean_cosine_similarity(
    color: Network, images: list[Tensor], distance: float
) -> None:
    assert mean_cosine_distance(color, images) == pytest.approx(distance, abs=1e-6)
