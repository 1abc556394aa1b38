"""The words of templates and scripts."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from gen.pages.assets import FOLDER
from gen.pages.templating import TEMPLATES

SOURCES = sorted([*TEMPLATES.iterdir(), *FOLDER.rglob("*.js"), *FOLDER.rglob("*.c"), *FOLDER.rglob("*.css")])


@pytest.mark.parametrize("source", SOURCES, ids=lambda path: path.name)
def test_no_word_is_repeated(source: Path) -> None:
    text = source.read_text("utf-8")
    assert re.findall(r"\b(is|the|a|of|to|and|in|that|it|by) \1\b", text) == []
