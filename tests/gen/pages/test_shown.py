"""How a page says that a drawing is made again, and how it is cited."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from actmax.pipeline.draw import draw
from actmax.store.store import Entry, Store
from gen.pages.pages import Pages
from gen.pages.shown import Shown
from gen.plan.plan import Plan

Plans = Callable[..., Plan]
NAMES = ["jack-o'-lantern", "carpenter's kit", "Cardigan", "crane bird", "zebra"]


def test_the_shell_and_three_lines_of_python_draw_the_stored_picture(
    planned: Plans, store: Store, tmp_path: Path
) -> None:
    mine = {"preset": "robust", "steps": 3, "decorrelate": False, "jitter": 4}
    made = planned({"things": ["jack-o'-lantern", "zebra"]}, methods={"mine": mine}, seeds=[5], precision="fp32")
    entries = draw(made.recipes(), made.source, store).entries
    (variant,) = made.plates[0].variants
    entry = entries[variant.recipe.digest()]
    shown = Shown(variant, entry)

    program, *words = shlex.split(shown.command)
    calls = [
        [Path(sys.executable).with_name(program), *words, "--out", "shell.png"],
        [sys.executable, "-c", shown.python],
    ]
    for call in calls:
        subprocess.run(call, cwd=tmp_path, check=True, capture_output=True)
    expected = entry.read("drawing.png")
    assert (tmp_path / "shell.png").read_bytes() == expected
    assert (tmp_path / "mine-seed-5.png").read_bytes() == expected


@pytest.mark.parametrize("site_url", ["https://example.com/site/", ""])
def test_a_citation_points_to_the_very_picture(planned: Plans, paged: Callable[..., Pages], site_url: str) -> None:
    pages = paged(planned({"things": NAMES}), site_url=site_url)
    keys = set()
    for label, (shown,) in pages.shown.items():
        text = shown.bibtex(label, pages.network.title, "A site & more", site_url)
        key, fields = re.fullmatch(r"@misc\{([\w-]+),\n(.*)\}", text, re.DOTALL).groups()  # type: ignore[union-attr]
        found = dict(re.findall(r"^  (\w+) = \{(.*)\},$", fields, re.MULTILINE))
        assert len(found) == len(fields.splitlines()) == (5 if site_url else 4)
        assert all(value.count("{") == value.count("}") for value in found.values())
        assert found["title"] == f"{{{label.name}, as the compact AlexNet draws it}}"
        assert found["author"] == r"{A site \& more}"
        assert found["year"] == "2026"
        assert found.get("url") == (f"{site_url}gallery/drawings/{shown.entry.picture}.png" if site_url else None)
        assert shown.entry.digest in found["note"]
        keys.add(key)
    assert len(keys) == len(NAMES)


def test_two_pictures_of_one_recipe_have_two_addresses(planned: Plans, drawn: Callable[..., dict[str, Entry]]) -> None:
    made = planned({"animals": ["zebra"]})
    (variant,) = made.plates[0].variants
    (entry,) = drawn(made).values()
    folder = entry.folder
    other = Store(folder.parents[1]).put(entry.recipe, {"drawing.png": b"another"}, entry.record)
    assert other.digest == entry.digest
    assert Shown(variant, other).master != Shown(variant, entry).master


def test_what_tex_reads_as_commands_is_set_as_it_is(planned: Plans, paged: Callable[..., Pages]) -> None:
    pages = paged(planned({"animals": ["zebra"]}))
    ((label, (shown,)),) = pages.shown.items()
    text = shown.bibtex(label, "squeezenet1_0", "50% {a}~\\b", "")
    assert r"as squeezenet1\_0 draws it" in text
    assert r"50\% \{a\}\textasciitilde{}\textbackslash{}b" in text
