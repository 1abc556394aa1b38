"""What a picture should not be like, as a number for each image that is subtracted from the objective."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import torch
from torch import Tensor

FAINT = 1e-3
"""Added to a channel's deviation before its logarithm: it may be silent all over an image."""

Penalty = Callable[[Tensor], Tensor]
"""Images (B, C, H, W), for RGB in [0, 1] (unclipped where pixels move) -> (B,)."""


def total_variation(images: Tensor) -> Tensor:
    """Mean absolute difference of neighbouring pixels, rows plus columns (Mahendran & Vedaldi 2015, section 2.2).

    Args:
        images: (B, C, H, W).

    Returns:
        (B,), at least 0; 0 for a single colour.
    """
    rows = (images[..., 1:, :] - images[..., :-1, :]).abs().flatten(1).mean(1)
    columns = (images[..., 1:] - images[..., :-1]).abs().flatten(1).mean(1)
    return rows + columns


def l2_penalty(images: Tensor) -> Tensor:
    """Mean squared distance of the pixels from 0.5: weight decay, seen from middle grey (Simonyan et al. 2013, eq. 1).

    Args:
        images: (B, C, H, W).

    Returns:
        (B,), at least 0.
    """
    return (images - 0.5).square().flatten(1).mean(1)


def feature_distance(features: Callable[[Tensor], Tensor], pictures: Tensor) -> Penalty:
    """Mean squared distance from what a layer makes of given pictures (Hamblin et al. 2024, "Feature Accentuation").

    Args:
        features: images (B, C, H, W) in [0, 1] -> (B, …): the layer's answer.
        pictures: one for each image of the batch.

    Returns:
        A penalty, as a part of the features' own mean square: 0 for the pictures themselves.
    """
    with torch.no_grad():
        wanted = features(pictures).float().flatten(1)
        size = wanted.square().mean(1).clamp_min(1e-12)

    def distance(images: Tensor) -> Tensor:
        return (features(images).float().flatten(1) - wanted).square().mean(1) / size

    return distance


def described(output: Tensor) -> Tensor:
    """A layer's output (B, C, H, W) -> each channel's mean over the image and the logarithm of its deviation,
    (B, 2 C)."""
    maps = output.float().flatten(2)
    mean = maps.mean(2)
    variance = (maps - mean[:, :, None]).square().mean(2)
    return torch.cat([mean, (variance + FAINT**2).sqrt().log()], 1)


def channel_statistics_penalty(
    features: Callable[[Tensor], Mapping[str, Tensor]], photographs: Mapping[str, tuple[Tensor, Tensor]]
) -> Penalty:
    """How far the channels of some layers are from what photographs make of them: 1 for a photograph, on average.

    The squared distances of means and deviations of Yin et al. 2020 ("Dreaming to Distill: Data-free Knowledge Transfer
    via DeepInversion", equation 4), each as a z-score, so that no layer outweighs another.

    Args:
        features: images (B, C, H, W) in [0, 1] -> the layers' outputs (B, C', H', W') by name.
        photographs: by layer, mean and deviation over photographs of what :func:`described` says, (2 C') each.
    """

    def penalty(images: Tensor) -> Tensor:
        outputs = features(images)
        scores = [
            ((described(outputs[layer]) - mean.to(images.device)) / deviation.to(images.device)).square().mean(1)
            for layer, (mean, deviation) in photographs.items()
        ]
        return torch.stack(scores).mean(0)

    return penalty
