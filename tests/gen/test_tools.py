"""The author's tools: what they say is so, and what they remove or write is that and nothing else."""

from __future__ import annotations

import io
import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import fakes
import pytest
import yaml
from PIL import Image
from typer.testing import CliRunner

from actmax.errors import ActmaxError
from actmax.networks import labels
from actmax.recipe import compose
from actmax.store import Entry, Store
from gen import site as build
from gen import tools
from gen.__main__ import app
from gen.ledger import Address, Ledger
from gen.plan import addresses

Draws = Callable[..., dict[str, Entry]]

SETTINGS: dict[str, Any] = {
    "network": "compact",
    "second_opinion": False,
    "size": 64,
    "store": "store",
    "methods": {"robust": {"steps": 2}},
    "groups": {"animals": ["zebra", {"my cat": "tiger"}]},
}


class Author:
    """Edits mkdocs.yml, and calls the tools from another folder."""

    def __init__(self, root: Path, drawn: Draws) -> None:
        self.root = root
        self.config = root / "mkdocs.yml"
        self.store = Store(root / "store")
        self._drawn = drawn
        self.edit()

    def edit(self, site: dict[str, Any] | None = None, **settings: Any) -> None:
        gallery = {**SETTINGS, **settings}
        self.config.write_text(yaml.safe_dump({"site_name": "A site", "extra": {"gallery": gallery}, **(site or {})}))
        self.plan = build.plan_site(build.Project(gallery, self.config)).plan

    def draw(self) -> list[str]:
        """Fills the store with fake drawings, and returns their digests in the plan's order."""
        return list(self._drawn(self.plan))

    def digest(self, name: str) -> str:
        return self.plan.class_page(labels.resolve_class(name)).variants[0].recipe.digest()

    def calls(self, *words: str, fails: bool = False) -> str:
        """What a tool prints."""
        result = CliRunner().invoke(app, [*words, "--config", str(self.config)])
        assert result.exit_code == int(fails), result.output
        assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
        return result.output


def digests(store: Store) -> list[str]:
    return [one.digest for one in store.stored()]


@pytest.fixture
def author(tmp_path: Path, drawn: Draws) -> Author:
    return Author(tmp_path, drawn)


def test_explain_lists_what_is_stored_and_what_is_not(author: Author) -> None:
    assert author.calls("explain").splitlines() == [
        f"{author.digest('zebra')}  /gallery/zebra/#robust-seed-0  to draw: nothing is stored yet",
        f"{author.digest('tiger')}  /gallery/tiger/#robust-seed-0  to draw: nothing is stored yet",
        "2 planned, 0 stored that no page shows (`prune` removes those of this network)",
    ]
    author.draw()
    assert [line.split("  ", 2)[2] for line in author.calls("explain").splitlines()[:2]] == ["stored", "stored"]


@pytest.mark.parametrize(
    ("edit", "reason"),
    [
        ({"seeds": [5]}, "seed was 0, is 5"),
        ({"size": 96}, "size was 64, is 96"),
        ({"precision": "bf16"}, "precision was auto, is bf16"),
        ({"methods": {"robust": {"steps": 3}}}, "steps was 2, is 3"),
        (
            {"methods": {"robust": {"steps": 2, "rotate": 0, "jitter": 3}}},
            "jitter was 12, is 3, rotate was 5.0, is 0.0",
        ),
    ],
)
def test_explain_names_the_field_that_an_edit_changed(author: Author, edit: dict[str, Any], reason: str) -> None:
    author.draw()
    author.edit(**edit)
    zebra, tiger, total = author.calls("explain").splitlines()
    assert zebra.endswith(f"to draw: {reason}")
    assert tiger.endswith(f"to draw: {reason}")
    assert total.startswith("2 planned, 2 stored that no page shows")


def test_explain_knows_a_new_class_and_a_damaged_drawing(author: Author) -> None:
    author.draw()
    (author.store.path / "drawings" / author.digest("zebra") / "drawing.png").write_bytes(b"half")
    author.edit(groups={"animals": ["zebra", "tiger", "goldfish"]})
    zebra, tiger, goldfish, _ = author.calls("explain").splitlines()
    assert zebra.endswith("to draw: the stored drawing is damaged")
    assert tiger.endswith("stored")
    assert goldfish.endswith("to draw: it was never drawn")


