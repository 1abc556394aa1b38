"""What all tests share: where checking data lies, and a network small enough to be exact about."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="session")
def root() -> Path:
    """The checkout."""
    return ROOT


@pytest.fixture(scope="session")
def checking_data() -> Path:
    """Real networks and photographs, named by ``ACTMAX_TEST_DATA``; the test is skipped without."""
    named = os.environ.get("ACTMAX_TEST_DATA")
    if not named:
        pytest.skip("ACTMAX_TEST_DATA names no folder with networks and photographs to check against")
    if not (Path(named) / "networks").is_dir():
        pytest.skip(f"ACTMAX_TEST_DATA is {named}, which holds no networks/")
    return Path(named)
