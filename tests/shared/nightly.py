"""Parameters of which the first are tested by default, and the others by ``pytest -m nightly`` alone.

``pyproject.toml`` puts this folder on pytest's path: ``from nightly import smoke``.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pytest


def smoke(values: Iterable[Any], keep: int = 1) -> list[Any]:
    """Mark all parameters but the first ``keep`` as nightly; each is one argument or a tuple of them."""
    return [
        value
        if position < keep
        else pytest.param(*(value if isinstance(value, tuple) else (value,)), marks=pytest.mark.nightly)
        for position, value in enumerate(values)
    ]