def test_explain_and_redraw_take_names_of_channels(author: Author) -> None:
    author.edit(units={"layers": {"conv1": 3}, "negative": True})
    lines = author.calls("explain").splitlines()
    assert [line.split("  ")[1] for line in lines[2:4]] == [
        "/network/conv1/3/#robust-seed-0",
        "/network/conv1/3/#negative-seed-0",
    ]
    assert "drew 2" in author.calls("redraw", "conv1:3")
    assert [line.split("  ")[2] for line in author.calls("explain").splitlines()[2:4]] == ["stored", "stored"]
    for name, reason in {
        "conv1:4": "has no page on this site: name it under `units:` first.\n",
        "conv1[3]": "is not a target. Did you mean 'conv1:3'?\n",
        "conv1:0-3": "is not a target: it names several channels.",
        "conv1:x": "is not a target: write a layer and a channel",
    }.items():
        assert author.calls("redraw", name, fails=True).startswith(f"error: '{name}' {reason}")


def test_explain_draws_and_writes_nothing(author: Author) -> None:
    author.calls("explain")
    assert not author.store.path.exists()


def test_prune_removes_what_no_page_shows_and_nothing_else(author: Author) -> None:
    spare = author.draw()
    author.edit(seeds=[1])
    kept = author.draw()
    assert author.calls("prune", "--dry-run") == "would remove 2, kept 2\n"
    assert digests(author.store) == sorted(spare + kept)
    assert author.calls("prune") == "removed 2, kept 2\n"
    assert digests(author.store) == sorted(kept)
    assert len(list(author.store.entries())) == 2
    assert author.calls("prune") == "removed 0, kept 2\n"


def test_prune_leaves_other_networks_and_foreign_files_alone(author: Author) -> None:
    kept = author.draw()
    other = compose("robust", network="alexnet", weights="7be5be79", target="fc8:1", size=64)
    author.store.put(fakes.files(other), fakes.record(other))
    foreign = author.store.path / "drawings" / "0123456789abcdef"
    foreign.mkdir()
    (foreign / "thesis.txt").write_text("years of work")
    assert "another network's (--all-networks removes those too)" in author.calls("prune")
    assert digests(author.store) == sorted([*kept, other.digest()])
    assert author.calls("prune", "--all-networks") == "removed 1, kept 2\n"
    assert digests(author.store) == sorted(kept)
    assert (foreign / "thesis.txt").exists()


def test_prune_keeps_channels_until_those_of_the_walk_are_known(author: Author) -> None:
    author.edit(walk={"class": "zebra"})
    kept = author.draw()
    channel = compose("robust", network="compact", weights=author.plan.source.digest, target="conv5:12", size=64)
    spare = compose("robust", network="compact", weights=author.plan.source.digest, target="fc8:7", size=64)
    for recipe in (channel, spare):
        author.store.put(fakes.files(recipe), fakes.record(recipe))
    assert "the walk may show" in author.calls("prune")
    assert digests(author.store) == sorted([*kept, channel.digest()])
    author.edit()
    assert author.calls("prune") == f"removed {len(kept) + 1 - 2}, kept 2\n"


def test_prune_keeps_what_the_other_pages_show(author: Author) -> None:
    Image.new("RGB", (90, 60), "red").save(author.root / "cat.png")
    author.edit(
        comparison={"classes": ["zebra", "volcano"], "methods": ["plain", "smooth"]},
        photo={"picture": "cat.png", "class": "tiger", "feature_weights": [0.2, 0]},
        diversity={"class": "zebra", "seeds": 2, "facets": 2},
    )
    author.draw()
    gallery = [page.variants[0].recipe.digest() for page in author.plan.class_pages]
    shown = 2 + 2 * 2 + 2 + 4 - 1  # zebra by `smooth` is on two pages
    assert author.calls("prune") == f"removed 0, kept {shown}\n"
    assert f"{shown} planned, 0 stored that no page shows" in author.calls("explain")
    author.edit()
    assert author.calls("prune") == f"removed {shown - 2}, kept 2\n"
    assert digests(author.store) == sorted(gallery)


