"""How exactly a share is known that was counted on a few drawings, and whether two shares differ."""

from __future__ import annotations

import math
from collections.abc import Sequence

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


def mcnemar(gained: int, lost: int) -> float:
    """Return the two-sided p-value of McNemar's exact test, whether two methods succeed equally often.

    They are tried on the same classes. Only those on which they differ count, and each is a coin toss (McNemar 1947,
    "Note on the sampling error of the difference between correlated proportions or percentages", with the binomial
    distribution in place of χ²).

    Args:
        gained: number of classes on which only the first succeeds.
        lost: number of classes on which only the second does.

    >>> mcnemar(0, 5), mcnemar(3, 3)
    (0.0625, 1.0)
    """
    count = gained + lost
    tail = sum(math.comb(count, successes) for successes in range(min(gained, lost) + 1))
    return min(1.0, 2 * tail / (1 << count))  # of whole numbers: exact for any count


def holm(p_values: Sequence[float]) -> list[float]:
    """Return the p-values of several tests, adjusted so that the chance of even one false discovery stays below each.

    Holm 1979, "A simple sequentially rejective multiple test procedure".

    >>> holm([0.01, 0.04, 0.03])
    [0.03, 0.06, 0.06]
    """
    adjusted, largest = dict.fromkeys(range(len(p_values)), 1.0), 0.0
    for done, index in enumerate(sorted(adjusted, key=lambda index: p_values[index])):
        largest = max(largest, min(1.0, (len(p_values) - done) * p_values[index]))
        adjusted[index] = largest
    return list(adjusted.values())
