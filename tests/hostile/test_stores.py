"""A store that was forged with care: every checksum is right, but the records and measurements are not.

Each case changes one value, signs the file again, and builds all pages.
"""

from __future__ import annotations

import json
import random
import re
import shutil
from collections.abc import Callable, Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from nightly import smoke
from PIL import Image

from actmax.errors import ActmaxError
from actmax.pipeline import measurements
from actmax.recipe import METHODS
from actmax.store import record
from gen import site
from gen.pages import SiteInfo
from gen.pages.markdown import split_front_matter

CASES_PER_PART = 20
"""Half of them in records, half of them in measurements."""
MAX_MESSAGE = 5000
SETTINGS: dict[str, Any] = {
    "network": "compact",
    "precision": "fp32",
    "size": 64,
    "seeds": [0],
    "methods": {"robust": {"steps": 2}},
    "groups": {"animals": ["zebra"]},
    "walk": {"class": "zebra", "channels": 1, "steps": 2},
    "units": {"layers": {"conv5": [7]}},
    "photos": "photos",
}
VALUES: list[Any] = [
    'x"><zq zq="1"></script><!--',
    "x' zq='1",
    "{{ zq }} {% zq %} **x** <zq>",
    "../../../zq",
    '\n\n--8<-- "LICENSE"\n\n    zq',
    -1,
    0,
    10**30,
    1e308,
    float("nan"),
    float("inf"),
    0.5,
    True,
    None,
    [],
    {},
    [["x"]],
]


class Injected(HTMLParser):
    """The elements and attributes of a page that only forged text can have made."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.names: list[str] = []
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.names += [name for name in (tag, *(name for name, _ in attrs)) if "zq" in name]


def built(root: Path) -> dict[str, str | bytes]:
    prepared = site.prepare(site.Project(SETTINGS, root / "mkdocs.yml"))
    contents, _ = site.generate(prepared, lambda _: None, SiteInfo())
    return dict(site.files(prepared, contents))


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A built site with a store. Every preset has two steps, because the drawings do not matter here."""
    root = tmp_path_factory.mktemp("site")
    (root / "docs").mkdir()
    (root / "mkdocs.yml").write_text("{}")
    (root / "photos").mkdir()
    Image.radial_gradient("L").convert("RGB").save(root / "photos" / "round.png")
    with pytest.MonkeyPatch.context() as patch:
        quick = {name: {**method, "steps": 2} for name, method in METHODS.items()}
        patch.setattr("actmax.recipe.methods.METHODS", quick)
        patch.setattr("gen.plan.drawings.STEPS", 2)
        built(root)
        yield root


def paths(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Yield the path of every value of a tree, the tree itself included; of a long list only the first two values."""
    yield path
    children = value.items() if isinstance(value, dict) else enumerate(value[:2]) if isinstance(value, list) else ()
    for key, child in children:
        yield from paths(child, (*path, key))


def fields(store: Path) -> list[tuple[Path, tuple[Any, ...]]]:
    """Return a file and a path in it for each kind of field: all records are alike, and all measurements of a kind."""
    seen: dict[tuple[Any, ...], tuple[Path, tuple[Any, ...]]] = {}
    for file in sorted([*store.glob("drawings/*/record.json"), *store.glob("measurements/*.json")]):
        values = json.loads(file.read_bytes())
        kind = values["key"]["kind"] if "key" in values else values["recipe"]["target"].partition(":")[0]
        for path in paths(values["value"], ("value",)) if "key" in values else paths(values):
            if path and path[0] not in ("checksum", "schema", "digest"):
                seen.setdefault((kind, *("#" if isinstance(key, int) else key for key in path)), (file, path))
    return list(seen.values())


def change(file: Path, path: tuple[Any, ...], value: Any, *, key: bool) -> None:
    """Replace a value, or its key, and sign the file again."""
    values = json.loads(file.read_bytes())
    parent = values
    for step in path[:-1]:
        parent = parent[step]
    if key and isinstance(parent, dict):
        parent[str(value)] = parent.pop(path[-1])
    else:
        parent[path[-1]] = value
    if "key" in values:
        values["checksum"] = measurements._checksum(values.get("value"))
    else:
        values.pop("checksum")
        values = {"checksum": record._checksum(values), **values}
    file.write_text(json.dumps(values, ensure_ascii=False), "utf-8")


@pytest.mark.parametrize("part", smoke(range(100)))
def test_a_forged_store_builds_clean_pages_or_is_refused_in_one_paragraph(
    prepared: Path, tmp_path: Path, rendered: Callable[[str], str], part: int, report: Any
) -> None:
    store = prepared / ".cache"
    cases = [
        (file.relative_to(store), path, value, key)
        for file, path in fields(store)
        for value in VALUES
        for key in (False, True)
        if not key or (isinstance(path[-1], str) and isinstance(value, str))
    ]
    assert len(cases) > 1000
    random.Random(0).shuffle(cases)
    kinds = [[case for case in cases if (case[0].parts[0] == "measurements") == measured] for measured in (True, False)]
    half = CASES_PER_PART // 2
    chosen = [case for kind in kinds for case in kind[part * half : (part + 1) * half]]
    shutil.copytree(prepared, tmp_path / "site")
    for file, path, value, key in chosen:
        where = f"{file} {path} {'key ' * key}{value!r}"
        shutil.rmtree(tmp_path / "site/.cache")
        shutil.copytree(store, tmp_path / "site/.cache")
        change(tmp_path / "site/.cache" / file, path, value, key=key)
        message, files = "", {}
        try:
            files = built(tmp_path / "site")
        except ActmaxError as error:
            message = str(error)
        report.add("forged stores", tried=1, refused=bool(message))
        assert len(message) < MAX_MESSAGE, where
        assert "\n" not in message, where
        for name, content in files.items():
            assert re.fullmatch(r"[\w./-]+", name), where
            assert ".." not in name, where
            if name.endswith(".md") and isinstance(content, str) and "zq" in content:
                assert Injected(rendered(split_front_matter(content)[1])).names == [], f"{where} in {name}"
            if name.endswith(".json"):
                assert not re.search(r"\b(NaN|Infinity)\b", str(content)), f"{where} in {name}"
                json.loads(content)
