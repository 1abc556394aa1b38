"""The benchmarks are not run by the tests, but each can be loaded: whatever they import exists."""

from __future__ import annotations

import runpy
from pathlib import Path

import pytest
from intervals import wilson

FOLDER = Path(__file__).parent


def test_the_interval_of_a_share_is_wilsons() -> None:
    """Against the closed form's values for ten drawings."""
    assert wilson(0, 10) == pytest.approx((0.0, 0.2775), abs=1e-4)
    assert wilson(5, 10) == pytest.approx((0.2366, 0.7634), abs=1e-4)
    assert wilson(10, 10) == pytest.approx((0.7225, 1.0), abs=1e-4)


@pytest.mark.parametrize("name", sorted(path.name for path in FOLDER.glob("*.py") if path != Path(__file__)))
def test_a_benchmark_can_be_loaded(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(FOLDER)
    monkeypatch.syspath_prepend(FOLDER.parent / "shared")
    assert "main" in runpy.run_path(str(FOLDER / name), run_name="loaded")
