"""Code and pages use the field's terms, one word for one thing."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
TERMS = {
    "slope": "gradient",
    "slopes": "gradients",
    "steepness": "magnitude of the gradient",
    "climb": "optimize",
    "climbs": "optimizes",
    "climbing": "optimizing",
    "painted": "decoded, synthesized",
    "roughness": "total variation",
    "unlikeness": "penalty on channel statistics",
    "shaken": "augmented",
    "easel": "live widget",
    "rivals": "margin",
    "convinces": "is recognized by",
    "heeds": "returns, raises",
    "silenced": "ablated",
}
"""Words that stand for nothing in the literature, and the term that does."""
SUFFIXES = {".py", ".pyi", ".md", ".jinja", ".js", ".c", ".h", ".css", ".yml", ".toml"}
FOLDERS = ("actmax", "gen", "tests", "docs", ".ci", ".github")
# The changelog names what was renamed, and published anchors stay.
EXCEPTIONS = {"CHANGELOG.md", "tests/test_words.py", "actmax/recipe/renamed.py"}


@cache
def texts() -> dict[str, list[str]]:
    files = [*ROOT.glob("*.md"), ROOT / "mkdocs.yml"]
    files += [path for folder in FOLDERS for path in (ROOT / folder).rglob("*") if path.suffix in SUFFIXES]
    names = {path.relative_to(ROOT).as_posix(): path for path in files}
    return {name: path.read_text("utf-8").splitlines() for name, path in names.items() if name not in EXCEPTIONS}


@pytest.mark.parametrize("word", TERMS)
def test_the_fields_terms_are_used(word: str) -> None:
    found = [
        f"{name}:{number}: {line.strip()[:80]}"
        for name, lines in texts().items()
        for number, line in enumerate(lines, 1)
        if re.search(rf"\b{word}\b", line, re.IGNORECASE)
    ]
    assert not found, f"{word}: write {TERMS[word]}"
