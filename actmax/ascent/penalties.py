"""What a picture should not be like, as a number for each image that is subtracted from the objective."""

from __future__ import annotations

from collections.abc import Callable

from torch import Tensor

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


def squared_distance_from_grey(images: Tensor) -> Tensor:
    """Mean squared distance of the pixels from 0.5: weight decay, seen from middle grey (Simonyan et al. 2013, eq. 1).

    Args:
        images: (B, C, H, W).

    Returns:
        (B,), at least 0.
    """
    return (images - 0.5).square().flatten(1).mean(1)
