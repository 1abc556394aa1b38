"""The pages: every address has its file, every text survives, and every number is the one that was measured."""

from __future__ import annotations

import html
import re
import shlex
from collections.abc import Callable, Container
from pathlib import Path
from typing import Any

import pytest
import yaml
from typer.testing import CliRunner

from actmax import cli, labels
from actmax.errors import ActmaxError
from actmax.recipe import Recipe
from actmax.store import Entry
from actmax.weights import Source, source
from gen.markdown import split_front_matter
from gen.pages import Pages
from gen.plan import Plan, plan
from gen.settings import configuration, read

MKDOCS = Path(__file__).parents[2] / "mkdocs.yml"

Files = dict[str, str | bytes]
Plans = Callable[..., Plan]
Draws = Callable[..., dict[str, Entry]]
Paged = Callable[..., Pages]
Text = Callable[[str], str]


@pytest.fixture
def paged(drawn: Draws) -> Paged:
    """The pages of a plan, with fake drawings; those of some classes fail."""

    def pages(made: Plan, failed: Container[int] = (), site_url: str = "") -> Pages:
        return Pages(made, drawn(made, failed), site_url=site_url)

    return pages


@pytest.fixture
def published(planned: Plans, paged: Paged) -> Callable[..., Files]:
    """The generated files of a gallery of fake drawings, by path."""

    def files(groups: dict[str, list[Any]], failed: Container[int] = (), site_url: str = "", **settings: Any) -> Files:
        pages = list(paged(planned(groups, **settings), failed, site_url).files())
        assert len(pages) == len({path for path, _ in pages}), "a file is written twice"
        return dict(pages)

    return files


def text(files: Files, path: str) -> str:
    content = files[path]
    assert isinstance(content, str)
    return content


# Which files there are.


def test_a_class_has_a_page_its_pictures_and_its_aliases(published: Callable[..., Files]) -> None:
    files = published({"animals": ["zebra", {"my cat": "tiger"}]}, seeds=[0, 7])
    assert set(files) == {
        "gallery/index.md",
        *(
            f"gallery/{slug}/{name}"
            for slug in ("zebra", "tiger")
            for name in (
                "index.md",
                "thumbnail.webp",
                "robust-seed-0.png",
                "robust-seed-0.frames.webp",
                "robust-seed-7.png",
                "robust-seed-7.frames.webp",
            )
        ),
        *(f"gallery/{alias}/index.html" for alias in ("340", "n02391049", "292", "n02129604", "my-cat")),
    }


def test_each_page_shows_its_own_drawings(
    published: Callable[..., Files], pixel: Callable[[bytes], tuple[int, int, int]]
) -> None:
    files = published({"animals": ["zebra", "tiger"]}, seeds=[0, 7])
    colours = {path: pixel(content) for path, content in files.items() if isinstance(content, bytes)}
    assert colours["gallery/zebra/robust-seed-0.png"] == (340 % 256, 0, 2)
    assert colours["gallery/zebra/robust-seed-7.png"] == (340 % 256, 7, 2)
    assert colours["gallery/tiger/robust-seed-7.png"] == (292 % 256, 7, 2)
    assert colours["gallery/tiger/thumbnail.webp"] == pytest.approx((292 % 256, 0, 2), abs=4)


def test_whatever_a_page_shows_or_links_to_is_there(published: Callable[..., Files]) -> None:
    files = published({"animals": ["zebra", "tiger"], "both": [{"my horse": "zebra"}, "goldfish"]}, seeds=[0, 1])
    for path in ("gallery/index.md", "gallery/zebra/index.md", "gallery/goldfish/index.md"):
        folder = path.removesuffix("index.md")
        links = re.findall(r"\]\((?!https?:)([^)#\s]+)", text(files, path))
        assert len(links) > 3
        for link in links:
            found = folder + link
            while "../" in found:
                found = re.sub(r"[^/]+/\.\./", "", found, count=1)
            assert found in files, f"{path} leads to {link}"