def test_prune_of_an_empty_store_keeps_nothing_and_makes_none(author: Author) -> None:
    assert author.calls("prune") == "removed 0, kept 0\n"
    assert not author.store.path.exists()


@pytest.mark.parametrize("name", ["tiger", "My-Cat", "n02129604"])
def test_redraw_replaces_one_class_by_any_of_its_names(author: Author, name: str) -> None:
    author.draw()
    fake = {
        digest: Path(author.store.path, "drawings", digest, "drawing.png").read_bytes()
        for digest in digests(author.store)
    }
    assert "drew 1, 0 from the store" in author.calls("redraw", name)
    changed = [entry.digest for entry in author.store.entries() if entry.read("drawing.png") != fake[entry.digest]]
    assert changed == [author.digest("tiger")]


def test_redraw_starts_from_the_picture_once_more(author: Author) -> None:
    Image.new("RGB", (90, 60), "red").save(author.root / "cat.png")
    author.edit(methods={"plain": {"steps": 1, "start": "cat.png", "step_size": 1e-9}})
    author.draw()
    assert "drew 1, 0 from the store" in author.calls("redraw", "zebra")
    (entry,) = (one for one in author.store.entries() if one.digest == author.digest("zebra"))
    with Image.open(io.BytesIO(entry.read("drawing.png"))) as drawing:
        assert drawing.getpixel((32, 32)) == (255, 0, 0)


@pytest.mark.parametrize(
    ("name", "words"),
    [("goldfish", ["'goldfish'", "not of this gallery"]), ("zebre", ["'zebre'", "Nearest: 'zebra'"])],
)
def test_redraw_of_what_the_gallery_does_not_show_is_an_error(author: Author, name: str, words: list[str]) -> None:
    output = author.calls("redraw", name, fails=True)
    assert [word for word in words if word not in output] == []
    assert not author.store.path.exists()


def test_write_writes_every_page_and_picture(author: Author) -> None:
    docs = author.root / "docs"
    (docs / "notes").mkdir(parents=True)
    (docs / "notes" / "cats.md").write_text("---\nmeasured: true\n---\n{{ caption('my cat', 'robust') }}\n")
    (docs / "notes" / "dogs.md").write_text("{{ not measured }}\n")
    author.edit(site={"site_url": "https://example.com/"})
    author.draw()
    folder = author.root / "else" / "where"
    output = author.calls("write", str(folder))
    written = {path.relative_to(folder / "docs").as_posix(): path for path in (folder / "docs").rglob("*.*")}
    assert {
        "gallery/index.md",
        "gallery/zebra/index.md",
        "gallery/zebra/robust-seed-0.json",
        "gallery/index-1.json",
        "gallery/index.json",
        "gallery/340/index.html",
        "gallery/my-cat/index.html",
        "notes/cats.md",
    } <= set(written)
    assert written["notes/dogs.md"].read_text() == "{{ not measured }}\n"
    assert "now writing pages\n" in output
    # The pages, and mkdocs.yml.
    assert output.strip().endswith(f"drew 0, 2 from the store, 0 s; wrote {len(written) + 1} files to {folder}")
    assert "**my cat** (ImageNet's class *tiger* stands in for it)" in written["notes/cats.md"].read_text()
    assert "https://example.com/gallery/zebra/" in written["gallery/340/index.html"].read_text()
    drawing = author.store.path / "drawings" / author.digest("zebra") / "drawing.png"
    data = json.loads(written["gallery/zebra/robust-seed-0.json"].read_bytes())
    assert written[data["drawing"]["png"]].read_bytes() == drawing.read_bytes()
    assert f"https://example.com/{data['drawing']['png']}" in written["gallery/zebra/index.md"].read_text()


