"""Pages on paper: dark on light whatever the scheme, with the drawings and without what only a screen can use."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    context = browser.new_context(color_scheme="dark")
    yield context.new_page()
    context.close()


def lightness(page: Page, selector: str, name: str) -> float:
    """Return a color's mean of red, green and blue, up to 255."""
    color = page.evaluate(f"getComputedStyle(document.querySelector({selector!r})).{name}")
    return sum(map(float, re.findall(r"[\d.]+", color)[:3])) / 3


def test_a_page_prints_dark_on_light_with_its_bars(page: Page, faked: str) -> None:
    page.goto(f"{faked}/gallery/zebra/")
    page.wait_for_selector("[data-md-color-scheme=slate]")
    assert lightness(page, "body", "backgroundColor") < 60
    page.emulate_media(media="print")
    assert lightness(page, "body", "backgroundColor") > 200
    assert lightness(page, "h1", "color") < 60
    assert page.evaluate("getComputedStyle(document.querySelector('.predictions li')).printColorAdjust") == "exact"
    assert page.locator(".drawing-links:visible").count() == 0
    assert page.locator(".plate-left .large:visible").count() > 0


def test_the_front_page_prints_its_drawing_without_the_controls(page: Page, real: str) -> None:
    page.goto(real)
    page.emulate_media(media="print")
    assert page.locator(".replay-picture").is_visible()
    assert page.locator(".front-ask:visible, .chips:visible, .replay-bar:visible").count() == 0