def test_an_alias_leads_to_the_class_and_is_not_indexed(published: Callable[..., Files]) -> None:
    files = published({"animals": [{"my horse": "zebra"}]}, site_url="https://example.com/site")
    for alias in ("340", "n02391049", "my-horse"):
        page = text(files, f"gallery/{alias}/index.html")
        assert '<meta http-equiv="refresh" content="0; url=../zebra/">' in page
        assert '<link rel="canonical" href="https://example.com/site/gallery/zebra/">' in page
        assert '<meta name="robots" content="noindex">' in page
        assert '<a href="../zebra/">zebra</a>' in page


def test_an_alias_of_a_site_without_address_is_relative(published: Callable[..., Files]) -> None:
    page = text(published({"animals": ["zebra"]}), "gallery/340/index.html")
    assert '<link rel="canonical" href="../zebra/">' in page


def test_the_write_ups_figures_lie_where_the_draft_shows_them(paged: Paged) -> None:
    made = plan(read(configuration(MKDOCS)["extra"]["gallery"]), source("compact"))
    pages = paged(made)
    files = dict(pages.files())
    figures = {path: content for path, content in files.items() if path.startswith("assets/")}
    standing = {"ambulance": "ambulance", "bicycle": "mountain bike", "car": "sports car"}
    standing |= {"caterpillar": "tractor", "helicopter": "warplane"}
    assert set(figures) == {f"assets/activation_maximization/vehicles/{word}_1000.jpg" for word in standing}
    for word, name in standing.items():
        variant = made.plate(labels.resolve(name)).by_method("plain")
        assert variant is not None
        jpeg = pages.entries[variant.recipe.digest()].read("drawing.jpg")
        assert figures[f"assets/activation_maximization/vehicles/{word}_1000.jpg"] == jpeg


# What stands in them.


@pytest.mark.parametrize("name", ["jack-o'-lantern", "carpenter's kit", "zebra", "yurt", "potter's wheel", "Cardigan"])
def test_a_classes_name_survives_in_title_heading_and_alias(
    published: Callable[..., Files], rendered: Text, visible: Text, name: str
) -> None:
    files = published({"things": [name]})
    label = labels.resolve(name)
    page = text(files, f"gallery/{label.slug}/index.md")
    head, body = split_front_matter(page)
    assert head["title"] == label.name
    assert label.definition in head["description"]
    heading = re.search("<h1.*?</h1>", rendered(body))
    assert heading is not None
    assert visible(heading[0]) == label.name
    title = re.search("<title>(.*?)</title>", text(files, f"gallery/{label.index}/index.html"))
    assert title is not None
    assert html.unescape(title[1]) == label.name


def test_a_definition_with_signs_of_yaml_survives(published: Callable[..., Files]) -> None:
    awkward = [label for label in labels.classes() if re.search(r"""[:'"#&*{}\[\]|>!%@`]""", label.definition)]
    assert len(awkward) > 20
    files = published({"some": [label.index for label in awkward]})
    for label in awkward:
        head = yaml.safe_load(text(files, f"gallery/{label.slug}/index.md").split("---\n")[1])
        assert head["description"].endswith(f"{label.name}: {label.definition}.")


WORDS = ["a|b *c* <d>", "my `own` [car](x)", "50% {off} & #1", "~~not~~ a_b_c \\ d", 'the "best" one\'s']


@pytest.mark.parametrize("word", WORDS)
def test_an_authors_word_is_shown_literally(
    published: Callable[..., Files], rendered: Text, visible: Text, word: str
) -> None:
    files = published({word: [{word: "sports car"}, "zebra"]})
    for path, times in (("gallery/index.md", 2), ("gallery/sports-car/index.md", 3)):
        page = rendered(split_front_matter(text(files, path))[1])
        assert visible(page).count(word) == times


