"""Parameters of which a few are tested by default, and the others by ``pytest -m nightly`` alone.

``pyproject.toml`` puts this folder on pytest's path: ``from nightly import smoke``.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import pytest


def smoke(values: Iterable[Any], keep: int = 1) -> list[Any]:
    """Mark all parameters as nightly but ``keep`` of them, evenly spaced, the first included."""
    values = list(values)
    kept = {number * len(values) // keep for number in range(keep)}
    return [
        value
        if position in kept
        else pytest.param(*(value if isinstance(value, tuple) else (value,)), marks=pytest.mark.nightly)
        for position, value in enumerate(values)
    ]


extent = pytest.mark.parametrize("whole", smoke([False, True]), ids=["sample", "whole"])
"""For tests that loop over cases: a sample of them by default, and all of them nightly."""


def some(cases: Sequence[Any], every: int, whole: bool) -> list[Any]:
    """Return all cases if ``whole``, else each of which the index is a multiple of ``every``."""
    return list(cases if whole else cases[::every])


def pairs(first: Iterable[Any], second: Iterable[Any]) -> list[Any]:
    """Return all pairs, marked as nightly but for so many that each value of both is tested once by default."""
    rows, columns = list(first), list(second)
    kept = {(number % len(rows), number % len(columns)) for number in range(max(len(rows), len(columns)))}
    return [
        (a, b) if (row, column) in kept else pytest.param(a, b, marks=pytest.mark.nightly)
        for row, a in enumerate(rows)
        for column, b in enumerate(columns)
    ]