def test_write_keeps_the_addresses_that_the_ledger_names(author: Author) -> None:
    path = author.root / "words" / addresses.LEDGER
    path.parent.mkdir(parents=True)
    path.write_text(Ledger(addresses={"gallery/goldfish/": Address(anchors=("again",))}).text())
    author.edit(site={"docs_dir": "words"})
    author.draw()
    author.calls("write", str(author.root / "folder"))
    assert 'id="again"' in (author.root / "folder/docs/gallery/goldfish/index.md").read_text()
    path.write_text("{")
    assert f"{path} is damaged" in author.calls("write", str(author.root / "folder"), fails=True).replace("\n", "")


@pytest.fixture
def full(author: Author) -> Author:
    """With a theme, a hook and scripts of the author's own, and files that are no pages."""
    for name, text in {
        "docs/cats.md": "# Cats\n",
        "docs/picture.png": "PNG",
        "docs/.hidden.md": "# Hidden\n",
        "theme/main.html": "{% extends 'base.html' %}",
    }.items():
        path = author.root / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
    author.edit(
        site={
            "theme": {"name": "material", "custom_dir": "theme"},
            "plugins": [
                "search",
                {"gen-files": {"scripts": ["gen/gallery.py", "mine.py"]}},
                {"macros": {"a": 1}},
                "odd",
            ],
            "hooks": ["gen/hook.py", "mine/hook.py"],
            "watch": ["gen"],
            "site_url": "",
        }
    )
    author.draw()
    return author


def test_write_makes_a_tree_that_needs_none_of_our_plugins(full: Author) -> None:
    folder = full.root / "tree"
    output = " ".join(full.calls("write", str(folder)).split())
    config = yaml.safe_load((folder / "mkdocs.yml").read_text())
    assert config == {
        "site_name": "A site",
        "theme": {"name": "material", "custom_dir": "theme"},
        "plugins": ["search", {"macros": {"a": 1}}, "odd"],
        "extra": {"built": config["extra"]["built"], "changed": {}},
    }
    assert config["extra"]["built"].startswith("Drawn by ")
    assert (folder / "theme/main.html").read_text() == "{% extends 'base.html' %}"
    assert (folder / "docs/cats.md").is_file()
    assert (folder / "docs/picture.png").is_file()
    assert not (folder / "docs/.hidden.md").exists()
    for sentence in (
        "What mine.py generates is not in the tree",
        "The hook mine/hook.py is not in the tree",
        "Zensical does not know the plugin odd",
    ):
        assert sentence in output
    assert "plugin macros" not in output


def test_write_again_changes_what_is_new_and_removes_what_is_gone(full: Author) -> None:
    folder = full.root / "tree"
    full.calls("write", str(folder))
    kept, gone = folder / "docs/gallery/index.md", folder / "docs/gallery/zebra"
    before = kept.stat().st_mtime_ns, (folder / "docs/cats.md").stat().st_mtime_ns
    (full.root / "docs/cats.md").unlink()
    (folder / "site").mkdir()
    (folder / "site/index.html").write_text("built")
    full.edit(groups={"animals": ["tiger"]})
    full.draw()
    full.calls("write", str(folder))
    assert not gone.exists()
    assert not (folder / "docs/cats.md").exists()
    assert not (folder / "theme").exists() or not any((folder / "theme").iterdir())
    assert kept.stat().st_mtime_ns != before[0]  # it lists one class less
    assert (folder / "site/index.html").read_text() == "built"
    times = {path: path.stat().st_mtime_ns for path in (folder / "docs").rglob("*.*")}
    full.calls("write", str(folder))
    assert {path: path.stat().st_mtime_ns for path in (folder / "docs").rglob("*.*")} == times


@pytest.mark.parametrize("name", ["thesis.txt", "mkdocs.yml", ".git"])
def test_write_refuses_a_folder_that_it_has_not_written(author: Author, name: str) -> None:
    author.draw()
    folder = author.root / "mine"
    folder.mkdir()
    (folder / name).write_text("years of work")
    output = author.calls("write", str(folder), fails=True)
    assert "holds other files: name a new or an empty folder" in " ".join(output.split())
    assert [path.name for path in folder.iterdir()] == [name]


