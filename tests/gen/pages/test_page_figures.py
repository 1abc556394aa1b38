"""The numbered figures of an author's page, the commands that draw them again, and how to cite it."""

from __future__ import annotations

import ast
import re
import shlex
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest
from typer.testing import CliRunner

from actmax import cli
from actmax.errors import ActmaxError
from actmax.measure.models import Adversarial, Measures, Output
from actmax.networks.labels import classes
from gen.compared import COMPARED
from gen.pages import Contents, SiteInfo, authored, filled_in
from gen.pages.authored import reading_time
from gen.pages.figures import kinds, numbered
from gen.pages.markdown import split_front_matter
from gen.study.photograph import Photograph

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
    assert "Figure 1. Skins." in visible(html)


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
    assert "<strong>&lt;car&gt;</strong></a> (sports car): <span>50.0" in html
    assert len(re.findall(r"</span> <span>[^<]*, rank \d+ of 1000, logit [^<]*</span>", html)) == 2
    assert html.count(": failed") == 2  # one class, by both methods
    assert "Two &lt;ways&gt;." in html
    assert re.findall(r'<input type="radio" name="([^"]+)" value="(\d)"( checked)?>', html) == [
        ("figure-cars", "0", " checked"),
        ("figure-cars", "1", ""),
    ]


def test_a_page_can_quote_what_regularizers_are_worth(contents: Contents) -> None:
    quoted = page(contents, "{{ many.none }}@{{ many.one }}@{{ many.all }}@{{ many.top1 }}")
    none, one, all_, top1 = map(ast.literal_eval, quoted.split("@"))
    assert (none, all_) == (top1["plain"], top1["smooth"])
    assert one == [top1[method.name] for method in COMPARED if method.name not in ("plain", "generator", "smooth")]


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
        ('{{ figure.strip("a") }}', "has no `walk`"),
        ('{{ figure.photograph("a") }}', "needs `photo` and `walk`"),
        ('{{ figure.script("a") }}', "has not been run"),
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


def measures(*top: tuple[int, float], rank: int = 1) -> Measures:
    return Measures(activation=3.0, top=top, probability=0.5, rank=rank, margin=1.0)


def test_a_photograph_is_shown_with_its_gradient_and_both_predictions(
    contents: Contents, rendered: Text, visible: Text
) -> None:
    zebra = classes()[340]
    before, after = measures((281, 0.75), rank=20), measures((340, 0.625))
    example = Adversarial(before=before, gradient=b"", picture=b"", after=after, steps=7, change=1.25)
    shown = replace(contents, photograph=Photograph(b"", zebra, "By <A>", example))
    html = rendered(page(shown, '{{ figure.photograph("cat", "Words.") }}\n\n{{ photograph.after[0][0] }}'))
    assert re.findall(r'<img src="([^"]+)"', html) == [
        f"../../assets/study/photograph{part}.webp" for part in ("", "-gradient", "-after")
    ]
    assert re.findall(r'<li( class="target")? style="--part:([\d.]+)"><span>(\w+)</span>', html) == [
        ("", "0.75", "tabby"),
        (' class="target"', "0.625", "zebra"),
    ]
    assert "By &lt;A&gt;." in html
    assert "After 7 small steps" in visible(html)
    assert "1.2 of 255" in visible(html)
    assert html.rstrip().endswith("<p>zebra</p>")


@pytest.mark.parametrize(("rank", "words"), [(1, "probability for zebra: 50.0 %."), (9, "gives zebra rank 9.")])
def test_the_output_of_the_script_is_shown_with_its_prediction(
    contents: Contents, rendered: Text, visible: Text, rank: int, words: str
) -> None:
    shown = replace(contents, script=Output(picture=b"", measures=measures((340, 0.5), rank=rank)))
    html = rendered(page(shown, '{{ figure.script("script", "Saved.") }}'))
    assert 'src="../../assets/study/script.png"' in html
    assert f"Saved. The network’s {words}" in visible(html) or f"Saved. The network {words}" in visible(html)


def test_only_figures_that_a_page_has_are_measured() -> None:
    assert kinds('{{ figure.script("a") }} {{ figure.row( "b", rows) }} figure') == {"script", "row"}


def test_a_byline_has_author_date_and_reading_time(contents: Contents, rendered: Text, visible: Text) -> None:
    shown = replace(contents, site=SiteInfo("", "A site", "Zoë <Doe>"))
    dated = "---\ntitle: My page\nmeasured: true\ndate: 2026-11-30\n---\n{{ byline() }}\n\n" + "word " * 700
    filled = filled_in(shown, HERE, dated)
    assert filled is not None
    html = rendered(split_front_matter(filled)[1])
    assert 'class="byline"><span>Zoë &lt;Doe&gt;</span><time datetime="2026-11-30">November 30, 2026</time>' in html
    assert "3 min read" in visible(html)
    assert "<time" not in page(contents, "{{ byline() }}")
    assert filled_in(shown, HERE, dated.replace("byline()", "byline('After')")) == filled.replace("Zoë", "After Zoë")


@pytest.mark.parametrize(
    ("text", "minutes"),
    [("", 1), ("word " * 460, 2), ("word " * 230 + "\n``` python\n" + "code " * 900 + "\n```\n", 1)],
)
def test_code_is_not_reading_time(text: str, minutes: int) -> None:
    assert reading_time(text) == minutes


@pytest.mark.parametrize(
    ("about", "expected"),
    [
        ({"accuracy": "0.2500", "held out": "2000 images of one source"}, {"right": 500, "count": 2000}),
        ({"accuracy": "0.2500"}, None),
        ({"held out": "2000 images"}, None),
        ({"accuracy": "good", "held out": "2000 images"}, None),
    ],
)
def test_the_accuracy_of_a_network_is_that_of_its_files_header(about: dict[str, str], expected: object) -> None:
    assert authored._accuracy(about) == expected


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
        '  title = "{My page}",',
        f'  author = "{{{expected}}}",',
        f"  year = {{{next(iter(contents.entries.values())).record.provenance.drawn.year}}},",
        "  url = {https://example.org/write-ups/mine/},",
        "  note = {A site},",
        "}",
        "```",
    ]
