"""The default site with smaller drawings, built with the compact network, as files and in a real browser."""

from __future__ import annotations

import html
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

import pytest
from nightly import pairs, smoke

from actmax.recipe import METHODS
from actmax.store import Record, Store
from gen.compared import COMPARED
from gen.pages.markdown import tenths

if TYPE_CHECKING:
    from .conftest import Built

CLASSES = 17
# The gallery; the methods of six classes, whose drawings by the default the gallery has; the photo; seeds and facets
# of the diversity page; and the write-up's variations that none of these have.
OF_CLASSES = 22 + (len(COMPARED) - 1) * 6 + 3 + (2 + 3) + 5
FIGURES = "assets/activation_maximization/vehicles"


def records(built: Built) -> list[Record]:
    """Return the record of every stored drawing."""
    return [entry.record for entry in Store(built.store).entries()]


def count(built: Built) -> int:
    """Count the drawings; on six layers the four most active channels and the four with the largest attribution."""
    channels = [record for record in records(built) if not record.recipe.target.startswith("fc8:")]
    assert 6 * 4 <= len(channels) <= 6 * 8
    return OF_CLASSES + len(channels)


def drawn_by(method: str, built: Built, **fields: Any) -> list[Record]:
    """Return the records of a method's drawings with the first seed."""
    expected = {**METHODS[method], "seed": 0, **fields}.items()
    return [record for record in records(built) if expected <= record.recipe.model_dump().items()]


def test_a_cold_build_draws_everything_and_logs_the_count(built: Built) -> None:
    assert re.search(rf"drew {count(built)}, 0 from the store, \d+ s", built.output)
    assert len(records(built)) == count(built)


def test_a_warm_build_draws_nothing_and_imports_no_torch(built: Built) -> None:
    done = built.build("-X", "importtime")
    assert done.returncode == 0, done.stderr
    assert f"drew 0, {count(built)} from the store" in done.stderr
    imported = set(re.findall(r"\|\s+([\w.]+)$", done.stderr, re.MULTILINE))
    assert "gen.site" in imported
    assert not {name for name in imported if name.split(".")[0] in ("torch", "torchvision", "timm")}