def test_an_unfinished_first_file_does_not_block_the_next_write(tmp_path: Path) -> None:
    left = tmp_path / "tree/.mkdocs.yml.a1b2c3_d"
    left.parent.mkdir()
    left.write_text("ha")
    tools.require_ours(left.parent, [])
    assert not left.exists()
    left.write_text("ha")
    (left.parent / "mine.md").write_text("years of work")
    with pytest.raises(ActmaxError, match="holds other files"):
        tools.require_ours(left.parent, [])
    assert left.exists()


@pytest.mark.parametrize("name", ["docs", "theme", "mkdocs.yml"])
def test_write_refuses_links_out_of_its_folder(full: Author, name: str) -> None:
    folder, real = full.root / "tree", full.root / "real"
    full.calls("write", str(folder))
    (folder / name).rename(real)
    (folder / name).symlink_to(real)
    before = sorted(real.rglob("*")) if real.is_dir() else real.read_bytes()
    output = full.calls("write", str(folder), fails=True)
    assert "is a link" in " ".join(output.split())
    assert (sorted(real.rglob("*")) if real.is_dir() else real.read_bytes()) == before


def test_a_link_within_the_tree_is_replaced_and_what_it_leads_to_left_alone(full: Author) -> None:
    folder, real = full.root / "tree", full.root / "real"
    full.calls("write", str(folder))
    (folder / "docs/gallery").rename(real)
    (folder / "docs/gallery").symlink_to(real)
    (real / "thesis.txt").write_text("years of work")
    full.calls("write", str(folder))
    assert (real / "thesis.txt").read_text() == "years of work"
    assert not (folder / "docs/gallery").is_symlink()
    assert (folder / "docs/gallery/index.md").is_file()


@pytest.mark.parametrize("inner", ["docs/tree", "theme/tree", "."])
def test_write_copies_no_folder_into_itself(full: Author, inner: str) -> None:
    output = full.calls("write", str(full.root / inner), fails=True)
    assert "inside one another" in " ".join(output.split())


def test_a_file_is_replaced_by_a_folder_and_a_folder_by_a_file(full: Author) -> None:
    folder, docs = full.root / "tree", full.root / "docs"
    (docs / "notes").mkdir()
    (docs / "notes/a.md").write_text("# A")
    (docs / "b").write_text("B")
    full.calls("write", str(folder))
    (docs / "notes/a.md").unlink()
    (docs / "notes").rmdir()
    (docs / "notes").write_text("one file")
    (docs / "b").unlink()
    (docs / "b").mkdir()
    (docs / "b/c.md").write_text("# C")
    full.calls("write", str(folder))
    assert (folder / "docs/notes").read_text() == "one file"
    assert (folder / "docs/b/c.md").is_file()


def test_hidden_files_are_copied_from_the_theme_only(full: Author) -> None:
    for name in ("theme/.icons/mine.svg", "docs/.icons/mine.svg"):
        (full.root / name).parent.mkdir()
        (full.root / name).write_text("<svg/>")
    (full.root / "docs/round.png").symlink_to("round.png")
    full.calls("write", str(full.root / "tree"))
    assert (full.root / "tree/theme/.icons/mine.svg").is_file()
    assert not (full.root / "tree/docs/.icons").exists()
    assert not (full.root / "tree/docs/round.png").exists()


def test_write_names_pages_whose_links_zensical_shifts(author: Author) -> None:
    docs = author.root / "docs"
    (docs / "notes").mkdir(parents=True)
    page = "---\nmeasured: true\n---\n{{ best(1) }}\n"
    for name in ("index.md", "notes/appindex.md", "notes/index.md"):
        (docs / name).write_text(page)
    author.draw()
    output = " ".join(author.calls("write", str(author.root / "tree")).split())
    assert "docs/notes/appindex.md/index.md" not in output
    assert "HTML of docs/notes/appindex.md lead elsewhere under Zensical" in output
    assert output.count("lead elsewhere") == 1


def test_write_refuses_pages_that_are_no_folders(author: Author) -> None:
    author.edit(site={"use_directory_urls": False})
    assert "use_directory_urls" in author.calls("write", str(author.root / "tree"), fails=True)


