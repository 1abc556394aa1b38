"""Material's instant navigation replaces pages without loading them: each page's scripts run all the same."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import projects
import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

FEATURES = re.compile(r'"features": ?\[')
"""In the configuration that the theme writes into each page."""


@pytest.fixture
def page(browser: Browser, faked: str, faked_folder: Path) -> Iterator[Page]:
    """The gallery's index, with the features `navigation.instant` and `navigation.instant.prefetch`."""

    def configure(route: Any) -> None:
        response = route.fetch()
        instant = r'\g<0>"navigation.instant", "navigation.instant.prefetch", '
        body, pages = FEATURES.subn(instant, response.text())
        assert pages == 1
        route.fulfill(response=response, body=body)

    sitemap = (faked_folder / "sitemap.xml").read_text("utf-8").replace(projects.SITE_URL.rstrip("/"), faked)
    page = browser.new_page(viewport={"width": 1280, "height": 800})
    page.set_default_timeout(60_000)
    errors: list[str] = []
    page.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.route("**/gallery/", configure)
    page.route("**/sitemap.xml", lambda route: route.fulfill(body=sitemap, content_type="text/xml"))
    page.goto(f"{faked}/gallery/")
    page.wait_for_load_state("networkidle")
    page.evaluate("window.loadedOnce = true")
    yield page
    assert page.evaluate("window.loadedOnce"), "the last page was loaded"
    page.close()
    assert errors == []


def open_zebra(page: Page) -> None:
    page.click("ul.gallery a:has-text('zebra')")
    page.wait_for_selector(".plate .live button[name=go]")


def drawing(page: Page) -> bool:
    """Whether the page has a worker that draws, besides that of the search."""
    return any(worker.url.endswith("/live/worker.js") for worker in page.workers)


def test_the_tools_of_a_page_work_whenever_it_is_shown(page: Page) -> None:
    open_zebra(page)
    page.click(".plate-nav a:has-text('compare')")
    page.wait_for_selector(".compare:visible select")
    assert page.input_value(".compare select >> nth=0") == "zebra"
    page.go_back()
    page.wait_for_selector(".plate .live button[name=go]")
    page.click(".top-links a:has-text('Gallery')")
    page.wait_for_selector(".gallery-tools:visible")
    page.get_by_label("Filter", exact=True).fill("zebra")
    assert set(page.locator("ul.gallery li:visible a").all_inner_texts()) == {"zebra"}


def test_the_header_marks_the_page_that_is_shown(page: Page) -> None:
    assert page.inner_text(".top-links .md-tabs__item--active") == "Gallery"
    page.click(".top-links a:has-text('Methods')")
    page.wait_for_selector("h1:has-text('Methods side by side')")
    assert page.inner_text(".top-links .md-tabs__item--active") == "Methods"


def test_a_drawing_opens_large_on_every_page(page: Page) -> None:
    for _ in range(2):
        open_zebra(page)
        page.locator("a.enlarge:visible").first.click()
        page.wait_for_selector(".glightbox-container img")
        assert page.evaluate("getComputedStyle(document.querySelector('.glightbox-container')).position") == "fixed"
        page.keyboard.press("Escape")
        page.wait_for_selector(".glightbox-container", state="detached")
        page.go_back()
        page.wait_for_selector(".gallery-tools:visible")


def test_a_page_that_is_left_draws_no_longer(page: Page) -> None:
    open_zebra(page)
    page.click(".live button[name=go]")
    page.wait_for_selector(".live[data-state=running]")
    assert drawing(page)
    page.click(".top-links a:has-text('Gallery')")
    while drawing(page):
        page.wait_for_timeout(100)
