"""The live drawing in Chromium and Firefox, on good and bad hosts: it ends in a drawing or in a sentence."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import pytest
from browsing import firefox, served
from firefox import Firefox
from nightly import pairs, smoke
from playwright.sync_api import Error as PlaywrightError

from gen.pages.live_weights import weights

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

SECONDS = 60
"""The longest that a drawing may take on a slow, busy machine."""

ZEBRA = "/gallery/zebra/#draw=zebra&size=64"
STATUS = "return document.querySelector('.live-status')?.textContent ?? ''"
STATE = "return document.querySelector('.live')?.dataset.state ?? ''"
PIXELS = "return document.querySelector('.live canvas').toDataURL()"
BROWSERS = ["chromium", "firefox"]

PARTS = [layer.file for layer in weights().layers]
SETTINGS, CLASSES = "assets/live/live.json", "assets/words.json"
WORKER, WORKERS_MODULE = "assets/live/worker.js", "assets/live/optimize.js"
ENGINE = ".wasm"  # whichever of the two the browser takes


class Tab(Protocol):
    """What the tests do with a browser's tab."""

    def open(self, address: str) -> None:
        """Open an address."""

    def run(self, body: str) -> Any:
        """Run the body of a function in the page and return its value."""

    def errors(self) -> list[str]:
        """Return the uncaught errors so far."""


class ChromiumTab:
    """A page of Chromium."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.uncaught: list[str] = []
        page.on("pageerror", lambda error: self.uncaught.append(str(error)))

    def open(self, address: str) -> None:
        self.page.goto(address)

    def run(self, body: str) -> Any:
        return self.page.evaluate(f"(() => {{ {body} }})()")

    def errors(self) -> list[str]:
        return self.uncaught


class FirefoxTab:
    """The present tab of Firefox."""

    def __init__(self, program: Firefox) -> None:
        self.program, self.address = program, ""

    def open(self, address: str) -> None:
        self.address = address.partition("/gallery/")[0]
        self.program.open(address)

    def run(self, body: str) -> Any:
        return self.program.run(body)

    def errors(self) -> list[str]:
        return self.program.errors(self.address)


@pytest.fixture(scope="module")
def started() -> Iterator[Firefox]:
    """The system's Firefox."""
    program = firefox()
    if program is None:
        pytest.skip("no Firefox is installed")
    driven = Firefox(program)
    yield driven
    driven.close()


@pytest.fixture
def tab(request: pytest.FixtureRequest) -> Iterator[Tab]:
    """A tab of the browser that the parameter names. At the end: no uncaught errors."""
    opened: Tab
    if request.param == "firefox":
        program: Firefox = request.getfixturevalue("started")
        opened = FirefoxTab(program)
        yield opened
        assert opened.errors() == []
        program.open("about:blank")
    else:
        browser: Browser = request.getfixturevalue("browser")
        context = browser.new_context()
        opened = ChromiumTab(context.new_page())
        yield opened
        context.close()
        assert opened.errors() == []


def wait(tab: Tab, body: str, accept: Callable[[Any], Any]) -> Any:
    """Run a function's body in a tab until its value is accepted, and return the value."""
    end = time.monotonic() + SECONDS
    while not accept(value := tab.run(body)):
        assert time.monotonic() < end, (value, tab.run(STATUS), tab.run(STATE), tab.errors())
        time.sleep(0.05)
    return value


def wait_for_page(tab: Tab, name: str) -> None:
    """Wait until a page is shown. A question that is asked while the page changes is asked again."""
    end = time.monotonic() + SECONDS
    while time.monotonic() < end:
        with suppress(RuntimeError, PlaywrightError):
            if str(tab.run("return location.pathname")).endswith(f"/{name}/"):  # None while Firefox changes it
                return
        time.sleep(0.05)
    pytest.fail(f"the page {name} is not shown")


def click(tab: Tab, name: str = "go") -> None:
    button = f"document.querySelector('.live button[name={name}]')"
    wait(tab, f"return !!{button} && !{button}.disabled", bool)
    tab.run(f"{button}.click()")


def ending(tab: Tab) -> str:
    """Wait until the live drawing is at rest, and return its sentence."""
    body = f"return [(() => {{ {STATE} }})(), (() => {{ {STATUS} }})()]"
    resting = ("idle", "done")
    state, status = wait(tab, body, lambda now: now[0] in resting and not now[1].startswith(("Settings", "Drawing")))
    assert tab.run("return document.querySelector('.live progress').hidden"), "it still loads"
    assert not tab.run("return document.querySelector('.live button[name=go]').disabled")
    assert (state == "done") is str(status).startswith("Done. ")
    return str(status)


@pytest.mark.parametrize("tab", BROWSERS, indirect=True)
def test_a_class_is_drawn(tab: Tab, fakes: Path) -> None:
    with served(fakes) as address:
        tab.open(address + ZEBRA)
        click(tab)
        assert "prediction for this picture" in ending(tab)
        first = tab.run(PIXELS)
        click(tab)
        wait(tab, STATE, lambda state: state == "running")
        ending(tab)
        assert tab.run(PIXELS) == first


@pytest.mark.parametrize("tab", BROWSERS, indirect=True)
def test_back_and_forward_lead_to_a_drawing(tab: Tab, fakes: Path) -> None:
    with served(fakes) as address:
        tab.open(address + ZEBRA)
        click(tab)
        wait(tab, STATE, lambda state: state == "running")
        tab.open(f"{address}/gallery/")
        for turn in ("back", "forward", "back"):
            tab.run(f"setTimeout(() => history.{turn}())")  # after this call has returned
            page = "zebra" if turn == "back" else "gallery"
            wait_for_page(tab, page)
        if wait(tab, STATE, lambda state: state != "loading") != "running":  # a page that was kept goes on by itself
            click(tab)
        assert ending(tab).startswith("Done. ")