@pytest.mark.parametrize(
    ("page", "words"),
    [
        ("{{ caption('zebre', 'robust') }}", ["line 4", "no class listed under that word", "'zebra'"]),
        ("\n{{ caption('zebra', 'plain') }}", ["line 5", "It is drawn by robust"]),
        ("{{ figure.versus('a', 'ships') }}", ["line 4", "no group 'ships'"]),
        ("{{ study.top }}", ["line 4", "has no `walk`"]),
        ("{% oops %}", ["line 4", "oops"]),
    ],
)
def test_a_page_that_names_missing_drawings_is_refused_before_anything_is_drawn(
    author: Author, page: str, words: list[str]
) -> None:
    (author.root / "docs").mkdir()
    (author.root / "docs/mine.md").write_text(f"---\nmeasured: true\n---\n{page}\n")
    output = " ".join(author.calls("write", str(author.root / "tree"), fails=True).split())
    assert [word for word in ["docs/mine.md", *words] if word not in output] == []
    assert not author.store.path.exists()


def test_a_caption_with_variables_is_not_refused_before_drawing(author: Author) -> None:
    (author.root / "docs").mkdir()
    (author.root / "docs/mine.md").write_text(
        "---\nmeasured: true\n---\n{% for word in ['zebra', 'my cat'] %}{{ caption(word, 'robust') }}{% endfor %}\n"
        "{% set way = 'robust' %}{{ caption('zebra', way) }} {{ caption('zebra', method=way) }}\n"
        "{{ caption(method='robust', word='zebra') }}\n"
    )
    author.draw()
    author.calls("write", str(author.root / "tree"))
    assert (author.root / "tree/docs/mine.md").read_text().count("**zebra**") == 4


def test_a_page_may_test_whether_there_is_a_walk(author: Author) -> None:
    (author.root / "docs").mkdir()
    (author.root / "docs/mine.md").write_text(
        "---\nmeasured: true\n---\n{% if study is defined %}{{ study.class }}{% endif %}\n"
    )
    author.draw()
    author.calls("write", str(author.root / "tree"))


def test_yaml_tags_of_mkdocs_are_written_as_their_values(full: Author) -> None:
    text = full.config.read_text().replace("site_name: A site", "site_name: !ENV [NO_SUCH_NAME, A site]")
    more = """
markdown_extensions:
  - pymdownx.snippets:
      base_path: !relative $config_dir/parts
  - toc:
      slugify: !!python/name:actmax.networks.labels.slugify
"""
    full.config.write_text(text + more)
    folder = full.root / "tree"
    full.calls("write", str(folder))
    written = (folder / "mkdocs.yml").read_text()
    assert "site_name: A site" in written
    assert str(full.root / "parts") in written
    assert "!!python/name:actmax.networks.labels.slugify" in written
    assert "!relative" not in written


WRITE = """
import sys
from gen.__main__ import app

app(["write", sys.argv[1], "--config", sys.argv[2]], standalone_mode=False)
print(*sorted({"torch", "torchvision", "timm"} & set(sys.modules)))
"""


def test_a_site_whose_drawings_are_stored_is_written_without_torch(author: Author) -> None:
    author.edit(second_opinion=None)
    author.draw()
    words = [sys.executable, "-c", WRITE, str(author.root / "folder"), str(author.config)]
    imported, output = (subprocess.check_output(words, text=True) for _ in range(2))
    assert imported.endswith("\ntorch\n")  # the evaluation network ran
    assert output.startswith("now writing pages\ndrew 0, 2 from the store")
    assert output.endswith("\n\n")  # none of the three


