"""Every share that a page quotes with an interval has Wilson's: ``8 of 17 (26–69 %)``."""

from __future__ import annotations

import html
import re
from pathlib import Path

import pytest

from actmax.measure.intervals import wilson

ROOT = Path(__file__).parents[1]
SHARE = re.compile(r"(\d+) of (\d+) \((?:95.% interval )?(\d+)–(\d+).%\)")
PAGES = [path for path in sorted((ROOT / "docs").rglob("*.md")) if "–" in path.read_text("utf-8")]


def wrong(text: str) -> list[str]:
    return [
        found[0]
        for found in SHARE.finditer(html.unescape(text))
        if [round(100 * end) for end in wilson(int(found[1]) / int(found[2]), int(found[2]))]
        != [int(found[3]), int(found[4])]
    ]


def test_another_interval_is_found() -> None:
    assert wrong("8 of 17 (26–69&#8239;%) and 8 of 17 (95&#8239;% interval 26–69&#8239;%)") == []
    assert wrong("9 of 17 (26–69&#8239;%)")


@pytest.mark.parametrize("path", PAGES, ids=[path.stem for path in PAGES])
def test_the_intervals_of_a_page_are_wilsons(path: Path) -> None:
    assert wrong(path.read_text("utf-8")) == []
