"""Intervals of shares that were counted."""

from __future__ import annotations

import math


def wilson(hits: int, count: int, z: float = 1.96) -> tuple[float, float]:
    """Return the Wilson score interval of a share, of 95 % by default.

    Args:
        hits: how many of them.
        count: of how many, at least 1.
        z: quantile of the normal distribution.
    """
    share, spread = hits / count, z * z / count
    middle = (share + spread / 2) / (1 + spread)
    half = math.sqrt(spread * share * (1 - share) + spread * spread / 4) / (1 + spread)
    return max(0.0, middle - half), min(1.0, middle + half)
