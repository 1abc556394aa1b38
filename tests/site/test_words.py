"""Everyday words in the browser: they mean what they mean in Python, and the site's search explains them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest

from actmax.networks import labels
from gen.pages.front import a_or_an

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

WORDS = (
    *("giraffe", "dog", "dogs", "cat", "car", "horse", "Horse", "puma", "penguin", "penguins", "bird", "vehicle"),
    *("bike", "plane", "phone", "soccer ball", "hot dog", "Hot-Dogs", "crane", "crane (517)", "crane-134", "cardigan"),
    *("mice", "geese", "timber wolves", "volcanoes", "glasses", "cow", "Café", "Zébra", "n02391049", "340", "person"),
    *("zebre", "quokka", "キリン", "жираф", "", "  ", "s", "es", "jack-o'-lantern", "carpenter's kit", "maillot"),
    *("-1", "#1", "1", "tench, Tinca tinca", "zebra " * 40_000),
)
ASK = """async (typed) => {
  const { explain, meanings, words } = await import("/assets/words.js");
  const list = await words();
  const found = (word) => meanings(word, list).map(({ classes, near }) => [classes, near]);
  return typed.map((word) => [found(word), explain(word, list).text]);
}"""


@pytest.fixture(scope="module")
def page(browser: Browser, faked: str) -> Iterator[Page]:
    opened = browser.new_page()
    opened.set_default_timeout(60_000)
    opened.goto(f"{faked}/gallery/")
    yield opened
    opened.close()


def test_the_browser_and_python_know_the_same_words(page: Page) -> None:
    names = [name for label in labels.classes() for name in (label.name, labels.unique_name(label))]
    typed = [*WORDS, *names]
    asked: list[Any] = page.evaluate(ASK, typed)
    expected = [
        [[[label.index for label in found.classes], found.near] for found in labels.meanings(name)] for name in typed
    ]
    assert [found for found, _ in asked] == expected


def test_the_browser_and_python_use_the_same_articles(page: Page) -> None:
    names = [*(label.name for label in labels.classes()), "unicorn", "uniform", "uninvited", "utensil", "heir", "user"]
    ask = (
        "names => import('/assets/live/form.js').then(({ article }) => names.map((name) => `${article(name)} ${name}`))"
    )
    assert page.evaluate(ask, names) == [a_or_an(name) for name in names]


@pytest.mark.parametrize(
    ("word", "text"),
    [
        ("giraffe", "ImageNet has no giraffe; nearest:"),
        ("dog", "ImageNet has 118 classes for “dog”:"),
        ("bike", "“bike” may mean bicycle or motorcycle:"),
        ("crane", "“crane” may mean several classes:"),
        ("vessel", "“vessel” has 2 meanings:"),  # none with another word
        ("part", "“part” has 2 meanings:"),  # both are portions
        ("unicycle", "ImageNet has this class, without a page here:"),
        ("puma", "ImageNet has 1 class for “puma”:"),
        ("zebre", "ImageNet has no class “zebre”. Did you mean zebra?"),
        ("unicorn", "ImageNet has no class “unicorn”. Did you mean unicycle?"),
        ("quokka", "ImageNet has no class “quokka”."),
        ("woman", "ImageNet has no class “woman”."),
        ("キリン", "ImageNet's names are English: write one in Latin letters."),
        ("", "Name one of ImageNet's classes."),
    ],
)
def test_a_reader_is_told_what_a_word_means(page: Page, word: str, text: str) -> None:
    assert page.evaluate(ASK, [word])[0][1] == text


def test_no_class_is_offered_twice(page: Page) -> None:
    ask = ASK.replace("explain(word, list).text]", "explain(word, list).choices]")
    asked: list[Any] = page.evaluate(ask, ["food", "vessel", "crane", "machine"])
    for _, choices in asked:
        assert len(set(choices)) == len(choices) > 1


def test_the_page_of_an_unknown_address_tells_two_classes_of_one_name_apart(browser: Browser, faked: str) -> None:
    page = browser.new_page()
    lost = page.request.get(f"{faked}/404.html").text().replace("/actmax/", "/")  # the site's own folder
    page.route("**/gallery/cranne/", lambda route: route.fulfill(body=lost, content_type="text/html"))
    twins = [
        {"index": index, "name": "crane", "url": f"gallery/crane-{index}/", "names": ["crane"]} for index in (134, 517)
    ]
    page.route("**/gallery/index.json", lambda route: route.fulfill(json={"classes": twins}))
    page.goto(f"{faked}/gallery/cranne/")
    page.get_by_text("Did you mean crane bird or crane (517)?").wait_for()
    page.close()


def test_the_page_of_an_unknown_address_knows_names_of_any_script(browser: Browser, faked: str) -> None:
    page = browser.new_page()
    lost = page.request.get(f"{faked}/404.html").text().replace("/actmax/", "/")  # the site's own folder
    page.route("**/gallery/*/", lambda route: route.fulfill(body=lost, content_type="text/html"))
    names = {"Горный велосипед": "горный-велосипед", "しまうま": "しまうま"}
    classes = [
        {"index": index, "name": name, "url": f"gallery/{slug}/", "names": [name]}
        for index, (name, slug) in enumerate(names.items())
    ]
    page.route("**/gallery/index.json", lambda route: route.fulfill(json={"classes": classes}))
    page.route("**/words.json", lambda route: route.abort())
    for asked, name in {"горный-велосипет": "Горный велосипед", "しまうし": "しまうま"}.items():
        page.goto(f"{faked}/gallery/{asked}/")
        page.get_by_text(f"Did you mean {name}?").wait_for()
    page.close()


def test_the_sites_search_explains_everyday_words(page: Page, faked: str) -> None:
    field = page.locator("[data-md-component=search-query]")
    if not field.count():
        pytest.skip("this host has another search")
    line = page.locator(".search-words")
    field.fill("giraffe")
    line.get_by_text("ImageNet has no giraffe; nearest: hartebeest, impala, ibex").wait_for()
    assert line.get_by_role("link", name="impala").get_attribute("href") == f"{faked}/#draw=impala"
    field.fill("dogs")
    link = line.get_by_role("link", name="golden retriever")
    link.wait_for()
    assert link.get_attribute("href") == f"{faked}/gallery/golden-retriever/"
    field.fill("zebra")  # the search finds its page
    line.wait_for(state="hidden")


def test_the_page_of_an_unknown_address_explains_an_everyday_word(browser: Browser, faked: str) -> None:
    page = browser.new_page()
    lost = page.request.get(f"{faked}/404.html").text().replace("/actmax/", "/")  # the site's own folder
    page.route("**/gallery/giraffe/", lambda route: route.fulfill(body=lost, content_type="text/html"))
    page.goto(f"{faked}/gallery/giraffe/")
    page.get_by_text("ImageNet has no giraffe; nearest: hartebeest, impala, ibex").wait_for()
    page.close()


def test_words_are_fetched_only_when_a_reader_asks(browser: Browser, faked: str) -> None:
    page = browser.new_page()
    fetched: list[str] = []
    page.on("request", lambda request: fetched.append(request.url))
    page.goto(f"{faked}/gallery/")
    page.wait_for_load_state("networkidle")
    assert not [url for url in fetched if url.endswith("words.json")]
    with page.expect_request("**/words.json"):
        page.get_by_label("Filter", exact=True).focus()
    page.close()