@pytest.mark.nightly
def test_properdocs_builds_the_same_pages(built: Built) -> None:
    other = built.folder.parent / "properdocs-site"
    done = subprocess.run(
        [sys.executable, "-m", "properdocs", "build", "--strict", "-f", "mkdocs.yml", "--site-dir", str(other)],
        env=built.env,
        cwd=built.folder.parent,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert pages(other) == pages(built.folder)


def pages(site: Path) -> set[str]:
    """Return the paths of all HTML files."""
    return {path.relative_to(site).as_posix() for path in site.rglob("*.html")}


@pytest.mark.parametrize("name", smoke(["zensical", "mkdocs", "properdocs"]))
def test_each_host_builds_the_same_pages_from_the_written_tree(
    built: Built, hosted: Callable[[str], Path], name: str
) -> None:
    assert pages(hosted(name)) == pages(built.folder)
    assert broken(hosted(name)) == []


@pytest.mark.parametrize("name", smoke(["zensical", "mkdocs", "properdocs"]))
def test_each_host_keeps_every_address_anchor_and_picture(
    built: Built, hosted: Callable[[str], Path], name: str
) -> None:
    project = built.folder.parent
    ledger = (project / "docs/gallery/ledger.json").read_bytes()
    try:
        for command in (["record", "--no-pictures"], ["verify", "--site", str(hosted(name))]):
            done = subprocess.run(
                [sys.executable, "-m", "gen", *command],
                env=built.env,
                cwd=project,
                capture_output=True,
                text=True,
                check=False,
            )
            assert done.returncode == 0, done.stdout + done.stderr
        assert "no faults" in done.stdout
    finally:
        (project / "docs/gallery/ledger.json").write_bytes(ledger)


def test_nearly_every_drawing_of_the_gallery_is_classified_correctly(built: Built) -> None:
    gallery = [
        record
        for record in drawn_by("smooth", built)
        if record.recipe.target.startswith("fc8:") and not record.recipe.facets
    ]
    assert len(gallery) == CLASSES
    assert len([record.recipe.target for record in gallery if record.measures["drawing.png"].failed]) <= 2


@pytest.mark.parametrize("word", ["ambulance", "bicycle", "car", "caterpillar", "helicopter"])
def test_the_write_ups_figures_lie_where_the_draft_links_to(built: Built, word: str) -> None:
    assert (built.folder / FIGURES / f"{word}_{built.plain_steps}.jpg").is_file()


def test_the_captions_quote_the_measures_of_the_files_shown(built: Built) -> None:
    page = visible((built.folder / "write-ups/activation-maximization/index.html").read_text("utf-8"))
    # The tiger has no figure there.
    plain = [
        record for record in drawn_by("plain", built, steps=built.plain_steps) if record.recipe.target != "fc8:292"
    ]
    assert len(plain) == 5
    for record in plain:
        measures = record.measures["drawing.jpg"]
        assert f"rank {measures.rank} of 1000, logit {tenths(measures.activation)}" in page


@pytest.mark.parametrize("page", ["zebra", "340", "n02391049", "mountain-bike", "bicycle", "671"])
def test_a_class_is_found_at_all_its_addresses(built: Built, page: str) -> None:
    assert (built.folder / "gallery" / page / "index.html").is_file()


def test_no_page_loads_anything_from_elsewhere(built: Built) -> None:
    """Links may lead elsewhere."""
    loaded = re.compile(r"<(?:script|img|link|iframe|source)\b[^>]*?(?:src|href)=\"?(https?:)?//", re.IGNORECASE)
    for path in built.folder.rglob("*.html"):
        found = [match[0] for match in loaded.finditer(path.read_text("utf-8")) if 'rel="canonical"' not in match[0]]
        assert found == [], path


def test_the_write_up_quotes_the_code_that_drew_the_figures(built: Built, root: Path) -> None:
    page = visible((built.folder / "write-ups/activation-maximization/index.html").read_text("utf-8"))
    source = (root / "actmax/ascent/gradient_ascent.py").read_text("utf-8")
    for part in ("gradient", "ascend"):
        quoted = source.split(f"def {part}(")[1].split("\n\n\n")[0].strip()
        assert quoted in page


def test_no_page_shows_tex_jinja_or_stray_dollars(built: Built) -> None:
    for path in built.folder.rglob("*.html"):
        text = visible(re.sub(r"<(script|style|code|pre)\b.*?</\1>", "", path.read_text("utf-8"), flags=re.DOTALL))
        assert not re.search(r"\$|\\[a-zA-Z]+|\{\{|\{%", text), path


def test_no_link_and_no_anchor_is_broken(built: Built) -> None:
    assert broken(built.folder) == []


def broken(site: Path) -> list[tuple[str, str, str]]:
    """Return page, link and anchor of each broken link."""
    pages = {path: path.read_text("utf-8") for path in site.rglob("*.html") if path.name != "404.html"}
    anchors = {path: set(re.findall(r'\bid="?([^"\s>]+)', page)) for path, page in pages.items()}
    found = []
    for path, page in pages.items():
        body = re.sub(r"<(script|style|pre)\b.*?</\1>", "", page, flags=re.DOTALL)
        for link in re.findall(r'\b(?:href|src)="?([^"\s>]+)', body):
            link, _, anchor = html.unescape(link).partition("#")
            if re.match(r"[a-z]+:|//", link):
                continue
            target = (path.parent / unquote(link.partition("?")[0])).resolve() if link else path
            target = target / "index.html" if target.is_dir() else target
            if not target.is_file() or (anchor and target in anchors and unquote(anchor) not in anchors[target]):
                found.append((path.relative_to(site).as_posix(), link, anchor))
    return found


def visible(page: str) -> str:
    """Return the text of HTML."""
    return html.unescape(re.sub(r"<[^>]*>", "", page))


PAGES = [
    "/",
    "/gallery/",
    "/gallery/zebra/",
    "/gallery/mountain-bike/",
    "/write-ups/activation-maximization/",
    "/write-ups/methods/",
    "/write-ups/from-a-photo/",
    "/write-ups/diversity/",
    "/write-ups/from-picture-to-prediction/",
    "/write-ups/auto-diff/",
    "/write-ups/optimizations/",
    "/literature/bibliography/",
    "/authors/",
]


@pytest.mark.parametrize(("path", "view"), pairs(PAGES, [(1280, "light"), (390, "dark")]))
def test_a_page_loads_completely_and_without_errors(browser, real: str, path: str, view: tuple[int, str]) -> None:  # type: ignore[no-untyped-def]
    width, scheme = view
    page = browser.new_page(viewport={"width": width, "height": 800}, color_scheme=scheme)
    requested: list[str] = []
    errors: list[str] = []
    page.on("request", lambda request: requested.append(request.url))
    page.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: errors.append(str(error)))
    assert page.goto(real + path).ok
    page.evaluate("for (const image of document.images) image.loading = 'eager'")
    page.wait_for_function("[...document.images].every(image => image.complete)")
    assert page.evaluate("[...document.images].filter(image => !image.naturalWidth).map(image => image.src)") == []
    wordless = "image => !image.alt && !image.closest('a')?.textContent.trim()"
    assert page.evaluate(f"[...document.images].filter({wordless}).map(image => image.src)") == []
    assert errors == []
    assert [url for url in requested if not url.startswith((real, "data:", "blob:"))] == []
    assert page.evaluate("document.documentElement.scrollWidth - window.innerWidth") <= 0
    page.close()


def test_an_alias_leads_to_the_page(browser, address: str) -> None:  # type: ignore[no-untyped-def]
    page = browser.new_page()
    page.goto(f"{address}/gallery/340/")
    page.wait_for_url("**/gallery/zebra/")
    assert page.inner_text("h1").startswith("zebra")
    page.close()
