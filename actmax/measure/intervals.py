"""How exactly a share is known that was counted on a few drawings."""

from __future__ import annotations

import math

Z = 1.96
"""The quantile of the normal distribution that leaves 2.5 % above it."""


def wilson(share: float, count: int) -> tuple[float, float]:
    """Return the 95 % confidence interval of a proportion (Wilson 1927, the score interval without correction).

    Args:
        share: of successes, 0 to 1.
        count: of trials, at least 1.

    >>> [round(end, 3) for end in wilson(0.38, 100)]
    [0.291, 0.478]
    """
    spread = Z * Z / count
    middle = (share + spread / 2) / (1 + spread)
    half = math.sqrt(spread * share * (1 - share) + spread * spread / 4) / (1 + spread)
    return max(0.0, middle - half), min(1.0, middle + half)