def test_write_names_a_folder_that_cannot_be_written(author: Author) -> None:
    author.draw()
    (author.root / "file").write_bytes(b"a regular file")
    output = author.calls("write", str(author.root / "file" / "folder"), fails=True)
    assert str(author.root / "file" / "folder") in output.replace("\n", "")


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (None, ["mkdocs.yml cannot be read", "No such file", "--config"]),
        ("site_name: [", ["mkdocs.yml is not valid YAML"]),
        ("a: 2020-13-45", ["mkdocs.yml is not valid YAML"]),
        ("a: " + "[" * 100_000, ["mkdocs.yml is not valid YAML"]),
        ("a: 0x_", ["mkdocs.yml is not valid YAML"]),
        ("a: !!timestamp x", ["mkdocs.yml is not valid YAML"]),
        ("a: !!bool x", ["mkdocs.yml is not valid YAML"]),
        ("", ["extra.gallery", "missing"]),
        ("site_name: A site", ["extra.gallery", "missing"]),
        ("extra: {gallery: {groups: {animals: [zebre]}}}", ["extra.gallery.groups.animals[0]", "'zebre'", "'zebra'"]),
        ("- a list", ["extra.gallery", "missing"]),
        ("extra: [gallery]", ["extra.gallery", "missing"]),
        ("extra: {gallery: [zebra]}", ["extra.gallery", "['zebra']"]),
    ],
)
def test_an_unusable_config_is_refused_in_a_sentence(author: Author, content: str | None, words: list[str]) -> None:
    if content is None:
        author.config.unlink()
    else:
        author.config.write_text(content)
    output = author.calls("explain", fails=True)
    assert output.startswith("error: ")
    assert [word for word in words if word not in output] == []


@pytest.mark.parametrize("tool", [["explain"], ["prune"], ["redraw", "zebra"], ["write", "folder"]])
def test_every_tool_refuses_an_unusable_config(author: Author, tool: list[str]) -> None:
    author.config.unlink()
    assert author.calls(*tool, fails=True).startswith("error: ")


# What is stored and built against what was drawn.


@pytest.fixture
def site(author: Author) -> Path:
    """A site as a build writes it, but for its HTML; with two classes and a channel."""
    author.edit(site={"site_dir": "built/docs"}, units={"layers": {"conv1": 3}})
    author.draw()
    author.calls("write", str(author.root / "built"))
    return author.root / "built/docs"


def test_verify_finds_nothing_wrong_where_nothing_is(author: Author, site: Path) -> None:
    output = author.calls("verify")
    # Two masters by their names, and each of three drawings against the store.
    assert (
        output == "3 stored drawings are whole; 5 pictures of the site and 0 published addresses checked; no faults\n"
    )


def test_verify_checks_only_the_store_where_no_site_is_built(author: Author) -> None:
    author.draw()
    assert author.calls("verify").startswith("2 stored drawings are whole; 0 pictures of the site")


def damaged_store(author: Author, site: Path) -> str:
    (author.store.path / "drawings" / author.digest("zebra") / "frames.webp").write_bytes(b"half")
    return f"The stored drawing {author.digest('zebra')} is damaged"


def other_master(author: Author, site: Path) -> str:
    one, other = sorted((site / "gallery/drawings").glob("*.png"))
    one.write_bytes(other.read_bytes())
    return f"/gallery/drawings/{one.name} does not have the digest in its name"


def other_channel(author: Author, site: Path) -> str:
    (site / "network/conv1/3/robust-seed-0.jpg").write_bytes(b"no drawing")
    return "/network/conv1/3/robust-seed-0.jpg is not the stored drawing"


def other_measure(author: Author, site: Path) -> str:
    path = site / "gallery/index-1.json"
    path.write_text(path.read_text().replace('"probability":0.9,', '"probability":0.95,', 1))
    return "probability is 0.95 here and 0.9 in the store"


def half_data(author: Author, site: Path) -> str:
    path = site / "network/conv1/units.json"
    path.write_text(path.read_text()[:-30])
    return "/network/conv1/units.json is not a file that a build wrote"


def other_shape(author: Author, site: Path) -> str:
    (site / "gallery/index-1.json").write_text('{"classes": [{"drawings": [7]}]}')
    return "/gallery/index-1.json is not a file that a build wrote"


def lost_page(author: Author, site: Path) -> str:
    path = author.root / "docs" / addresses.LEDGER
    path.parent.mkdir(parents=True)
    path.write_text(Ledger(addresses={"gallery/gone/": Address(anchors=("robust-seed-0",))}).text())
    return "The page /gallery/gone/ was published and is gone"


@pytest.mark.parametrize(
    "harm", [damaged_store, other_master, other_channel, other_measure, half_data, other_shape, lost_page]
)
def test_verify_reports_faults_and_fails(author: Author, site: Path, harm: Callable[[Author, Path], str]) -> None:
    expected = harm(author, site)
    output = author.calls("verify", fails=True)
    assert expected in output
    assert "no faults" not in output


