"""How far pictures are from each other, as a network sees them."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn import functional

from actmax.networks.network import Network


@torch.inference_mode()
def mean_cosine_distance(network: Network, images: Sequence[Tensor]) -> float:
    """The mean distance of two of the pictures: one less the cosine between what the last layer is shown of each.

    Args:
        network: which sees them; one that had no part in drawing them says more.
        images: two at least, each (1, C, H, W) in [0, 1], at the size that the network was trained on.

    Returns:
        0 for equal pictures, 1 for pictures that have no feature in common.
    """
    features = functional.normalize(torch.cat([network.features(network.normalize(image)) for image in images]), dim=1)
    cosines = features @ features.T
    count = len(images)
    distance = 1 - (cosines.sum() - cosines.diagonal().sum()) / (count * (count - 1))
    return distance.clamp_min(0).item()  # rounding may put equal pictures below