def test_a_stand_in_is_said_to_be_one(published: Callable[..., Files], rendered: Text, visible: Text) -> None:
    files = published({"vehicles": [{"car": "sports car"}, "ambulance"]})
    page = visible(rendered(text(files, "gallery/sports-car/index.md")))
    assert "ImageNet's 1000 classes include no car. This site draws the class sports car in its place." in page
    assert "include no" not in text(files, "gallery/ambulance/index.md")
    assert "drawn as sports car" in visible(rendered(text(files, "gallery/index.md")))


def test_a_page_says_what_was_measured(published: Callable[..., Files], rendered: Text, visible: Text) -> None:
    page = visible(rendered(text(published({"animals": ["zebra"]}), "gallery/zebra/index.md")))
    assert "says zebra first of 1000 classes, with a probability of 90.0 %" in page
    assert "its logit is 12.3, which is 4.5 above the next class's" in page
    assert "After 1, 2 and 2 steps" in page
    assert "This drawing failed" not in page


def test_a_failed_drawing_says_so_on_its_page_and_in_the_index(
    published: Callable[..., Files], rendered: Text, visible: Text
) -> None:
    files = published({"animals": ["zebra", "tiger"]}, failed={340})
    zebra, tiger = (visible(rendered(text(files, f"gallery/{name}/index.md"))) for name in ("zebra", "tiger"))
    assert "This drawing failed" in zebra
    assert f"says {labels.classes()[341].name} first (2.0 %); zebra comes in place 2 of 1000 with 1.5 %" in zebra
    assert "2.5 logits behind" in zebra
    assert "failed" not in tiger
    items = re.findall(r"<p class=\"gallery-cell\">.*?</p>", rendered(text(files, "gallery/index.md")), re.DOTALL)
    assert ["failed" in item for item in items] == [True, False]


def test_only_classes_of_the_gallery_are_linked(published: Callable[..., Files]) -> None:
    page = text(published({"animals": ["zebra", 341]}), "gallery/zebra/index.md")
    rows = [line for line in page.splitlines() if line.endswith("\N{NO-BREAK SPACE}% |")]
    assert len(rows) == 5
    neighbour = labels.classes()[341]
    assert [row for row in rows if "](" in row] == [
        f"| [{neighbour.name}](../{neighbour.slug}/index.md) | 2.0\N{NO-BREAK SPACE}% |"
    ]


def test_other_methods_and_seeds_stand_below_the_first(published: Callable[..., Files], rendered: Text) -> None:
    methods = {"plain": {"steps": 2}, "mine": {"preset": "robust", "steps": 2}}
    page = rendered(text(published({"a": ["zebra"]}, methods=methods, seeds=[1]), "gallery/zebra/index.md"))
    assert page.index('src="plain-seed-1.png"') < page.index('id="mine-seed-1"') < page.index('src="mine-seed-1.png"')


# The line that draws a picture again.


@pytest.mark.parametrize("network", ["compact", "alexnet", "my alexnet", "resnet18"])
@pytest.mark.parametrize(
    ("method", "settings"),
    [
        ({"robust": None}, {}),
        ({"plain": None}, {"size": 64, "seeds": [3], "precision": "bf16"}),
        ({"plain": {"steps": 7, "optimizer": "adam", "jitter": 2, "scale": 0.05}}, {}),
        ({"mine": {"preset": "robust", "decorrelate": False, "rotate": 0, "decay": 0.5, "step_size": 1}}, {}),
        ({"mine": {"preset": "robust", "parameterization": "pixels", "decay": 0, "decorrelate": False}}, {}),
    ],
)
def test_the_command_on_a_page_draws_the_same_recipe(
    paged: Paged,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    network: str,
    method: dict[str, Any],
    settings: dict[str, Any],
) -> None:
    file = tmp_path / "FILE"
    file.write_bytes(b"weights")
    named = file if network in ("my alexnet", "resnet18") else None
    decided = source(network.removeprefix("my "), named)
    made = plan(read({"groups": {"things": ["jack-o'-lantern", "Cardigan"]}, "methods": method, **settings}), decided)
    files = dict(paged(made).files())

    asked: list[Recipe] = []

    def published(recipes: list[Recipe], _: Source) -> list[Any]:
        asked.extend(recipes)
        raise ActmaxError("that will do")

    monkeypatch.setattr("actmax.drawing.published", published)
    monkeypatch.chdir(tmp_path)
    for plate in made.plates:
        (line,) = re.findall("^actmax draw .*$", text(files, f"{plate.url}index.md"), re.MULTILINE)
        assert ("--weights" in line) == bool(named)
        result = CliRunner().invoke(cli.app, shlex.split(line)[1:])
        assert "that will do" in result.output
    assert [recipe.digest() for recipe in asked] == [recipe.digest() for recipe in made.recipes()]


