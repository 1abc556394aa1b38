"""The HTML of the gallery: metadata for search engines and previews, and images, in the files of the site of fakes."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import urljoin

import pytest
from projects import SITE_URL

CLASSES = {"ambulance", "golden-retriever", "goldfish", "mountain-bike", "tabby", "tiger", "toucan", "zebra"}
ALIASES = {"407", "n02701002", "bicycle", "671", "racer", "3", "n01491361"}
EAGER = 8
"""The index's first row where it is widest."""


class Page(HTMLParser):
    """The metadata and images of a page."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.folder = path.parent
        self.meta: dict[str, str] = {}
        self.links: dict[str, str] = {}
        self.images: list[dict[str, str]] = []
        self.linked: list[str | None] = []
        """For each image, the text of the link around it, or None."""
        self._inside: list[int] | None = None
        self.feed(path.read_text("utf-8"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        if tag == "meta":
            key = values.get("name") or values.get("property") or values.get("http-equiv") or ""
            self.meta[key] = values.get("content", "")
        elif tag == "link":
            self.links[values["rel"]] = values["href"]
        elif tag == "img":
            self.images.append(values)
            self.linked.append(None if self._inside is None else "")
            if self._inside is not None:
                self._inside.append(len(self.images) - 1)
        elif tag == "a":
            self._inside = []

    def handle_endtag(self, tag: str) -> None:
        if tag == "a":
            self._inside = None

    def handle_data(self, data: str) -> None:
        for index in self._inside or ():
            self.linked[index] = f"{self.linked[index]}{data.strip()}"


@pytest.fixture(scope="module")
def pages(fakes: Path) -> dict[str, Page]:
    """The pages of the gallery by their folder, which is empty for the index."""
    gallery = fakes / "gallery"
    return {
        "" if path.parent == gallery else path.parent.name: Page(path) for path in sorted(gallery.rglob("index.html"))
    }


@pytest.fixture(scope="module")
def proper(pages: dict[str, Page]) -> dict[str, Page]:
    """The pages that are no redirects."""
    return {name: page for name, page in pages.items() if "refresh" not in page.meta}


def test_the_gallery_has_these_pages(pages: dict[str, Page], proper: dict[str, Page]) -> None:
    assert set(proper) == {*CLASSES, "", "compare", "tiger-shark"}
    assert set(pages) >= ALIASES


def test_every_page_has_a_title_a_description_and_its_address(proper: dict[str, Page]) -> None:
    for name, page in proper.items():
        assert page.links["canonical"] == f"{SITE_URL}gallery/{name}{'/' if name else ''}"
        assert page.meta["og:url"] == page.links["canonical"]
        assert page.meta["description"], name
        assert page.meta["og:description"] == page.meta["description"]
        assert page.meta["og:title"], name
    titles = [page.meta["og:title"] for page in proper.values()]
    assert len(set(titles)) == len(titles)


@pytest.mark.parametrize("name", ["", *sorted(CLASSES)])
def test_a_preview_shows_the_drawing(proper: dict[str, Page], fakes: Path, name: str) -> None:
    shown = proper[name].meta["og:image"]
    assert shown.startswith(SITE_URL)
    assert (fakes / shown.removeprefix(SITE_URL)).is_file()
    assert proper[name].meta["og:image:alt"]


def test_aliases_are_hidden_from_search_engines(pages: dict[str, Page], proper: dict[str, Page]) -> None:
    for name in set(pages) - set(proper):
        page = pages[name]
        assert page.meta["robots"] == "noindex"
        _, _, target = page.meta["refresh"].partition("url=")
        assert urljoin(f"{SITE_URL}gallery/{name}/", target) == page.links["canonical"]
        assert page.links["canonical"].removeprefix(f"{SITE_URL}gallery/").rstrip("/") in proper


def test_the_sitemap_lists_pages_and_no_alias(fakes: Path, pages: dict[str, Page], proper: dict[str, Page]) -> None:
    listed = set(re.findall(r"<loc>(.*?)</loc>", (fakes / "sitemap.xml").read_text("utf-8")))
    addresses = {f"{SITE_URL}gallery/{name}/" for name in pages if name}
    assert {address for address in addresses if address in listed} == {
        f"{SITE_URL}gallery/{name}/" for name in proper if name
    }


def test_every_image_has_its_size_and_a_text(proper: dict[str, Page]) -> None:
    for name, page in proper.items():
        for image, words in zip(page.images, page.linked, strict=True):
            assert int(image["width"]) > 0, name
            assert int(image["height"]) > 0, name
            assert image["alt"] or words, f"{name}: {image['src']}"


def test_every_image_exists_in_all_its_sizes(proper: dict[str, Page]) -> None:
    for page in proper.values():
        for image in page.images:
            several = [candidate.split()[0] for candidate in image.get("srcset", "").split(",") if candidate]
            for address in (image["src"], *several):
                assert (page.folder / address).is_file(), address


def test_images_below_the_first_row_load_lazily(proper: dict[str, Page]) -> None:
    index = [image.get("loading") for image in proper[""].images]
    eager = index.count(None)
    assert 0 < eager <= EAGER
    assert index == [None] * eager + ["lazy"] * (len(index) - eager)
    for name in CLASSES:
        assert [image.get("loading") for image in proper[name].images[1:]] == ["lazy"] * (len(proper[name].images) - 1)
