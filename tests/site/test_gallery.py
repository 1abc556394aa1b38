"""The gallery in a real browser: what it does with a script and without, by mouse, keys, and address.

Most of it is tried on the site of fakes, which has all that a gallery can have; what depends on real
pages, or on the words of the prose, on the real one.
"""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import pytest
from PIL import Image

from actmax.networks.labels import slugify

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Locator, Page

MOST_SHIFT = 0.02
TABS = 80
"""More than any page has before its content."""
WATCH = """
window.shift = 0;
new PerformanceObserver((list) => {
  for (const entry of list.getEntries()) if (!entry.hadRecentInput) window.shift += entry.value;
}).observe({ type: "layout-shift", buffered: true });
"""
THERE_AND_BACK = """async () => {
  const frame = () => new Promise(requestAnimationFrame);
  for (let y = 0; y < document.documentElement.scrollHeight; y += 600) { scrollTo(0, y); await frame(); await frame(); }
  for (const image of document.images) if (image.checkVisibility()) await image.decode();
  scrollTo(0, 0);
  await frame();
  await frame();
  return window.shift;
}"""

SHOWN = """() => [...document.images].filter((image) => image.checkVisibility()).map((image) => [
  image.src,
  image.getBoundingClientRect().width / image.naturalWidth,
  (image.closest("figure, .frames")?.textContent ?? "").includes("shown up to twice as large"),
])"""
"""How much larger each picture is shown than it is, and whether the page says so."""

REAL = ["/", "/404.html", "/gallery/zebra/", "/write-ups/activation-maximization/"]
FAKED = [
    "/gallery/",
    "/gallery/ambulance/",
    "/gallery/toucan/",
    "/gallery/mountain-bike/",
    "/gallery/tiger-shark/",
    "/gallery/compare/?a=zebra&b=ambulance",
    "/write-ups/methods/",
    "/write-ups/from-a-photo/",
    "/write-ups/diversity/",
    "/network/",
    "/network/conv5/",
    "/network/conv4/117/",
    "/gallery/compare/?a=conv4:117&b=conv5:39",
]

Visit = Callable[..., "Page"]


@pytest.fixture(scope="module")
def contexts(browser: Browser) -> Iterator[Callable[..., Any]]:
    """One browser context for each set of options."""
    made: dict[str, Any] = {}

    def context(**options: Any) -> Any:
        options = {"viewport": {"width": 1280, "height": 800}, **options}
        key = repr(sorted(options.items()))
        if key not in made:
            made[key] = browser.new_context(**options)
            made[key].add_init_script(WATCH)
        return made[key]

    yield context
    for one in made.values():
        one.close()