# The author's own pages.


@pytest.fixture
def pages(planned: Plans, paged: Paged) -> Pages:
    methods = {"robust": {"steps": 2}, "plain": {"steps": 2, "groups": ["vehicles"]}}
    made = planned({"vehicles": [{"car": "sports car"}, "ambulance"], "animals": ["zebra"]}, methods=methods)
    return paged(made, failed={407})


@pytest.mark.parametrize(
    "page",
    [
        "",
        "# A page\n\n{{ caption('car') }} {% oops",
        "---\ntitle: A page\n---\n{{ caption('car') }} {% oops",
        "---\nmeasured: false\n---\n{{ oops }}",
        '---\nmeasured: "true"\n---\n{{ oops }}',
    ],
)
def test_a_page_that_does_not_say_so_is_left_alone(pages: Pages, page: str) -> None:
    assert pages.prose("page.md", page) is None


def test_a_page_is_filled_in_with_what_was_measured_on_the_figure(pages: Pages, rendered: Text, visible: Text) -> None:
    page = pages.prose(
        "page.md", "---\nmeasured: true\n---\n{{ caption('car') }}\n\n{{ caption('zebra', 'robust') }}\n"
    )
    assert page is not None
    shown = visible(rendered(split_front_matter(page)[1]))
    assert shown.splitlines() == [
        "car (ImageNet's class sports car stands for it) after 2 steps: shown this JPEG, the compact AlexNet gives "
        "sports car a probability of 50.0 % (place 1 of 1000, logit 12.3).",
        "zebra after 2 steps: shown this JPEG, the compact AlexNet gives zebra a probability of 50.0 % (place 1 of "
        "1000, logit 12.3).",
    ]


def test_a_caption_says_that_a_drawing_failed(pages: Pages) -> None:
    assert pages.caption("ambulance").endswith("so the drawing failed.")


@pytest.mark.parametrize(
    ("body", "line", "words"),
    [
        ("# A page\n\n{{ caption('zebre') }}", 6, "caption('zebre', 'plain'): no class"),
        ("{{ caption('zebra') }}", 4, "caption('zebra', 'plain'): no class"),  # is drawn, but not by that method
        ("{{ caption('car', 'plane') }}", 4, "caption('car', 'plane'): no class"),
        ("{{ caption('sports car') }}", 4, "caption('sports car', 'plain'): no class"),  # the author says car
        ("{{ caption() }}", 4, "word"),
        ("\n{{ zebra }}", 5, "'zebra' is undefined"),
        ("\n{{ network.colour }}", 5, "colour"),
        ("text {% oops %}", 4, "oops"),
        ("text\n{{ 'car' | oops }}", 5, "oops"),
        ("{{ 1 / 0 }}", 4, "division by zero"),
    ],
)
def test_what_a_page_asks_in_vain_is_named_with_page_and_line(pages: Pages, body: str, line: int, words: str) -> None:
    with pytest.raises(ActmaxError) as caught:
        pages.prose("write-ups/page.md", f"---\nmeasured: true\n---\n{body}\n")
    message = str(caught.value)
    assert message.startswith(f"docs/write-ups/page.md, line {line}: ")
    assert words in message
    assert message.endswith(".")
    assert not message.endswith("..")
