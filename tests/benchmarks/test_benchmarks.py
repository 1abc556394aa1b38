"""The benchmarks are not run by the tests, but each can be loaded: whatever they import exists."""

from __future__ import annotations

import runpy
from pathlib import Path
from typing import Any

import pytest

from actmax.recipe import compose

FOLDER = Path(__file__).parent


@pytest.mark.parametrize("name", sorted(path.name for path in FOLDER.glob("*.py") if path != Path(__file__)))
def test_a_benchmark_can_be_loaded(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "main" in loaded(name, monkeypatch)


def test_each_candidate_is_a_recipe_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    candidates = loaded("search.py", monkeypatch)["CANDIDATES"]
    recipes = [
        compose("smooth", overrides, network="compact", weights="", target="fc8:340")
        for overrides in ({}, *candidates.values())
    ]
    assert len(set(recipes)) == 1 + len(candidates)


def loaded(name: str, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """Return the names of a benchmark's module."""
    monkeypatch.syspath_prepend(FOLDER)
    monkeypatch.syspath_prepend(FOLDER.parent / "shared")
    return runpy.run_path(str(FOLDER / name), run_name="loaded")
