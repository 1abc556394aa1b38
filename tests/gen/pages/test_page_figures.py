"""The numbered figures of an author's page, the commands that draw them again, and how to cite it."""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest
from typer.testing import CliRunner

from actmax import cli
from actmax.errors import ActmaxError
from gen.pages import Contents, SiteInfo, filled_in
from gen.pages.figures import numbered
from gen.pages.markdown import split_front_matter

HEAD = "---\ntitle: My page\nmeasured: true\n---\n"
HERE = "write-ups/mine/index.md"
Text = Callable[[str], str]


@pytest.fixture
def contents(planned: Callable[..., Any], collected: Callable[..., Contents]) -> Contents:
    methods = {"robust": {"steps": 2}, "plain": {"steps": 2, "groups": ["vehicles"]}}
    made = planned({"vehicles": [{"<car>": "sports car"}, "ambulance"], "animals": ["zebra"]}, methods=methods)
    return collected(made, failed={407})


def page(contents: Contents, body: str) -> str:
    filled = filled_in(contents, HERE, HEAD + body)
    assert filled is not None
    return split_front_matter(filled)[1]


def test_figures_are_numbered_in_order_and_can_be_linked_to(contents: Contents, rendered: Text, visible: Text) -> None:
    body = 'See {{ see.hill }}.\n\n{{ figure.onion("onion", "Skins.") }}\n\n{{ figure.surface( "hill" ) }}\n'
    assert numbered(body) == {"onion": 1, "hill": 2}
    assert numbered("{% raw %}{{ figure.onion('a') }}{% endraw %}{# figure.onion('b') #}{{ figure.onion('c') }}") == {
        "c": 1
    }
    html = rendered(page(contents, body))
    assert '<a href="#figure-hill">figure 2</a>' in html
    assert re.findall(r'<figure id="([^"]+)" data-search-exclude="">', html) == ["figure-onion", "figure-hill"]
    assert "Figure 1 Skins." in visible(html)


def test_two_methods_share_a_position_and_captions_are_measured_on_the_published_file(
    contents: Contents, rendered: Text
) -> None:
    html = rendered(page(contents, '{{ figure.versus("cars", "vehicles", "Two <ways>.") }}'))
    pictures = re.findall(r'<img src="([^"]+)"', html)
    assert pictures == [
        "../../assets/activation_maximization/vehicles/car_2.jpg",
        "../../gallery/sports-car/thumbnail.webp",
        "../../assets/activation_maximization/vehicles/ambulance_2.jpg",
        "../../gallery/ambulance/thumbnail.webp",
    ]
    assert "<strong>&lt;car&gt;</strong></a> (sports car): 50.0" in html
    assert html.count(": failed") == 1
    assert "Two &lt;ways&gt;." in html
    assert re.findall(r'<input type="radio" name="([^"]+)" value="(\d)"( checked)?>', html) == [
        ("figure-cars", "0", " checked"),
        ("figure-cars", "1", ""),
    ]


def test_a_page_can_quote_the_fields_of_methods(contents: Contents) -> None:
    quoted = page(contents, "{{ presets.plain.steps }} {{ methods.plain.steps }} {{ methods.smooth.steps }}")
    assert quoted.split() == ["1000", "2", "64"]


def test_a_row_shows_the_given_pictures(contents: Contents, rendered: Text) -> None:
    picture = "{'file': 'assets/a.png', 'alt': 'An \"a\"', 'title': '<i>', 'words': 'x & y'}"
    html = rendered(page(contents, f'{{{{ figure.row("mine", [{picture}], "Words.") }}}}'))
    assert '<img src="../../assets/a.png" width="64" height="64" loading="lazy" alt="An &#34;a&#34;">' in html.replace(
        "&quot;", "&#34;"
    )
    assert "<strong>&lt;i&gt;</strong>: x &amp; y" in html
    assert 'id="figure-mine"' in html


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ('{{ figure.versus("a", "animals") }}', "'plain' publishes no figures of the group 'animals'"),
        ('{{ figure.versus("a", "ships") }}', "no figures of the group 'ships'"),
        ('{{ figure.steps("a") }}', "has no `walk`"),
        ('{{ figure.film("a") }}', "film"),
        ('{{ listing("backward") }}', "name one of gradient, ascend"),
        ("{{ see.nothing }}", "nothing"),
        ('{{ figure.row("a", 5) }}', "a list, each with file, alt, title, words"),
        ('{{ figure.row("a", []) }}', "a list, each with"),
        ('{{ figure.row("a", [{"file": 5}]) }}', "a list, each with"),
        (
            '{{ figure.row("a", [{"file": "../a", "alt": "", "title": "", "words": ""}]) }}',
            "'../a' is not a file of the site",
        ),
        ('{{ figure.onion("Big") }}', "hyphens: 'Big' does not"),
        ('{{ figure.onion("a") }}{{ figure.onion("a") }}', "two figures on this page are named 'a'"),
    ],
)
def test_an_unknown_figure_is_named_in_the_error(contents: Contents, body: str, words: str) -> None:
    with pytest.raises(ActmaxError) as caught:
        filled_in(contents, HERE, HEAD + body)
    assert words in str(caught.value)
    assert f"docs/{HERE}, line 5" in str(caught.value)


def test_a_listing_is_the_source_code(contents: Contents) -> None:
    filled = page(contents, '``` python\n{{ listing("gradient") }}\n```\n')
    names: dict[str, Any] = {"Score": object, "Tensor": object}
    exec(re.sub("^```.*$", "", filled, flags=re.MULTILINE), {"torch": None, "tuple": tuple, **names})
    assert max(map(len, filled.splitlines())) <= 80  # letters that the column holds


def test_every_figure_has_a_command_that_the_shell_takes(contents: Contents, monkeypatch: pytest.MonkeyPatch) -> None:
    lines = [line.strip() for line in page(contents, "{{ commands() }}").splitlines() if "actmax draw" in line]
    assert len(lines) == len(contents.plan.figures)
    drawn: list[Any] = []

    def render_files(recipes: list[Any], *_: object, **__: object) -> Iterator[Any]:
        drawn.extend(recipes)
        return iter(())

    monkeypatch.setattr("actmax.pipeline.publish.render_files", render_files)
    for line in lines:
        program, *words = shlex.split(line)
        assert program == "actmax"
        CliRunner().invoke(cli.app, words)
    assert [recipe.digest() for recipe in drawn] == [
        figure.recipe.digest() for figure in contents.plan.figures.values()
    ]


@pytest.mark.parametrize(("author", "expected"), [("Zoë {Doe}", r"Zoë \{Doe\}"), ("", "A site")])
def test_a_page_shows_its_citation(contents: Contents, author: str, expected: str) -> None:
    placed = replace(contents, site=SiteInfo("https://example.org/", "A site", author))
    assert page(placed, "{{ cite() }}").splitlines() == [
        "``` bibtex",
        "@misc{my-page,",
        "  title = {{My page}},",
        f"  author = {{{{{expected}}}}},",
        f"  year = {{{next(iter(contents.entries.values())).record.provenance.drawn.year}}},",
        "  url = {https://example.org/write-ups/mine/},",
        "  note = {A site},",
        "}",
        "```",
    ]
