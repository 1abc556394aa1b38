"""The quiz below the drawings from a photo, in a real browser."""

from __future__ import annotations

import io
import json
import re
import urllib.request
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest
from PIL import Image
from torchvision.transforms.functional import to_tensor

from actmax import load
from actmax.measure.measure import resized

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

PAGE = "/write-ups/from-a-photo/"
TIMEOUT = 60_000
"""Milliseconds that the network may take to arrive and to measure the pictures of a question."""
ANSWERS = ".quiz-answers button"


@pytest.fixture(params=[("light", 1280), ("dark", 390)], ids=["wide", "phone"])
def page(browser: Browser, address: str, request: pytest.FixtureRequest) -> Iterator[Page]:
    """The page at its quiz. At the end: no errors."""
    scheme, width = request.param
    context = browser.new_context(viewport={"width": width, "height": 844}, color_scheme=scheme)
    opened, faults = context.new_page(), []
    opened.set_default_timeout(TIMEOUT)
    opened.on("console", lambda message: faults.append(message.text) if message.type == "error" else None)
    opened.on("pageerror", lambda error: faults.append(str(error)))
    opened.goto(address + PAGE)
    yield opened
    context.close()
    assert faults == []


def height(page: Page) -> int:
    return int(page.evaluate("document.querySelector('.quiz').offsetHeight"))


def activation(page: Page, answer: int, index: int) -> float:
    """Return PyTorch's logit of a class for the picture of an answer."""
    source = page.locator(f"{ANSWERS} img").nth(answer).evaluate("image => image.src")
    with urllib.request.urlopen(source) as response:
        picture = Image.open(io.BytesIO(response.read())).convert("RGB")
    network = load("compact")
    return float(network.logits(network.normalize(resized(to_tensor(picture)[None], network.size)))[0, index])


def test_the_keyboard_plays_it_and_the_network_computes_the_answer(page: Page) -> None:
    from axe_playwright_python.sync_playwright import Axe

    assert height(page) < 250
    page.locator(".quiz button", has_text="Start the quiz").focus()
    page.keyboard.press("Enter")
    reserved = height(page)
    page.wait_for_selector(ANSWERS)
    assert page.inner_text(".quiz-answers").strip() == ""  # a name would give the answer away
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    asked = page.inner_text(".quiz-asked figcaption")
    pictures: list[dict[str, Any]] = json.loads(page.get_attribute(".quiz", "data-quiz") or "")
    (target,) = (picture["target"] for picture in pictures if picture["name"] == asked)
    number = int(target.removeprefix("fc8:"))
    logits = [activation(page, answer, number) for answer in (0, 1)]
    assert page.locator(ANSWERS).nth(int(logits[1] > logits[0])).get_attribute("class") == "more"
    right = logits[0] > logits[1]  # the first was chosen
    words = page.inner_text(".quiz [role=status]")
    assert words.startswith("Right: " if right else "Wrong: ")
    said = re.search(
        rf"the class {asked} the higher logit, (\S+) against (\S+)\. "
        r"Its own drawing, as small as these, reaches \S+\.$",
        words,
    )
    assert said is not None, words
    high, low = (float(number.replace("−", "-")) for number in said.groups())
    assert high >= low
    names = {picture["name"] for picture in pictures}
    assert {line for line in page.inner_text(".quiz-answers").split("\n") if "logit" not in line} <= names
    assert page.inner_text(".quiz-score") == f"{int(right)} of 1 right"
    assert height(page) == reserved
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
    violations = Axe().run(page, ".quiz").response["violations"]
    assert [(violation["id"], [node["html"] for node in violation["nodes"]]) for violation in violations] == []
    page.keyboard.press("Enter")  # the next question has the focus
    page.wait_for_function("asked => document.querySelector('.quiz-asked figcaption').textContent !== asked", arg=asked)
    assert page.locator(f"{ANSWERS}:disabled").count() == 0


def test_without_the_network_it_says_so_and_can_be_tried_again(browser: Browser, address: str) -> None:
    context = browser.new_context()
    page = context.new_page()
    page.set_default_timeout(TIMEOUT)
    page.route("**/live/*.bin", lambda route: route.fulfill(status=404))
    page.goto(address + PAGE)
    page.click(".quiz button")
    page.wait_for_selector("text=Try again")
    assert "could not be fetched" in page.inner_text(".quiz [role=status]")
    page.unroute_all()
    page.click(".quiz button")
    page.wait_for_selector(ANSWERS)
    context.close()


def test_without_a_script_it_says_what_it_would_be(browser: Browser, address: str) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(address + PAGE)
    assert "With JavaScript this is a quiz" in page.inner_text(".quiz")
    context.close()
