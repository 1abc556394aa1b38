"""Distances between images in a network's feature space."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn import functional

from actmax.networks.network import Network


@torch.inference_mode()
def mean_cosine_distance(network: Network, images: Sequence[Tensor]) -> float:
    """Average the pairwise distance of images: 1 minus the cosine similarity of the last layer's input features.

    Args:
        network: whose features count; an evaluation network rather than the target network.
        images: at least two, each (1, C, H, W) in [0, 1], at the size that the network was trained on.

    Returns:
        0 for equal images, 1 for images without a common feature.
    """
    features = functional.normalize(torch.cat([network.features(network.normalize(image)) for image in images]), dim=1)
    cosines = features @ features.T
    count = len(images)
    distance = 1 - (cosines.sum() - cosines.diagonal().sum()) / (count * (count - 1))
    return distance.clamp_min(0).item()  # rounding may put equal images below 0