def test_verify_measures_again_and_reports_differences(author: Author) -> None:
    author.edit(groups={"animals": ["zebra"]})
    author.calls("draw")
    assert "1 stored drawings are whole, 1 measured again" in author.calls("verify", "--measure")
    (entry,) = author.store.entries()
    measures = {
        name: one.model_copy(update={"activation": one.activation + 1}) for name, one in entry.record.measures.items()
    }
    files = {name: entry.read(name) for name in entry.record.files}
    author.store.put(files, entry.record.model_copy(update={"measures": measures}))
    assert "no faults" in author.calls("verify")
    output = author.calls("verify", "--measure", fails=True)
    assert output.count(f"{entry.digest}, drawing.") == 2


# Drawing without the site, by one machine or several.


def test_shares_draw_all_and_nothing_twice_and_the_build_finds_them(author: Author) -> None:
    author.edit(groups={"animals": ["zebra", "tiger", "goldfish"]}, units={"layers": {"conv1": [0, 1]}})
    wanted = {recipe.digest() for recipe in author.plan.recipes()}
    assert len(wanted) == 5
    drawn: list[str] = []
    for number in (1, 2):
        author.edit(
            groups={"animals": ["zebra", "tiger", "goldfish"]},
            units={"layers": {"conv1": [0, 1]}},
            store=f"share-{number}",
        )
        assert "from the store" in author.calls("draw", "--shard", f"{number}/2")
        drawn += digests(Store(author.root / f"share-{number}"))
    assert sorted(drawn) == sorted(wanted)
    author.edit(groups={"animals": ["zebra", "tiger", "goldfish"]}, units={"layers": {"conv1": [0, 1]}})
    output = author.calls("merge", str(author.root / "share-1"), str(author.root / "share-2"))
    assert sum(int(count) for count in re.findall(r"(\d+) drawings and \d+ measurements added", output)) == 5
    assert sorted(digests(author.store)) == sorted(wanted)
    assert "drew 0, 5 from the store" in author.calls("draw")


def test_a_dry_run_estimates_the_work_and_draws_nothing(author: Author) -> None:
    output = author.calls("draw", "--dry-run")
    assert re.fullmatch(
        r"would draw 2, 0 are in the store: 4 image-steps, about \d+ s on this machine", output.splitlines()[-1]
    )
    assert digests(author.store) == []
    author.draw()
    assert author.calls("draw", "--dry-run").endswith("nothing to draw, 2 are in the store\n")


@pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
@pytest.mark.parametrize(
    ("words", "verb", "more"),
    [
        (["draw"], "gen.tools.draw", ", and the same command goes on from there"),
        (["redraw", "zebra"], "gen.tools.redraw", ""),
        (["write", "written"], "gen.site.generate", ", and the same command goes on from there"),
    ],
)
def test_an_interrupted_draw_reports_that_nothing_is_lost(
    author: Author,
    monkeypatch: pytest.MonkeyPatch,
    words: list[str],
    verb: str,
    more: str,
    number: signal.Signals,
    status: int,
) -> None:
    monkeypatch.chdir(author.root)
    monkeypatch.setattr(verb, lambda *_: os.kill(os.getpid(), number))
    result = CliRunner().invoke(app, [*words, "--config", str(author.config)])
    assert result.exit_code == status
    assert result.output.splitlines()[0] == f"stopped: what is drawn is kept{more}"


@pytest.mark.parametrize(
    ("words", "output"),
    [
        (["draw", "--engine", "rey"], "There is no engine 'rey'. Did you mean 'ray'?"),
        (["draw", "--shard", "5/4"], "A shard is written like 2/4, the second of four, and counted from 1: not '5/4'."),
        (["merge", "/nowhere/at/all"], "There is no store at /nowhere/at/all."),
    ],
)
def test_impossible_draws_and_merges_are_refused_in_a_sentence(author: Author, words: list[str], output: str) -> None:
    assert author.calls(*words, fails=True) == f"error: {output}\n"
    assert not author.store.path.exists()