@pytest.mark.parametrize("tab", BROWSERS, indirect=True)
@pytest.mark.parametrize("drawn", smoke([True, False], 2))
def test_offline_after_the_page_has_loaded(tab: Tab, fakes: Path, drawn: bool) -> None:
    with ExitStack() as line:
        address = line.enter_context(served(fakes))
        tab.open(address + ZEBRA)
        wait(tab, "return !!document.querySelector('.live button[name=go]')", bool)
        if drawn:
            click(tab)
            ending(tab)
            first = tab.run(PIXELS)
    click(tab, "again" if drawn else "go")
    if drawn:
        wait(tab, STATE, lambda state: state == "running")
        assert ending(tab).startswith("Done. ")
        assert tab.run(PIXELS) != first
    else:
        assert ending(tab).endswith("could not be fetched. Try again.")


FAULTS = [
    *((file, 404, "could not be fetched (HTTP 404)") for file in (SETTINGS, CLASSES, ENGINE, *PARTS)),
    *((file, 404, "The engine could not be fetched") for file in (WORKER, WORKERS_MODULE)),
    (SETTINGS, 200, "The settings could not be read"),
    (CLASSES, 200, "The list of classes could not be read"),
    (ENGINE, 200, "The engine arrived damaged"),
    *((file, 200, "arrived damaged") for file in PARTS),
    *((file, 200, "The engine could not be fetched") for file in (WORKER, WORKERS_MODULE)),
]
"""A file of the live drawing, the status of the HTML that the host sends in its place, and what the reader is told."""


@pytest.mark.parametrize(
    ("tab", "fault"),
    [
        pytest.param(browser, fault, id=f"{browser}-{Path(fault[0]).stem.split('-')[0]}-{fault[1]}", marks=marks)
        for browser in BROWSERS
        for fault in FAULTS
        for marks in [[] if fault[1] == 200 and fault[0] in (SETTINGS, ENGINE, PARTS[3]) else [pytest.mark.nightly]]
    ],
    indirect=["tab"],
)
def test_another_page_in_place_of_a_file_is_reported(tab: Tab, fakes: Path, fault: tuple[str, int, str]) -> None:
    file, status, words = fault
    broken = True
    with served(fakes, faults=lambda path: status if broken and path.endswith(file) else None) as address:
        tab.open(address + ZEBRA)
        click(tab)
        assert words in ending(tab)
        broken = False
        click(tab)
        assert ending_after(tab, words).startswith("Done. ")


def ending_after(tab: Tab, words: str) -> str:
    """Wait for the end of the next try."""
    wait(tab, STATUS, lambda status: words not in status)
    return ending(tab)


POLICY = (
    "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; "
    "script-src 'self' 'unsafe-inline'"
)


@pytest.mark.parametrize(
    ("tab", "allowed"),
    pairs(BROWSERS, [False, True]),
    indirect=["tab"],
)
def test_a_content_security_policy(tab: Tab, fakes: Path, allowed: bool) -> None:
    policy = POLICY + (" 'wasm-unsafe-eval'" if allowed else "")
    with served(fakes, headers={"Content-Security-Policy": policy}) as address:
        tab.open(address + ZEBRA)
        click(tab)
        expected = "Done. " if allowed else "This site's Content-Security-Policy forbids the engine"
        assert ending(tab).startswith(expected)


def test_two_tabs_draw_the_same_picture_at_once(browser: Browser, fakes: Path) -> None:
    context = browser.new_context()
    tabs = [ChromiumTab(context.new_page()) for _ in range(2)]
    with served(fakes) as address:
        for tab in tabs:
            tab.open(address + ZEBRA)
        for tab in tabs:
            click(tab)
        assert {ending(tab)[:5] for tab in tabs} == {"Done."}
        first, second = (tab.run(PIXELS) for tab in tabs)
        assert first == second
        assert [tab.errors() for tab in tabs] == [[], []]
    context.close()


def test_a_tab_that_is_put_aside_goes_on_when_it_is_shown(browser: Browser, fakes: Path) -> None:
    context = browser.new_context()
    tab = ChromiumTab(context.new_page())
    with served(fakes) as address:
        tab.open(address + ZEBRA.replace("64", "128"))
        click(tab)
        wait(tab, STATE, lambda state: state == "running")
        session = context.new_cdp_session(tab.page)
        session.send("Page.setWebLifecycleState", {"state": "frozen"})
        time.sleep(1)
        session.send("Page.setWebLifecycleState", {"state": "active"})
        assert ending(tab).startswith("Done. ")
    assert tab.errors() == []
    context.close()


def test_a_tab_of_firefox_draws_behind_another(started: Firefox, fakes: Path) -> None:
    tab = FirefoxTab(started)
    own = started.send("WebDriver:GetWindowHandle")
    with served(fakes) as address:
        tab.open(address + ZEBRA)
        click(tab)
        wait(tab, STATE, lambda state: state == "running")
        other = started.new_tab()
        tab.open(address + ZEBRA)
        click(tab)
        assert ending(tab).startswith("Done. ")
        second = tab.run(PIXELS)
        started.send("WebDriver:CloseWindow")
        assert other not in started.send("WebDriver:GetWindowHandles")
        started.show(own)
        assert ending(tab).startswith("Done. ")
        assert tab.run(PIXELS) == second
        assert tab.errors() == []
