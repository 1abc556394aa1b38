"""One drawing on its page: reproduction, citation, and damaged measures."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import fakes
import pytest

from actmax.errors import StoreError
from actmax.measure.models import Measures
from actmax.networks.weights import Source
from actmax.pipeline import draw
from actmax.recipe import compose
from actmax.store import Entry, Store
from gen.pages import Contents, SiteInfo, citation, reproduce
from gen.pages.drawing import Drawing
from gen.plan import Plan, PlannedDrawing

Plans = Callable[..., Plan]
NAMES = ["jack-o'-lantern", "carpenter's kit", "cardigan-264", "crane bird", "zebra"]


def test_the_shell_command_and_the_python_lines_draw_the_stored_picture(
    planned: Plans, store: Store, tmp_path: Path
) -> None:
    mine = {"preset": "robust", "steps": 3, "decorrelate": False, "jitter": 4}
    made = planned({"things": ["jack-o'-lantern", "zebra"]}, methods={"mine": mine}, seeds=[5], precision="fp32")
    entries = draw(made.recipes(), made.source, store).entries
    (variant,) = made.class_pages[0].variants
    entry = entries[variant.recipe.digest()]
    program, *words = shlex.split(reproduce.command(variant, made.source))
    calls = [
        [Path(sys.executable).with_name(program), *words, "--out", "shell.png"],
        [sys.executable, "-c", reproduce.python(variant, made.source)],
    ]
    for call in calls:
        subprocess.run(call, cwd=tmp_path, check=True, capture_output=True)
    expected = entry.read("drawing.png")
    assert (tmp_path / "shell.png").read_bytes() == expected
    assert (tmp_path / "mine-seed-5.png").read_bytes() == expected


@pytest.mark.parametrize("site_url", ["https://example.com/site/", ""])
def test_a_citation_links_to_the_picture(planned: Plans, collected: Callable[..., Contents], site_url: str) -> None:
    contents = collected(planned({"things": NAMES}), site_url=site_url)
    site = SiteInfo(site_url, "A site & more")
    keys = set()
    for label, (drawing,) in contents.drawings.items():
        text = citation.bibtex(drawing, label, contents.network.title, site)
        key, fields = re.fullmatch(r"@misc\{([\w-]+),\n(.*)\}", text, re.DOTALL).groups()  # type: ignore[union-attr]
        entries = dict(re.findall(r'^  (\w+) = "?\{(.*)\}"?,$', fields, re.MULTILINE))
        assert len(entries) == len(fields.splitlines()) == (5 if site_url else 4)
        assert all(value.count("{") == value.count("}") for value in entries.values())
        assert entries["title"] == f"{label.name}, as the compact AlexNet draws it"
        assert entries["author"] == r"A site \& more"
        assert "{{" not in text  # an expression, to plugins that fill in a page's variables
        assert entries["year"] == "2026"
        assert entries.get("url") == (f"{site_url}gallery/drawings/{drawing.entry.picture}.png" if site_url else None)
        assert drawing.entry.digest in entries["note"]
        keys.add(key)
    assert len(keys) == len(NAMES)


def test_a_drawing_is_shown_elsewhere_under_its_lasting_address(
    planned: Plans, collected: Callable[..., Contents]
) -> None:
    contents = collected(planned({"animals": ["zebra"]}))
    ((label, (drawing,)),) = contents.drawings.items()
    site = SiteInfo("https://example.com/a&b/", "<A site>")
    text = citation.embedding(drawing, label, contents.network.title, site)
    assert 'href="https://example.com/a&amp;b/gallery/zebra/#robust-seed-0"' in text
    assert f'src="https://example.com/a&amp;b/gallery/drawings/{drawing.entry.picture}.png"' in text
    assert f'width="{drawing.size}" height="{drawing.size}"' in text
    assert "&lt;A site&gt;" in text
    assert citation.embedding(drawing, label, contents.network.title, SiteInfo("", "A site")) == ""


def test_two_pictures_of_one_recipe_have_two_addresses(planned: Plans, drawn: Callable[..., dict[str, Entry]]) -> None:
    made = planned({"animals": ["zebra"]})
    (variant,) = made.class_pages[0].variants
    (entry,) = drawn(made).values()
    folder = entry.folder
    other = Store(folder.parents[1]).put({"drawing.png": b"another"}, entry.record)
    assert other.digest == entry.digest
    assert Drawing("", variant, other).master != Drawing("", variant, entry).master


def test_tex_commands_in_names_are_escaped(planned: Plans, collected: Callable[..., Contents]) -> None:
    contents = collected(planned({"animals": ["zebra"]}))
    ((label, (drawing,)),) = contents.drawings.items()
    text = citation.bibtex(drawing, label, "squeezenet1_0", SiteInfo("", "50% {a}~\\b\n```"))
    assert r"as squeezenet1\_0 draws it" in text
    assert r"50\% \{a\}\textasciitilde{}\textbackslash{}b" in text
    assert "\n```" not in text


@pytest.mark.parametrize(
    ("target", "words"),
    [
        ("fc8:340", "zebra"),
        ("logits:340", "zebra"),
        ("conv5:12", "conv5:12"),
        ("conv5:12@center", "conv5:12@center"),
        ("fc8:340 - 0.5*fc8:292", "fc8:340 - 0.5*fc8:292"),
        ("fc6", "fc6"),
    ],
)
def test_the_command_names_a_class_by_its_slug_and_other_targets_as_written(target: str, words: str) -> None:
    recipe = compose("robust", network="compact", weights="x", target=target)
    drawing = PlannedDrawing("gallery/zebra/", "robust-seed-0", "robust", "robust", recipe)
    line = shlex.split(reproduce.command(drawing, Source("compact", "x", Path())))
    assert line[:3] == ["actmax", "draw", words]


def test_an_unknown_class_among_the_top_five_is_an_error(
    planned: Plans, drawn: Callable[..., dict[str, Entry]]
) -> None:
    made = planned({"animals": ["zebra"]})
    (variant,) = made.class_pages[0].variants
    strange = Measures(activation=1.0, top=((5000, 0.5),), probability=0.5, rank=1, margin=1.0)
    (entry,) = drawn(made, measures={"drawing.png": strange}).values()
    with pytest.raises(StoreError, match="a class that ImageNet does not have"):
        _ = Drawing("", variant, entry).top


def test_a_drawing_without_a_rank_has_not_failed(planned: Plans, drawn: Callable[..., dict[str, Entry]]) -> None:
    made = planned({"animals": ["zebra"]})
    (variant,) = made.class_pages[0].variants
    (entry,) = drawn(made, measures={"drawing.png": fakes.measures(None)}).values()
    drawing = Drawing("", variant, entry)
    assert not drawing.measures.failed
    assert drawing.caption == "robust, seed 0: –, rank –, logit 3.2"
