"""The benchmarks are not run by the tests, but each can be loaded: whatever they import exists."""

from __future__ import annotations

import runpy
from pathlib import Path

import pytest

FOLDER = Path(__file__).parent


@pytest.mark.parametrize("name", sorted(path.name for path in FOLDER.glob("*.py") if path != Path(__file__)))
def test_a_benchmark_can_be_loaded(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(FOLDER)
    monkeypatch.syspath_prepend(FOLDER.parent / "shared")
    assert "main" in runpy.run_path(str(FOLDER / name), run_name="loaded")