@pytest.fixture
def visit(contexts: Callable[..., Any], faked: str) -> Iterator[Visit]:
    """Opens a page of the fakes' site, and sees at the end that it said nothing and asked nobody else."""
    opened: list[Page] = []
    said: list[str] = []
    asked: list[str] = []

    def open_page(path: str, host: str = faked, **options: Any) -> Page:
        page: Page = contexts(**options).new_page()
        opened.append(page)
        page.set_default_timeout(30_000)
        page.on("console", lambda message: said.append(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: said.append(str(error)))
        page.on("dialog", lambda dialog: (said.append(dialog.message), dialog.dismiss()))
        page.on("request", lambda one: None if one.url.startswith((host, "data:", "blob:")) else asked.append(one.url))
        answer = page.goto(host + path)
        assert answer
        assert answer.ok
        return page

    yield open_page
    for page in opened:
        page.close()
    assert said == []
    assert asked == []


@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("path", REAL + FAKED)
def test_a_page_stands_still_fits_the_window_and_is_for_everyone(
    visit: Visit, request: pytest.FixtureRequest, path: str, scheme: str, width: int
) -> None:
    from axe_playwright_python.sync_playwright import Axe

    host = request.getfixturevalue("real" if path in REAL else "faked")
    page = visit(path, host, viewport={"width": width, "height": 800}, color_scheme=scheme)
    page.wait_for_load_state("networkidle")  # the compare page fetches what it shows
    assert page.evaluate(THERE_AND_BACK) < MOST_SHIFT
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
    assert [one for one in page.evaluate(SHOWN) if not 0 < one[1] <= (2 if one[2] else 1) + 0.01] == []
    # What Zensical's own theme lacks is not ours: contrast in its navigation.
    ours = "article" if request.node.callspec.params["host"] == "zensical" else None
    found = (Axe().run(page, ours) if ours else Axe().run(page)).response["violations"]
    assert [(one["id"], [node["html"] for node in one["nodes"]]) for one in found] == []


# By keys alone.


def tab_to(page: Page, selector: str) -> Locator:
    """Presses Tab until an element has the focus."""
    for _ in range(TABS):
        page.keyboard.press("Tab")
        if page.evaluate("selector => document.activeElement.matches(selector)", selector):
            return page.locator(":focus")
    raise AssertionError(f"{selector} is not reached by Tab")


def outlined(place: Locator) -> bool:
    """Whether a reader sees that an element has the focus."""
    style = place.evaluate("(node) => [getComputedStyle(node).outlineStyle, getComputedStyle(node).outlineWidth]")
    return style[0] != "none" and style[1] != "0px"


def test_the_index_is_used_by_keys_alone(visit: Visit) -> None:
    page = visit("/gallery/")
    for selector in (".gallery-tools input", ".gallery-tools select", ".gallery-tools button", "ul.gallery a"):
        assert outlined(tab_to(page, selector)), selector
    page.keyboard.press("Enter")
    page.wait_for_url("**/gallery/goldfish/")


def test_the_frames_are_chosen_by_keys_alone(visit: Visit) -> None:
    page = visit("/gallery/ambulance/")
    last = tab_to(page, ".frames input")
    assert last.is_checked()
    assert outlined(last.locator("+ span"))
    strip = page.locator(".frames-view img")
    at = [place(strip)]
    for _ in range(2):
        page.keyboard.press("ArrowLeft")
        at.append(place(strip))
    assert at == sorted(set(at))  # to the right, where earlier frames come into view
    mark = page.locator(".frame-mark").get_attribute("d")
    page.keyboard.press("ArrowRight")
    assert place(strip) == at[1]
    assert page.locator(".frame-mark").get_attribute("d") != mark


def place(picture: Locator) -> float:
    box = picture.bounding_box()
    assert box
    return round(box["x"])


def test_what_is_too_wide_is_scrolled_by_keys(visit: Visit, real: str) -> None:
    page = visit("/write-ups/from-picture-to-prediction/", real, viewport={"width": 390, "height": 800})
    page.wait_for_load_state("load")
    wide = page.evaluate(
        """[...document.querySelectorAll(".md-typeset__scrollwrap")]
            .filter((part) => part.scrollWidth > part.clientWidth).map((part) => part.tabIndex)"""
    )
    assert wide
    assert set(wide) == {0}


# Without a script.


def test_without_a_script_the_index_shows_all(visit: Visit) -> None:
    page = visit("/gallery/", java_script_enabled=False)
    assert page.locator("ul.gallery > li:visible").count() == 10
    assert page.locator(".gallery-tools").is_hidden()


def test_without_a_script_the_frames_still_follow(visit: Visit) -> None:
    page = visit("/gallery/ambulance/", java_script_enabled=False)
    strip = page.locator(".frames-view img")
    before = place(strip)
    page.locator(".frames label").first.click()
    view = page.locator(".frames-view").bounding_box()
    assert view
    assert place(strip) == round(view["x"]) != before


def test_without_a_script_the_compare_page_leads_to_every_class(visit: Visit) -> None:
    page = visit("/gallery/compare/?a=zebra", java_script_enabled=False)
    assert page.locator(".compare-links a:visible").count() == 8
    assert page.locator(".compare").is_hidden()


def test_a_page_whose_script_is_not_found_shows_all(contexts: Callable[..., Any], faked: str) -> None:
    """Scripting is on, but this script did not run: nothing stays hidden that it would have replaced."""
    page: Page = contexts().new_page()
    page.route("**/gallery.js", lambda route: route.abort())
    page.goto(f"{faked}/gallery/compare/?a=zebra")
    assert page.locator(".compare-links a:visible").count() == 8
    page.goto(f"{faked}/gallery/")
    assert page.locator("ul.gallery > li:visible").count() == 10
    page.close()


# The index.


@pytest.mark.parametrize("typed", ["Potter's wheel", "jack-o'-lantern", "Crème Brûlée", "straße", "a  b_c", "ABC'S"])
def test_what_a_reader_types_is_spelt_as_the_names_on_the_page_are(index: Page, typed: str) -> None:
    plain = "async (typed) => (await import('../assets/helpers.js')).plain(typed)"
    assert index.evaluate(plain, typed) == slugify(typed).replace("-", " ")


def names(page: Page) -> list[str]:
    """Of the classes that are shown, in their order."""
    return page.locator("ul.gallery > li:visible b").all_text_contents()


@pytest.fixture
def index(visit: Visit) -> Page:
    return visit("/gallery/")


def test_a_class_is_found_by_each_of_its_names(index: Page) -> None:
    for typed, found in {
        "amb": ["ambulance"],
        "GOLD": ["goldfish", "golden retriever"],
        "tabby cat": ["tabby"],
        "auratus": ["goldfish"],
        "all terrain": ["bicycle"],
        "mountain": ["bicycle"],
        "bicycle": ["bicycle"],
        "340": ["zebra", "zebra"],
        "n02391049": ["zebra", "zebra"],
    }.items():
        index.get_by_label("Filter", exact=True).fill(typed)
        assert names(index) == found, typed
        told = index.locator(".gallery-tools output").inner_text()
        assert told == ("1 class" if len(set(found)) == 1 else f"{len(set(found))} classes")


def test_nothing_found_is_said_and_breaks_nothing(index: Page) -> None:
    every = names(index)
    for typed in ("xylophone", "zebra tiger", "<b>x", "zebra\\d"):
        index.get_by_label("Filter", exact=True).fill(typed)
        assert names(index) == [], typed
        assert index.locator("h2:visible").count() == 0
        assert index.locator(".gallery-tools output").inner_text() == "no classes"
    for typed in ("(", "\\", "*", " "):  # nothing that is in a name, so nothing is asked for
        index.get_by_label("Filter", exact=True).fill(typed)
        assert names(index) == every, typed


def test_classes_are_sorted_and_parted_again(index: Page) -> None:
    every = names(index)
    assert every.count("zebra") == every.count("tiger") == 2
    by = index.get_by_label("Sort by")
    for key, ordered in {
        "name": "ambulance, bicycle, golden retriever, goldfish, tabby, tiger, toucan, zebra",
        "index": "goldfish, toucan, golden retriever, tabby, tiger, zebra, ambulance, bicycle",
        "probability": "tiger, tabby, bicycle, zebra, golden retriever, ambulance, goldfish, toucan",
        "rank": "toucan, golden retriever, goldfish, zebra, tiger, tabby, ambulance, bicycle",
    }.items():
        by.select_option(key)
        assert ", ".join(names(index)) == ordered
        index.get_by_label("Filter", exact=True).fill("z")
        assert names(index) == ["zebra"]
        index.get_by_label("Filter", exact=True).fill("")
        by.select_option("group")
        assert names(index) == every
        assert index.locator("h2:visible").count() == 3


def test_the_index_says_in_which_place_the_second_network_has_a_class(index: Page) -> None:
    index.get_by_label("Sort by").select_option("rank")
    # Not the inner text, which is empty where a browser has put off what is far below the window.
    shown = index.locator("ul.gallery > li:visible small")
    said = shown.evaluate_all("all => all.map((small) => small.lastChild.textContent)")
    title = index.locator(".gallery-tools option[value=rank]").inner_text().removeprefix("rank by ")
    assert said == [f"{title}: rank 1"] * 2 + [f"{title}: rank 4"] * 3 + ["target network only"] * 3
    recognition = " ".join(index.locator("p", has_text="an evaluation network").inner_text().split())
    assert "recognizes 2 of 8 classes (top-1), and 5 in its top 5." in recognition


def test_a_random_class_is_one_of_those_shown(index: Page) -> None:
    index.get_by_label("Filter", exact=True).fill("zeb")
    index.get_by_role("button", name="A random class").click()
    index.wait_for_url("**/gallery/zebra/")
    assert index.locator("h1").inner_text().startswith("zebra")


# A class page.


def test_a_drawings_address_leads_to_it(visit: Visit) -> None:
    page = visit("/gallery/ambulance/#plain-seed-0")
    target = page.locator(":target")
    assert target.get_attribute("id") == "plain-seed-0"
    assert "plain, seed 0" in target.inner_text()
    page.wait_for_function("scrollY > 0")
    box, header = target.bounding_box(), page.locator(".md-header").bounding_box()
    assert box
    assert header
    assert header["y"] + header["height"] <= box["y"] < 800 / 2
    assert target.evaluate("(node) => getComputedStyle(node).outlineStyle") == "solid"


def test_a_drawing_that_convinces_its_own_network_alone_says_so(visit: Visit) -> None:
    said = {slug: visit(f"/gallery/{slug}/").locator(".evaluation").first.inner_text() for slug in ("tabby", "tiger")}
    assert "tabby has rank 7 of 1000. This drawing is recognized only by its target network" in said["tabby"]
    assert said["tiger"].endswith("tiger has rank 4 of 1000.")


def test_a_drawing_that_is_gone_is_told_of_at_its_address(visit: Visit) -> None:
    page = visit("/gallery/ambulance/#sketch-seed-7")
    said = page.locator("p", has=page.locator(":target"))
    assert "no longer drawn" in said.inner_text()


def test_a_link_is_copied_whole(visit: Visit, faked: str) -> None:
    page = visit("/gallery/ambulance/", permissions=["clipboard-read", "clipboard-write"])
    link = page.locator("#plain-seed-0 .copy-link")
    words = link.inner_text()
    link.click()
    page.wait_for_function("document.querySelector('#plain-seed-0 .copy-link').textContent === 'Copied'")
    copied = page.evaluate("navigator.clipboard.readText()")
    assert copied == f"{faked}/gallery/ambulance/#plain-seed-0" == page.url
    page.wait_for_function(f"document.querySelector('#plain-seed-0 .copy-link').textContent === '{words}'")


@pytest.mark.parametrize("motion", ["no-preference", "reduce"])
def test_a_drawing_opens_large_and_closes(visit: Visit, motion: str) -> None:
    page = visit("/gallery/ambulance/", reduced_motion=motion)
    page.locator("a.enlarge").first.click()
    shown = page.locator(".gslide.current img")
    shown.wait_for()
    large = "document.querySelector('.gslide.current img').getBoundingClientRect().width > 448"
    page.wait_for_function(large)  # more than on the page, once it has grown
    assert "ambulance, robust, seed 0" in page.locator(".gslide.current").inner_text()
    if motion == "reduce":
        durations = page.evaluate(
            """[".glightbox-container", ".glightbox-container *"].flatMap((all) => [...document.querySelectorAll(all)])
                .map((node) => getComputedStyle(node))
                .flatMap((style) => [
                    style.animationName === "none" ? "0s" : style.animationDuration,
                    style.transitionProperty === "none" ? "0s" : style.transitionDuration,
                ])"""
        )
        assert {part for one in durations for part in one.split(", ")} == {"0s"}
    page.keyboard.press("Escape")
    page.locator(".glightbox-container").wait_for(state="detached")


def test_a_drawing_without_what_its_steps_hardly_touched_is_there_for_whoever_asks(visit: Visit) -> None:
    page = visit("/gallery/tabby/")
    shown = page.locator(".cutout img")
    assert shown.is_hidden()
    page.get_by_text("Without the background").click()
    assert shown.is_visible()
    page.wait_for_function("document.querySelector('.cutout img').naturalWidth === 224")


# From a photo.


def frame(page: Page) -> float:
    """Which of the pictures that lie side by side is in view, counted from 0."""
    strip, view = (page.locator(f".from-photo {part}").bounding_box() for part in (".frames-view img", ".frames-view"))
    assert strip
    assert view
    assert strip["width"] == pytest.approx(3 * view["width"], rel=0.01)
    return (view["x"] - strip["x"]) / view["width"]


def test_the_slider_lets_go_of_the_photo_and_the_buttons_follow(visit: Visit) -> None:
    page = visit("/write-ups/from-a-photo/")
    slider = page.locator(".from-photo input[type=range]")
    assert frame(page) == pytest.approx(0, abs=0.01)
    for place, words in ((2, "0: no penalty"), (1, "0.5"), (0, "the photo")):
        slider.fill(str(place))
        assert frame(page) == pytest.approx(place, abs=0.01)
        assert page.locator(".from-photo input[type=radio]").nth(place).is_checked()
        assert slider.get_attribute("aria-valuetext") == words


def test_the_slider_follows_the_buttons_and_is_moved_by_keys(visit: Visit) -> None:
    page = visit("/write-ups/from-a-photo/")
    page.locator(".from-photo label", has_text="0: no penalty").click()
    slider = page.locator(".from-photo input[type=range]")
    assert slider.input_value() == "2"
    assert frame(page) == pytest.approx(2, abs=0.01)
    assert outlined(tab_to(page, ".from-photo input[type=range]"))
    page.keyboard.press("ArrowLeft")
    assert slider.input_value() == "1"
    assert frame(page) == pytest.approx(1, abs=0.01)


def test_without_a_script_the_buttons_let_go_of_the_photo_and_no_slider_is_in_the_way(visit: Visit) -> None:
    page = visit("/write-ups/from-a-photo/", java_script_enabled=False)
    assert page.locator(".from-photo input[type=range]").is_hidden()
    assert frame(page) == pytest.approx(0, abs=0.01)
    for place, words in ((2, "0: no penalty"), (1, "0.5")):
        page.locator(".from-photo label", has_text=words).click()
        assert frame(page) == pytest.approx(place, abs=0.01)


# Figures of the write-up.

WRITE_UP = "/write-ups/activation-maximization/"
OPACITY = "getComputedStyle(document.querySelector('#figure-vehicles img + img')).opacity"


def test_two_methods_are_compared_in_one_place_by_button_and_by_pointer(visit: Visit, real: str) -> None:
    page = visit(WRITE_UP, real)
    figure = page.locator("#figure-vehicles")
    assert page.evaluate(OPACITY) == "0"
    picture = figure.locator("a.enlarge").first
    picture.hover()
    page.wait_for_function(f"{OPACITY} === '1'")
    page.mouse.move(0, 0)
    page.wait_for_function(f"{OPACITY} === '0'")
    figure.locator("label", has_text="as the gallery draws it").click()
    page.wait_for_function(f"{OPACITY} === '1'")
    picture.hover()
    page.wait_for_function(f"{OPACITY} === '0'")


def test_the_steps_of_a_drawing_are_looked_through_by_buttons_and_by_the_slider(visit: Visit, real: str) -> None:
    page = visit(WRITE_UP, real)
    figure = page.locator("#figure-steps")
    shown = "Math.round(new DOMMatrix(getComputedStyle(document.querySelector('#figure-steps img')).transform).e)"
    width = figure.locator(".frames-view").bounding_box()["width"]  # type: ignore[index]
    last = figure.locator("input[type=radio]").count() - 1
    assert abs(page.evaluate(shown) + last * width) < last
    figure.locator("label").first.click()
    assert page.evaluate(shown) == 0
    figure.get_by_role("slider").fill("2")
    assert abs(page.evaluate(shown) + 2 * width) < 2
    assert figure.locator("input[type=radio]").nth(2).is_checked()


def test_figures_are_numbered_and_linked_to(visit: Visit, real: str) -> None:
    page = visit(f"{WRITE_UP}#figure-vehicles", real)
    numbers = page.locator("a.numbered").all_inner_texts()
    assert numbers == [f"Figure {number}" for number in range(1, len(numbers) + 1)]
    assert page.locator("#figure-vehicles").evaluate("figure => Math.abs(figure.getBoundingClientRect().top)") < 200
    for link in page.locator("article a[href^='#figure-']").all():
        assert page.locator(link.get_attribute("href") or "").count() == 1


def test_sounds_are_there_to_be_heard(visit: Visit, real: str) -> None:
    page = visit("/write-ups/sounds/", real)
    assert page.locator("audio").count() == 16
    heard = page.locator("audio").first.evaluate(
        """async (audio) => {
            const known = new Promise((done) => (audio.onloadedmetadata = done));
            audio.load();
            await known;
            return audio.duration;
        }"""
    )
    assert 1.0 < heard < 1.1


# Methods side by side.


def test_a_drawing_of_the_comparison_opens_at_full_size_and_says_what_it_is(visit: Visit) -> None:
    page = visit("/write-ups/methods/")
    page.locator("table.methods a.enlarge").nth(3 * 10 + 1).click()
    page.wait_for_function("document.querySelector('.gslide.current img')?.naturalWidth === 224")
    assert page.locator(".gslide.current").inner_text().strip() == "This site's default: volcano"
    page.keyboard.press("Escape")
    page.locator(".glightbox-container").wait_for(state="detached")


@pytest.mark.parametrize("width", [1280, 390])
def test_all_the_methods_are_seen_at_once_whatever_the_width(visit: Visit, width: int) -> None:
    page = visit("/write-ups/methods/", viewport={"width": width, "height": 800})
    drawings = page.locator("table.methods img")
    assert drawings.count() == 11 * 3
    for box in (drawings.nth(place).bounding_box() for place in range(11 * 3)):
        assert box
        assert box["width"] >= 40
        assert 0 <= box["x"] < box["x"] + box["width"] <= width


def test_more_classes_than_fit_are_scrolled_by_themselves_and_by_keys(visit: Visit) -> None:
    page = visit("/write-ups/methods/", viewport={"width": 390, "height": 800})
    page.evaluate(
        """() => {
            for (const row of document.querySelectorAll("table.methods tr"))
                for (let i = 3; i < 12; i++) row.append(row.lastElementChild.cloneNode(true));
            dispatchEvent(new Event("resize"));
        }"""
    )
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
    table = page.locator(".methods-all")
    assert table.evaluate("(node) => node.scrollWidth - node.clientWidth") > 0
    assert table.get_attribute("tabindex") == "0"


# The compare page.


def compared(page: Page) -> list[str]:
    page.locator(".compare h2").nth(1).wait_for()
    return page.locator(".compare h2").all_inner_texts()


def test_two_classes_are_compared_by_address(visit: Visit) -> None:
    page = visit("/gallery/compare/?a=zebra&b=ambulance")
    assert compared(page) == ["zebra", "ambulance"]
    assert page.locator(".compare section").nth(1).locator("img").count() == 4
    assert page.locator(".compare-links").is_hidden()
    page.get_by_label("First class").select_option("tiger")
    assert compared(page) == ["tiger", "ambulance"]
    assert page.url.endswith("/gallery/compare/?a=tiger&b=ambulance")


@pytest.mark.parametrize(
    "query", ["", "?a=unicorn", "?a=<script>alert(1)</script>", "?a=__proto__&b=constructor", "?a=%", "?a=&b=&a="]
)
def test_an_address_that_names_no_class_shows_the_first_two(visit: Visit, query: str) -> None:
    page = visit(f"/gallery/compare/{query}")
    assert compared(page) == ["goldfish", "zebra"]
    assert page.get_by_text("The gallery has no class").count() == (0 if query in ("", "?a=&b=&a=") else 1)


@pytest.mark.parametrize("width", [1280, 390])
def test_the_compare_page_stands_still_however_late_its_data_come(visit: Visit, faked: str, width: int) -> None:
    page = visit("/gallery/zebra/", viewport={"width": width, "height": 800})
    late: list[Any] = []
    page.route("**/gallery/index.json", lambda route: late.append(route))
    page.goto(f"{faked}/gallery/compare/?a=zebra&b=ambulance")
    page.evaluate("scrollTo(0, document.documentElement.scrollHeight)")
    page.wait_for_timeout(300)
    assert page.locator(".md-footer").is_hidden()
    late[0].continue_()
    page.locator(".compare h2").nth(1).wait_for()
    assert page.locator(".md-footer").is_visible()
    assert page.evaluate(THERE_AND_BACK) < MOST_SHIFT


def test_a_class_is_compared_by_every_name_that_its_page_has(visit: Visit) -> None:
    assert compared(visit("/gallery/compare/?a=340&b=bicycle")) == ["zebra", "mountain bike"]
    assert compared(visit("/gallery/compare/?b=n02391049")) == ["goldfish", "zebra"]
    assert compared(visit("/gallery/compare/?a=zebra")) == ["zebra", "goldfish"]


def test_a_channel_is_compared_with_a_class_by_address(visit: Visit) -> None:
    page = visit("/gallery/compare/?a=conv4:117&b=zebra")
    assert compared(page) == ["conv4:117", "zebra"]
    assert (
        page.get_by_role("img", name="What channel conv4:117 responds to").count() == 4
    )  # two seeds, and the negatives
    page.get_by_label("First class").select_option("tiger")
    page.locator(".compare h2", has_text="tiger").wait_for()
    assert page.url.endswith("?a=tiger&b=zebra")


@pytest.mark.parametrize("name", ["conv4:6", "conv4", "conv4:", "conv9:1", "constructor:1", "conv4:117:1x"])
def test_a_channel_without_a_page_is_said_to_be_missing(visit: Visit, name: str) -> None:
    page = visit(f"/gallery/compare/?a={name}&b=zebra")
    assert compared(page) == ["goldfish", "zebra"]
    assert page.get_by_text(f"The gallery has no class {name}.").is_visible()


@pytest.mark.parametrize(
    ("path", "meant"),
    [("gallery/zebrra", ["zebra"]), ("gold-fish/", ["goldfish"]), ("n02391041/", ["zebra"]), ("what/%C3%A4/ever", [])],
)
def test_a_page_that_is_not_there_names_the_class_that_was_meant(
    visit: Visit, real: str, path: str, meant: list[str]
) -> None:
    page = visit("/", real)
    lost = page.request.get(f"{real}/404.html").text()
    page.route(f"**/{path}", lambda route: route.fulfill(body=lost, content_type="text/html"))
    page.goto(f"{real}/{path}")
    page.wait_for_load_state("networkidle")
    assert page.get_by_role("heading", name="There is no such page").is_visible()
    assert page.get_by_role("link", name="The gallery", exact=True).get_attribute("href") == "/gallery/"
    links = page.locator("article a", has_text=re.compile(f"^({'|'.join(meant) or '-'})$"))
    assert [link.get_attribute("href") for link in links.all()] == [f"{real}/gallery/{name}/" for name in meant]
    assert (page.get_by_text("Did you mean").count() > 0) == bool(meant)


def test_the_front_page_shows_drawings_the_question_and_the_field_at_once(visit: Visit, real: str) -> None:
    for width, height in ((1280, 800), (390, 844)):
        page = visit("/", real, viewport={"width": width, "height": height})
        page.locator(".live form input").first.wait_for()
        assert page.locator("ul.best a").count() == 8
        for shown in ("h1", "ul.best li:last-child img", ".live form input", ".live form button"):
            box = page.locator(shown).first.bounding_box()
            assert box is not None
            assert box["y"] + box["height"] <= height


# The network, channel by channel.


def test_one_walks_the_network_by_clicking(visit: Visit) -> None:
    page = visit("/gallery/")
    page.get_by_role("link", name="The network, channel by channel").click()
    page.wait_for_url("**/network/")
    page.get_by_role("heading", name="conv4").get_by_role("link", name="conv4").first.click()
    page.get_by_role("link", name="117", exact=True).click()
    page.locator("#classes + p + ul a").first.click()
    page.wait_for_url(re.compile(r"/gallery/[a-z-]+/$"))
    page.locator("#channels ~ ul a").first.click()
    page.wait_for_url(re.compile(r"/network/conv[45]/\d+/$"))


def test_channels_are_sorted_by_similarity_and_by_number_again(visit: Visit) -> None:
    page = visit("/network/conv5/")

    def numbers() -> list[str]:
        return [text.strip() for text in page.locator("ul.units > li").all_text_contents()]

    assert numbers() == [str(number) for number in range(40)]
    page.get_by_label("Sort by").select_option("similarity")
    alike = numbers()
    assert sorted(alike, key=int) == [str(number) for number in range(40)]
    assert alike != [str(number) for number in range(40)]
    page.get_by_label("Sort by").select_option("number")
    assert numbers() == [str(number) for number in range(40)]


def test_each_channel_in_a_sheet_shows_its_own_drawing(visit: Visit) -> None:
    """The fakes differ by colour: red is the number."""
    page = visit("/network/conv5/")
    for number in (0, 15, 16, 39):
        link = page.locator("ul.units").get_by_role("link", name=str(number), exact=True)
        link.scroll_into_view_if_needed()
        with Image.open(io.BytesIO(link.screenshot())) as shown:
            red, _, _ = shown.convert("RGB").getpixel((3, 3))  # type: ignore[misc]
        assert abs(red - number) < 12


def test_the_search_finds_a_channel(visit: Visit, host: str) -> None:
    if host == "zensical":
        pytest.skip("Zensical has a search of its own")
    page = visit("/gallery/")
    page.locator(".md-search__input").fill("conv4 117")
    page.keyboard.press("End")
    page.locator(".md-search-result__link[href*='/network/conv4/117/']").first.wait_for()


# Material's search.


def test_the_search_shows_a_classs_page_first(visit: Visit, host: str, real: str) -> None:
    if host == "zensical":
        pytest.skip("Zensical has a search of its own")
    page = visit("/gallery/", real)
    for typed, slug in {
        "zebra": "zebra",
        "407": "ambulance",
        "340": "zebra",
        "tabby cat": "tabby",
        "n02391049": "zebra",
        "golden retriever": "golden-retriever",
        "Carassius auratus": "goldfish",
        "all-terrain bike": "mountain-bike",
        "ambulance": "ambulance",
        "bicycle": "mountain-bike",
    }.items():
        page.locator(".md-search__input").fill(typed)
        page.keyboard.press("End")  # Material listens to keys
        first = page.locator(".md-search-result__link").first
        words = re.split(r"\W", typed)  # a link carries those that it is the answer to
        first.and_(page.locator(f"[href*='/gallery/{slug}/?h='][href*='{words[-1]}' i]")).wait_for()
