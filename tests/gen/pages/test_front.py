"""The front page's picture, the site's icon and card, and what search engines may read."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Callable
from html import unescape
from typing import Any

import fakes
import pytest
from PIL import Image

from actmax.networks.class_set import ClassSet
from gen.pages import Contents, filled_in
from gen.pages import files as pages
from gen.pages.front import a_or_an
from gen.pages.index import search_words
from gen.settings.schema import Member
from gen.study import Evaluation

PAGE = "---\nmeasured: true\n---\n# {{ lead.name }}\n\n{{ front() }}\n"


@pytest.fixture
def contents(planned: Callable[..., Any], collected: Callable[..., Contents]) -> Contents:
    """Of three classes, of which the evaluation network recognizes two, one better than the other."""
    plan = planned({"animals": ["zebra", "tiger", "ambulance"]})
    found = {340: (9, 0.01), 292: (1, 0.4), 407: (1, 0.8)}
    measures = {
        plate.variants[0].recipe.digest(): fakes.measures(plate.label.index, rank, probability)
        for plate in plan.class_pages
        for rank, probability in (found[plate.label.index],)
    }
    return collected(plan, evaluation=Evaluation(plan.card, measures))


def test_it_shows_the_drawing_that_the_evaluation_network_recognizes_best(contents: Contents) -> None:
    page = filled_in(contents, "index.md", PAGE)
    assert page is not None
    assert "# an ambulance" in page
    assert 'data-name="ambulance"' in page
    assert re.findall(r'<a href="([^"]+)" data-draw="([^"]+)"', page) == [
        ("gallery/tiger/", "tiger"),
        ("gallery/zebra/", "zebra"),
    ]
    frames = json.loads(unescape(re.findall(r'data-frames="([^"]+)"', page)[0]))
    assert [step for step, _ in frames] == contents.lead.steps


def test_without_the_live_engine_the_drawing_is_still_played(
    planned: Callable[..., Any], collected: Callable[..., Contents]
) -> None:
    page = filled_in(collected(planned({"animals": ["zebra"]}, live=False)), "index.md", PAGE)
    assert page is not None
    assert 'class="replay"' in page
    assert "live.js" not in page
    assert "downloads" not in page


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("ambulance", "an ambulance"),
        ("Egyptian cat", "an Egyptian cat"),
        ("tiger", "a tiger"),
        ("unicycle", "a unicycle"),
        ("European gallinule", "a European gallinule"),
        ("umbrella", "an umbrella"),
        ("hourglass", "an hourglass"),
    ],
)
def test_names_have_an_article(name: str, said: str) -> None:
    assert a_or_an(name) == said


def test_icon_and_card_are_made_from_the_drawing(contents: Contents) -> None:
    files = dict(pages(contents))
    icon, card = (Image.open(io.BytesIO(files[f"assets/{name}"])) for name in ("icon.png", "card.jpg"))  # type: ignore[arg-type]
    drawn = Image.open(io.BytesIO(contents.lead.entry.read("drawing.png"))).getpixel((1, 1))
    assert (icon.size, card.size) == ((64, 64), (1200, 630))
    colors = icon.convert("RGBA")
    assert colors.getpixel((32, 32)) == pytest.approx((*drawn, 255), abs=8)  # type: ignore[misc]
    assert colors.getpixel((0, 0))[3] < 8  # type: ignore[index, operator]
    assert card.getpixel((1100, 300)) == pytest.approx(drawn, abs=3)
    darkest, lightest = card.convert("L").crop((0, 0, 560, 630)).getextrema()
    assert darkest < 60  # type: ignore[operator]
    assert lightest > 240  # type: ignore[operator]


def test_robots_learn_of_the_sitemap_where_the_site_has_an_address(published: Callable[..., Any]) -> None:
    groups = {"animals": ["zebra"]}
    assert published(groups)["robots.txt"] == "User-agent: *\nAllow: /\n"
    assert (
        "Sitemap: https://example.org/x/sitemap.xml"
        in published(groups, site_url="https://example.org/x/")["robots.txt"]
    )


@pytest.mark.parametrize(
    ("names", "word", "found"),
    [(("зебра", "тигр"), "my cat", "зебра"), (("зебра",), "зебра", ""), (("Zébra crossing",), "zebra", "crossing")],
)
def test_the_filter_finds_a_class_by_its_label_in_any_script(names: tuple[str, ...], word: str, found: str) -> None:
    assert search_words(Member(word, ClassSet(names).labels[0], stand_in=False)) == found
