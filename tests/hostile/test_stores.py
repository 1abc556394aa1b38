"""A store that somebody has written with care: every checksum is right, and what the records and answers say is not.

Each case changes one value in one of them, signs it again, and builds all pages; a short run tries some, always the
same, and `ACTMAX_FAULTS=whole` every kind of value in every kind of place of an answer, and a thousand in records.
"""

from __future__ import annotations

import json
import os
import random
import re
import shutil
import time
from collections.abc import Callable, Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from actmax.errors import ActmaxError
from actmax.pipeline import answers
from actmax.recipe import METHODS
from actmax.store import record
from gen import site
from gen.pages import Place
from gen.pages.markdown import split_front_matter

CASES = 2000 if os.environ.get("ACTMAX_FAULTS") == "whole" else 40
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
    """Whether a page has an element or an attribute that nobody but the text can have made."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[str] = []
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found += [name for name in (tag, *(name for name, _ in attrs)) if "zq" in name]


def built(root: Path) -> dict[str, str | bytes]:
    prepared = site.prepare(SETTINGS, root / "mkdocs.yml")
    contents, _ = site.generate(prepared, root / "docs", lambda _: None, Place())
    return dict(site.files(contents, root / "docs"))


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A built site with a store; two steps for every preset, since what is drawn does not matter here."""
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


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The way to every value of a tree, the tree itself included; of a long list the first two."""
    yield path
    inner = value.items() if isinstance(value, dict) else enumerate(value[:2]) if isinstance(value, list) else ()
    for key, one in inner:
        yield from places(one, (*path, key))


def kinds(store: Path) -> list[tuple[Path, tuple[Any, ...]]]:
    """A file and a place in it for each kind of place; answers to one question are of one kind, as are records."""
    seen: dict[tuple[Any, ...], tuple[Path, tuple[Any, ...]]] = {}
    for file in sorted([*store.glob("drawings/*/record.json"), *store.glob("answers/*.json")]):
        values = json.loads(file.read_bytes())
        of = values["asked"]["ask"] if "asked" in values else values["recipe"]["target"].partition(":")[0]
        for path in places(values["answer"], ("answer",)) if "asked" in values else places(values):
            if path and path[0] not in ("checksum", "schema", "digest"):
                seen.setdefault((of, *("#" if isinstance(key, int) else key for key in path)), (file, path))
    return list(seen.values())


def change(file: Path, path: tuple[Any, ...], value: Any, *, key: bool) -> None:
    """Puts a value, or a key of that text, into its place and signs the file again."""
    values = json.loads(file.read_bytes())
    place = values
    for step in path[:-1]:
        place = place[step]
    if key and isinstance(place, dict):
        place[str(value)] = place.pop(path[-1])
    else:
        place[path[-1]] = value
    if "asked" in values:
        values["checksum"] = answers._checksum(values.get("answer"))
    else:
        values.pop("checksum")
        values = {"checksum": record._checksum(values), **values}
    file.write_text(json.dumps(values, ensure_ascii=False), "utf-8")


def test_a_signed_store_builds_clean_pages_or_is_refused_in_a_paragraph(
    prepared: Path, tmp_path: Path, rendered: Callable[[str], str], tried: Any
) -> None:
    store = prepared / ".cache"
    cases = [
        (file.relative_to(store), path, value, key)
        for file, path in kinds(store)
        for value in VALUES
        for key in (False, True)
        if not key or (isinstance(path[-1], str) and isinstance(value, str))
    ]
    assert len(cases) > 1000
    by_kind = [[case for case in cases if (case[0].parts[0] == "answers") == answer] for answer in (True, False)]
    chosen = [case for some in by_kind for case in random.Random(0).sample(some, min(CASES // 2, len(some)))]
    shutil.copytree(prepared, tmp_path / "site")
    refused, slowest = 0, 0.0
    for file, path, value, key in chosen:
        where = f"{file} {path} {'key ' * key}{value!r}"
        shutil.rmtree(tmp_path / "site/.cache")
        shutil.copytree(store, tmp_path / "site/.cache")
        change(tmp_path / "site/.cache" / file, path, value, key=key)
        started = time.process_time()
        try:
            files = built(tmp_path / "site")
        except ActmaxError as error:
            refused += 1
            message, files = str(error), {}
        else:
            message = ""
        assert len(message) < 5000, where
        assert "\n" not in message, where
        slowest = max(slowest, time.process_time() - started)
        for name, content in files.items():
            assert re.fullmatch(r"[\w./-]+", name), where
            assert ".." not in name, where
            if name.endswith(".md") and isinstance(content, str) and "zq" in content:
                assert Injected(rendered(split_front_matter(content)[1])).found == [], f"{where} in {name}"
            if name.endswith(".json"):
                assert not re.search(r"\b(NaN|Infinity)\b", str(content)), f"{where} in {name}"
                json.loads(content)
    tried.lines.append(f"stores: {len(chosen)} tried of {len(cases)}, {refused} refused; slowest {slowest:.2f} s")
