"""Somebody else's site with the plugin `actmax`: tests/gen/guest, built with the package as it is installed."""

from __future__ import annotations

import html
import json
import os
import re
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Callable, Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import fakes
import projects
import pytest
import yaml
from mkdocs.config import load_config
from mkdocs.config.defaults import MkDocsConfig
from mkdocs.exceptions import PluginError

from actmax.errors import ActmaxError
from gen import site
from gen.plugin import Gallery

ROOT = Path(__file__).parents[2]
TEMPLATE = Path(__file__).with_name("guest")
QUIET = {"NO_MKDOCS_2_WARNING": "1", "DISABLE_MKDOCS_2_WARNING": "true", "NO_COLOR": "1"}


class Guest:
    """A copy of the template, of which all is drawn, by fakes."""

    def __init__(self, root: Path, packages: Path, *, draw: bool = True) -> None:
        self.root, self.packages = root, packages
        shutil.copytree(TEMPLATE, root)
        if draw:
            self.draw()

    def values(self) -> dict[str, Any]:
        values: dict[str, Any] = yaml.safe_load((self.root / "mkdocs.yml").read_text("utf-8"))
        return values

    def edit(self, gallery: dict[str, Any] | None = None, without: tuple[str, ...] = (), **values: Any) -> None:
        whole = self.values() | values
        settings = whole["extra"].get("gallery", {})
        settings |= gallery or {}
        for key in without:
            settings.pop(key, None)
        (self.root / "mkdocs.yml").write_text(yaml.safe_dump(whole), "utf-8")

    def guide(self, text: str) -> None:
        (self.root / "docs" / "guide.md").write_text(text, "utf-8")

    def draw(self) -> None:
        planned = site.plan_site(site.Project(self.values()["extra"]["gallery"], self.root / "mkdocs.yml"))
        for recipe in planned.plan.recipes():
            if planned.store.get(recipe) is None:
                planned.store.put(fakes.files(recipe), fakes.record(recipe))

    def build(self, *words: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-P", "-m", "mkdocs", "build", *words]
        environment = os.environ | QUIET | {"PYTHONPATH": str(self.packages)}
        return subprocess.run(
            command, cwd=self.root, env=environment, text=True, capture_output=True, check=False, timeout=300
        )

    def page(self, path: str) -> str:
        return (self.root / "site" / path).read_text("utf-8")


@pytest.fixture(scope="module")
def packages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return projects.installation(tmp_path_factory.mktemp("installed") / "packages")


@pytest.fixture(scope="module")
def guest(packages: Path, tmp_path_factory: pytest.TempPathFactory) -> Guest:
    """The template, built."""
    made = Guest(tmp_path_factory.mktemp("guest") / "site", packages)
    built = made.build("--strict")
    assert built.returncode == 0, built.stderr
    assert "WARNING" not in built.stderr
    return made


@pytest.fixture
def other(packages: Path, tmp_path: Path) -> Iterator[Guest]:
    """Another copy, to be changed."""
    return Guest(tmp_path / "site", packages, draw=False)


class Figures(HTMLParser):
    """The figures of a page by id: the picture, its text, and where the link leads."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: dict[str, dict[str, str | None]] = {}
        self._now: dict[str, str | None] | None = None
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        if tag == "figure" and values.get("id"):
            self._now = self.found[values["id"] or ""] = {}
        elif self._now is not None and tag in ("a", "img"):
            self._now |= {key: values[key] for key in ("href", "src", "alt") if key in values}

    def handle_endtag(self, tag: str) -> None:
        if tag == "figure":
            self._now = None


def test_six_lines_add_the_gallery() -> None:
    text = (TEMPLATE / "mkdocs.yml").read_text("utf-8")
    added = [line for line in text.splitlines() if re.search(r"# \d$", line)]
    assert len(added) == 6
    documented = re.search(r"``` yaml\n(.*?)```", (ROOT / "docs" / "own-site.md").read_text("utf-8"), re.DOTALL)
    assert documented is not None
    lines = documented[1].splitlines()
    assert len(lines) == 6
    bare = [re.sub(r"\[zebra.*|\s*# \d$", "", line).strip() for line in added]
    assert [re.sub(r"\[zebra.*", "", line).strip() for line in lines] == bare


def test_the_gallery_is_there_and_the_sites_own_pages_stay_as_they_were(guest: Guest) -> None:
    for name in ("gallery", "gallery/zebra", "gallery/tiger", "gallery/340", "gallery/compare"):
        assert (guest.root / "site" / name / "index.html").is_file()
    guide = guest.page("guide/index.html")
    assert "gallery-page.css" not in guide
    assert "gallery.js" not in guide
    assert "<code>as it is\n" in guide
    assert "\n        " in guide, "the author's own pages keep their indents"
    assert not (guest.root / "site" / "robots.txt").exists()
    assert [path.name for path in (guest.root / "site" / "assets").glob("*.woff2")] == ["maths.woff2"]


def test_a_generated_page_names_its_styles_and_scripts_itself(guest: Guest) -> None:
    page = guest.page("gallery/zebra/index.html")
    (links,) = re.findall(r"<div data-guest hidden>.*?</div>", page, re.DOTALL)
    assert re.findall(r'(?:href|src)="([^"]+)"', links) == [
        f"../../assets/{name}" for name in ("gallery-page.css", "class.css", "gallery.js")
    ]
    assert "data-part" not in page
    assert '<section class="plate"' in page
    assert (guest.root / "site" / "assets" / "gallery-page.css").is_file()


def test_other_plugins_see_whole_html_and_none_in_the_markdown_of_a_generated_page(other: Guest) -> None:
    (other.root / "see.py").write_text(
        """
def on_page_markdown(markdown, page, **_):
    assert "<section" not in markdown, page


def on_page_content(html, page, **_):
    assert "data-part" not in html, page
    return html.replace("<section", "<p>seen</p><section", 1)
"""
    )
    other.edit(hooks=["see.py"])
    other.draw()
    built = other.build("--strict")
    assert built.returncode == 0, built.stderr
    assert "<p>seen</p><section" in other.page("gallery/zebra/index.html")


def test_class_pages_are_not_in_the_navigation(guest: Guest) -> None:
    page = guest.page("guide/index.html")
    assert 'href="../gallery/"' in page
    assert "gallery/zebra" not in page


def test_a_drawing_has_a_text_an_address_and_a_picture_that_stays(guest: Guest) -> None:
    text = guest.page("index.html")
    figures = Figures(text).found
    assert list(figures) == ["drawing-tiger", "drawing-conv4-117-robust", "drawing-lion", "drawing-tiger-seed-2"]
    assert figures["drawing-tiger"]["alt"] == "the compact AlexNet's drawing of tiger: method robust, seed 0"
    assert figures["drawing-tiger"]["href"] == "gallery/tiger/#robust-seed-0"
    assert 'id="robust-seed-0"' in guest.page("gallery/tiger/index.html")
    assert figures["drawing-conv4-117-robust"]["href"] == figures["drawing-conv4-117-robust"]["src"]
    for figure in figures.values():
        assert re.fullmatch(r"gallery/drawings/[0-9a-f]{16}\.png", figure["src"] or "")
        assert (guest.root / "site" / str(figure["src"])).is_file()
    assert "<p><figure" not in text
    assert html.unescape(text).count('{{ drawing("goldfish") }}') == 2


def test_an_authors_page_keeps_its_file(guest: Guest) -> None:
    source = (guest.root / "docs" / "index.md").read_text("utf-8")
    assert source == (TEMPLATE / "docs" / "index.md").read_text("utf-8")


def test_search_finds_a_class(guest: Guest) -> None:
    docs = json.loads(guest.page("search/search_index.json"))["docs"]
    assert [doc["location"] for doc in docs if doc["title"] == "tiger"] == ["gallery/tiger/"]


def test_figures_alone_need_no_groups_and_no_theme(other: Guest) -> None:
    other.edit({"publish": "figures"}, without=("groups",), theme={"name": "mkdocs"}, nav=None)
    other.draw()
    built = other.build("--strict")
    assert built.returncode == 0, built.stderr
    figures = Figures(other.page("index.html")).found
    assert figures["drawing-tiger"]["href"] == figures["drawing-tiger"]["src"]
    files = {path.relative_to(other.root / "site").parts[:2] for path in (other.root / "site" / "gallery").rglob("*")}
    assert files == {("gallery", "drawings")}
    assert not (other.root / "site" / "assets").exists()


def test_class_pages_alone_do_not_link_to_the_gallery(other: Guest) -> None:
    other.edit({"publish": "classes"}, nav=None)
    other.draw()
    built = other.build("--strict")
    assert built.returncode == 0, built.stderr
    page = other.page("gallery/zebra/index.html")
    assert not (other.root / "site" / "gallery" / "index.html").exists()
    assert not re.search(r'href="\.\./(?:#[^"]*|compare/[^"]*)?"', page)


FAULTS: dict[str, tuple[Callable[[Guest], object], tuple[str, ...]]] = {
    "nothing to draw": (
        lambda guest: guest.edit(extra={}),
        ("Add to mkdocs.yml:", "extra:", "  gallery:", "    groups:"),
    ),
    "an option of the plugin": (
        lambda guest: guest.edit(plugins=[{"actmax": {"groups": {}}}]),
        ("no options such as 'groups'", "extra:\n  gallery:"),
    ),
    "another theme": (lambda guest: guest.edit(theme="readthedocs"), ("'readthedocs'", "publish: figures")),
    "a missing extension": (lambda guest: guest.edit({"sounds": True}), ("markdown_extensions:\n", "  - attr_list\n")),
    "the hook besides": (lambda guest: guest.edit(hooks=[str(ROOT / "gen" / "hook.py")]), ("take gen/hook.py out",)),
    "a page of theirs": (
        lambda guest: (guest.root / "docs" / "gallery" / "zebra.md").write_text("# Mine\n"),
        ("docs/gallery/zebra.md would be replaced by the gallery's page /gallery/zebra/",),
    ),
    "an unknown class": (
        lambda guest: guest.guide('# Guide\n\n{{ drawing("tigr") }}\n'),
        ("docs/guide.md, line 3: ", "'tigr'", "'tiger'"),
    ),
    "an unknown layer": (
        lambda guest: guest.guide('{{ drawing("conv9:1") }}\n'),
        ("docs/guide.md, line 1: ", "no layer 'conv9'", "conv5"),
    ),
    "a channel beyond the layer": (
        lambda guest: guest.guide('{{ drawing("conv4:117") }} {{ drawing("conv4:9999") }}\n'),
        ("docs/guide.md, line 1: ", "conv4 has 256 channels: 9999 is not one of 0…255"),
    ),
    "a channel in another notation": (
        lambda guest: guest.guide('{{ drawing("conv4[117]") }}\n'),
        ("docs/guide.md, line 1: ", "'conv4[117]' is not a target. Did you mean 'conv4:117'?"),
    ),
    "several channels": (
        lambda guest: guest.guide('{{ drawing("conv4:0-3") }}\n'),
        ("docs/guide.md, line 1: ", "'conv4:0-3' is not a target: it names several channels", "'conv4:0 + conv4:3'"),
    ),
    "a position beyond the map": (
        lambda guest: guest.guide('# Guide\n\n{{ drawing("conv4:1@99,0") }}\n'),
        ("docs/guide.md, line 3: ", "'conv4:1@99,0' lies outside it"),
    ),
    "an unknown method": (
        lambda guest: guest.guide('{{ drawing("tiger", method="smoth") }}\n'),
        ("docs/guide.md, line 1: ", "no method 'smoth'", "'smooth'"),
    ),
}


@pytest.mark.parametrize("name", FAULTS)
def test_what_is_missing_is_named_and_the_last_site_stays(name: str, other: Guest) -> None:
    change, words = FAULTS[name]
    (other.root / "docs" / "gallery").mkdir()
    change(other)
    options = next((each["actmax"] for each in other.values()["plugins"] if isinstance(each, dict)), {})
    config, plugin = load_config(str(other.root / "mkdocs.yml"), plugins=[]), Gallery()
    plugin.load_config(options)
    with pytest.raises(PluginError) as caught:
        before_mkdocs_clears(plugin, config)
    assert [each for each in words if each not in str(caught.value)] == []
    assert not list(other.root.parent.rglob("drawing.png")), "something was drawn"


def before_mkdocs_clears(plugin: Gallery, config: MkDocsConfig) -> None:
    plugin.on_config(config)
    plugin.on_pre_build(config)


@pytest.mark.parametrize("key", ["walk", "comparison", "diversity", "sounds"])
def test_figures_alone_refuse_further_pages(key: str, other: Guest) -> None:
    wanted = {"comparison": {"classes": ["zebra"]}, "sounds": True}.get(key, {"class": "zebra"})
    other.edit({"publish": "figures", key: wanted})
    with pytest.raises(ActmaxError, match=rf"extra\.gallery\.{key} in mkdocs\.yml makes pages, and `publish: figures`"):
        other.draw()


@pytest.mark.nightly
def test_the_wheel_itself_builds_the_site(tmp_path: Path) -> None:
    source = tmp_path / "source"
    for package in ("actmax", "gen"):
        shutil.copytree(ROOT / package, source / package, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "README.md", "LICENSE", "MANIFEST.in", "CHANGELOG.md", "CONTRIBUTING.md"):
        shutil.copy(ROOT / name, source)
    command = [sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "-w", str(tmp_path), str(source)]
    subprocess.run(command, check=True)
    (wheel,) = tmp_path.glob("*.whl")
    with zipfile.ZipFile(wheel) as opened:
        opened.extractall(tmp_path / "packages")
    built = Guest(tmp_path / "site", tmp_path / "packages", draw=False)
    done = built.build("--strict")
    assert done.returncode == 0, done.stderr
    assert 'class="plate"' in built.page("gallery/zebra/index.html")
