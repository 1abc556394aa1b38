"""Scripts are published without comments, and otherwise as they are."""

from __future__ import annotations

from pathlib import Path

import pytest

from gen.pages.assets import FOLDER, published

SCRIPTS = sorted(FOLDER.rglob("*.js"))


def without_comments(text: str) -> list[str]:
    kept, inside = [], False
    for line in text.splitlines():
        stripped = line.strip()
        inside = inside or (stripped.startswith("/**") and "*/" not in stripped[:-2])
        if not (inside or stripped.startswith("//") or (stripped.startswith("/**") and stripped.endswith("*/"))):
            kept.append(line)
        inside = inside and not stripped.endswith("*/")
    return kept


@pytest.mark.parametrize("path", SCRIPTS, ids=[path.stem for path in SCRIPTS])
def test_a_script_keeps_its_code(path: Path) -> None:
    assert published(path).decode().splitlines() == without_comments(path.read_text("utf-8"))


def test_code_beside_a_comment_stays(tmp_path: Path) -> None:
    path = tmp_path / "a.js"
    path.write_text("// One.\n/** Two. */\n/** @type {X} */ const a = 1; // three\n/**\n * Four.\n */\nb();\n", "utf-8")
    assert published(path).decode() == "/** @type {X} */ const a = 1; // three\nb();\n"
    (tmp_path / "a.css").write_text("// as it is\n", "utf-8")
    assert published(tmp_path / "a.css") == b"// as it is\n"
