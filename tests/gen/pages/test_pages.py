"""Pages: every address has a file, every text is escaped, every number is the measured one."""

from __future__ import annotations

import hashlib
import html
import re
import shlex
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType
from typing import Any
from urllib.parse import urldefrag, urljoin

import fakes
import pytest
import yaml
from PIL import Image
from typer.testing import CliRunner

from actmax import cli
from actmax.errors import ActmaxError
from actmax.networks import labels
from actmax.networks.cards import card
from actmax.networks.weights import Source, resolve_weights
from actmax.pipeline import encode
from actmax.recipe import Recipe
from actmax.store import Entry, Store
from gen import configuration
from gen.ledger import Address, Ledger
from gen.pages import Contents, filled_in
from gen.pages import files as pages
from gen.pages.captions import caption
from gen.pages.markdown import split_front_matter
from gen.plan import Plan, plan
from gen.settings import read
from gen.settings.starts import read_starts
from gen.study import Evaluation

MKDOCS = Path(__file__).parents[3] / "mkdocs.yml"

Files = dict[str, str | bytes]
Plans = Callable[..., Plan]
Draws = Callable[..., dict[str, Entry]]
Collects = Callable[..., Contents]
Text = Callable[[str], str]

LEFT = Ledger(
    addresses={
        "gallery/": Address(anchors=("animals", "beasts")),
        "gallery/ambulance/": Address(anchors=("again", "robust-seed-0")),
        "gallery/407/": Address(to="gallery/ambulance/"),
        "gallery/my-van/": Address(to="gallery/ambulance/"),
        "gallery/my-ass/": Address(to="gallery/zebra/"),
        "gallery/zebra/": Address(anchors=("again", "also-beasts", "plain-seed-0", "robust-seed-0", "robust-seed-9")),
    }
)
"""Of a gallery that had an ambulance, other words for two classes, another name for a group, and more drawings."""
NONE: Mapping[str, Image.Image] = MappingProxyType({})


def text(files: Files, path: str) -> str:
    content = files[path]
    assert isinstance(content, str)
    return content


# Which files there are.


def test_a_class_has_a_page_its_pictures_and_its_aliases(published: Callable[..., Files]) -> None:
    files = published({"animals": ["zebra", {"my cat": "tiger"}]}, seeds=[0, 7])
    assert {path for path in files if not path.startswith("assets/live/")} == {
        "robots.txt",
        "assets/card.jpg",
        "assets/fonts.txt",
        "assets/icon.png",
        "assets/sans.woff2",
        "assets/serif-italic.woff2",
        "assets/serif.woff2",
        "assets/glightbox.min.css",
        "assets/glightbox.min.js",
        "assets/glightbox.txt",
        "assets/maths.txt",
        "assets/maths.woff2",
        "assets/words.json",
        "assets/words.txt",
        "gallery/index.md",
        "gallery/index-1.json",
        "gallery/index.json",
        "gallery/compare/index.md",
        *masters(files),
        *(
            f"gallery/{slug}/{name}"
            for slug in ("zebra", "tiger")
            for name in (
                "index.md",
                "card.jpg",
                "thumbnail.webp",
                "robust-seed-0.frames.webp",
                "robust-seed-0.json",
                "robust-seed-0.small.webp",
                "robust-seed-7.frames.webp",
                "robust-seed-7.json",
                "robust-seed-7.small.webp",
            )
        ),
        *(f"gallery/{alias}/index.html" for alias in ("340", "n02391049", "292", "n02129604", "my-cat")),
    }
    assert b"https://" not in bytes(files["assets/glightbox.min.js"])  # of a player that it would fetch for videos
    assert len(masters(files)) == 4


def masters(files: Files) -> dict[str, bytes]:
    """The PNGs, each of which is named by its content."""
    found = {path: data for path, data in files.items() if path.endswith(".png") and path != "assets/icon.png"}
    for path, data in found.items():
        assert path == f"gallery/drawings/{hashlib.sha256(data).hexdigest()[:16]}.png"
    return found


def test_each_page_shows_its_own_drawings(
    published: Callable[..., Files], pixel: Callable[[bytes], tuple[int, int, int]]
) -> None:
    files = published({"animals": ["zebra", "tiger"]}, seeds=[0, 7])
    colors = {
        path: pixel(content)
        for path, content in files.items()
        if path.startswith("gallery/") and isinstance(content, bytes)
    }
    for slug, index, seed in (("zebra", 340, 0), ("zebra", 340, 7), ("tiger", 292, 7)):
        shown = re.findall(
            rf'href="../(drawings/\w+\.png)"[^>]*><img src="../(drawings/\w+\.png)"[^>]*method robust, seed {seed}"',
            text(files, f"gallery/{slug}/index.md"),
        )
        ((master, picture),) = set(shown)
        assert master == picture
        assert colors[f"gallery/{master}"] == (index % 256, seed, 2)
    assert colors["gallery/tiger/thumbnail.webp"] == pytest.approx((292 % 256, 0, 2), abs=4)


def test_everything_that_a_page_shows_or_links_to_exists(published: Callable[..., Files], rendered: Text) -> None:
    groups = {"animals": ["zebra", "tiger"], "My own": [{"my horse": "zebra"}, "goldfish"]}
    files = published(groups, seeds=[0, 1], ledger=LEFT, size=192)
    pages = {path: rendered(text(files, path)) for path in files if path.endswith(".md")}
    assert len(pages) == 2 + 3 + 1
    for path, page in pages.items():
        sets = [part.split()[0] for found in re.findall(r'srcset="([^"]+)"', page) for part in found.split(",")]
        links = [html.unescape(link) for link in re.findall(r'(?:href|src)="([^"]+)"', page)] + sets
        assert len(links) > (0 if "ambulance" in path else 2)
        for link in links:
            found, anchor = urldefrag(urljoin(path, link).partition("?")[0])
            target = f"{found}index.md" if found.endswith("/") else found
            assert target in files or target.replace(".md", ".html") in files, f"{path} leads to {link}"
            assert not anchor or f'id="{anchor}"' in pages[target], f"{path} leads to {link}"


def test_an_alias_leads_to_the_class_and_is_not_indexed(published: Callable[..., Files]) -> None:
    files = published({"animals": [{"my horse": "zebra"}]}, site_url="https://example.com/site/")
    for alias in ("340", "n02391049", "my-horse"):
        page = text(files, f"gallery/{alias}/index.html")
        assert '<meta http-equiv="refresh" content="0; url=../zebra/">' in page
        assert '<link rel="canonical" href="https://example.com/site/gallery/zebra/">' in page
        assert '<meta name="robots" content="noindex">' in page
        assert '<a href="../zebra/">zebra</a>' in page


def test_an_alias_of_a_site_without_address_is_relative(published: Callable[..., Files]) -> None:
    page = text(published({"animals": ["zebra"]}), "gallery/340/index.html")
    assert '<link rel="canonical" href="../zebra/">' in page


def test_the_write_ups_figures_have_the_drafts_addresses(collected: Collects) -> None:
    wanted = read(configuration.read(MKDOCS)["extra"]["gallery"])
    made = plan(wanted, resolve_weights("compact"), read_starts(wanted, MKDOCS.parent))
    contents = collected(made)
    files = dict(pages(contents))
    figures = {path: content for path, content in files.items() if path.startswith("assets/activation")}
    standing = {"ambulance": "ambulance", "bicycle": "mountain bike", "car": "sports car"}
    standing |= {"caterpillar": "tractor", "helicopter": "warplane"}
    assert set(figures) == {f"assets/activation_maximization/vehicles/{word}_1000.jpg" for word in standing}
    for word, name in standing.items():
        variant = made.class_page(labels.resolve_class(name)).by_method("plain")
        assert variant is not None
        jpeg = contents.entries[variant.recipe.digest()].read("drawing.jpg")
        assert figures[f"assets/activation_maximization/vehicles/{word}_1000.jpg"] == jpeg


# What was published once.


def test_a_class_that_left_keeps_its_addresses_and_all_its_anchors(
    published: Callable[..., Files], rendered: Text, visible: Text
) -> None:
    files = published({"animals": ["zebra"]}, ledger=LEFT)
    page = rendered(split_front_matter(text(files, "gallery/ambulance/index.md"))[1])
    assert set(re.findall(r'id="([^"]+)"', page)) >= {"again", "robust-seed-0"}
    assert "and no longer does" in visible(page)
    assert "ambulance" not in text(files, "gallery/index.md")
    for alias in ("407", "n02701002", "my-van"):
        assert 'content="0; url=../ambulance/"' in text(files, f"gallery/{alias}/index.html")


def test_a_word_that_left_still_leads_to_its_class(published: Callable[..., Files]) -> None:
    files = published({"animals": ["zebra"]}, ledger=LEFT, site_url="https://example.com/")
    page = text(files, "gallery/my-ass/index.html")
    assert 'content="0; url=../zebra/"' in page
    assert 'href="https://example.com/gallery/zebra/"' in page


def test_a_page_keeps_lost_anchors_and_names_lost_drawings(
    published: Callable[..., Files], rendered: Text, visible: Text
) -> None:
    page = rendered(text(published({"animals": ["zebra"]}, ledger=LEFT), "gallery/zebra/index.md"))
    ids = re.findall(r'id="([^"]+)"', page)
    assert set(ids) >= {"again", "also-beasts", "plain-seed-0", "robust-seed-0", "robust-seed-9"}
    assert len(ids) == len(set(ids)), "an anchor stands twice"
    assert "This page once showed plain-seed-0, robust-seed-9, which are no longer drawn." in visible(page)
    assert "beasts" not in visible(page)


def test_the_index_keeps_the_anchor_of_a_group_that_was_renamed(
    published: Callable[..., Files], rendered: Text
) -> None:
    page = rendered(text(published({"animals": ["zebra"]}, ledger=LEFT), "gallery/index.md"))
    assert [page.count(f'id="{anchor}"') for anchor in ("animals", "beasts")] == [1, 1]


def test_a_link_to_an_anchor_is_not_the_anchor(published: Callable[..., Files]) -> None:
    """Each class page links to its group in the index."""
    ledger = Ledger(addresses={"gallery/zebra/": Address(anchors=("animals", "ste.s"))})
    page = text(published({"animals": ["zebra"]}, ledger=ledger), "gallery/zebra/index.md")
    assert '../#animals"' in page
    assert '<span id="animals"></span>' in page
    assert '<span id="ste.s"></span>' in page


def test_without_a_ledger_no_lost_page_is_mentioned(published: Callable[..., Files]) -> None:
    files = published({"animals": ["zebra"]})
    pages = (content for path, content in files.items() if path.endswith(".md") and isinstance(content, str))
    assert not any("once" in page for page in pages)
    assert "gallery/ambulance/index.md" not in files


# What stands in them.


@pytest.mark.parametrize(
    "name", ["jack-o'-lantern", "carpenter's kit", "zebra", "yurt", "potter's wheel", "cardigan-264"]
)
def test_a_classes_name_survives_in_title_heading_and_alias(
    published: Callable[..., Files], rendered: Text, visible: Text, name: str
) -> None:
    files = published({"things": [name]})
    label = labels.resolve_class(name)
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
    head, _ = split_front_matter(text(files, "gallery/sports-car/index.md"))
    assert head["tags"][-1] == word
    for path, times in (("gallery/index.md", 2), ("gallery/sports-car/index.md", 3)):
        page = rendered(split_front_matter(text(files, path))[1])
        assert visible(page).count(word) == times


def test_a_word_of_another_script_has_its_address_and_a_group_its_anchor(published: Callable[..., Files]) -> None:
    groups = {"动物": [{"зебра": "zebra"}, "tiger"]}
    files = published(groups, methods={"plain": {"steps": 2}})
    assert 'content="0; url=../zebra/"' in files["gallery/зебра/index.html"]
    assert 'id="动物"' in files["gallery/index.md"]
    assert "<b>зебра</b>" in files["gallery/index.md"]
    assert 'href="../зебра/"' in files["gallery/zebra/index.md"]
    assert "assets/activation_maximization/动物/зебра_2.jpg" in files


def test_a_stand_in_is_explained(published: Callable[..., Files], rendered: Text, visible: Text) -> None:
    files = published({"vehicles": [{"car": "sports car"}, "ambulance"]})
    page = visible(rendered(text(files, "gallery/sports-car/index.md")))
    assert "ImageNet has no class car: this site draws the class sports car instead." in page
    assert "draws the class" not in text(files, "gallery/ambulance/index.md")
    assert "drawn and recognized as sports car" in visible(rendered(text(files, "gallery/index.md")))
    assert "← car (sports car)" in visible(rendered(text(files, "gallery/ambulance/index.md")))


def test_a_page_shows_the_measures(published: Callable[..., Files], rendered: Text, visible: Text) -> None:
    page = visible(rendered(text(published({"animals": ["zebra"]}), "gallery/zebra/index.md")))
    assert "Target network the compact AlexNet" in page
    assert "zebra 90.0 %" in page
    assert "The target network recognizes it." in page
    assert "probability 90.0 %, rank 1 of 1000, logit 12.3, 4.5 above the best other class" in page
    assert "top-1 after 1" in page
    assert "This drawing failed" not in page


def test_a_failed_drawing_is_marked_on_its_page_and_in_the_index(
    published: Callable[..., Files], rendered: Text, visible: Text
) -> None:
    files = published({"animals": ["zebra", "tiger"]}, failed={340})
    zebra, tiger = (visible(rendered(text(files, f"gallery/{name}/index.md"))) for name in ("zebra", "tiger"))
    assert "This drawing failed: its target network classifies it as" in zebra
    assert f"classifies it as {labels.classes()[377].name}, and zebra has rank 2 of 1000." in zebra
    assert "probability 1.5 %, rank 2 of 1000, logit \N{MINUS SIGN}1.5, 2.5 below the best other class" in zebra
    assert "failed" not in tiger
    items = re.findall(r"<li data-index=.*?</li>", rendered(text(files, "gallery/index.md")), re.DOTALL)
    assert ["failed" in item for item in items] == [True, False]


def bars(page: str) -> list[tuple[str, float, str, str]]:
    """Class, length, words and number of each bar."""
    found = re.findall(
        r'<li( class="[a-z ]+")? style="--part:([\d.]+)"><span>(.*?)</span> <b>([^<]*)</b></li>', page, re.DOTALL
    )
    return [(kind[8:-1], float(part), words, number) for kind, part, words, number in found]


def test_the_bars_are_the_top_five_and_only_classes_of_the_gallery_are_linked(published: Callable[..., Files]) -> None:
    shown = bars(text(published({"animals": ["zebra", 377]}), "gallery/zebra/index.md"))
    assert len(shown) == 5
    assert shown[0] == ("target", 0.9, "zebra", "90.0\N{NARROW NO-BREAK SPACE}%")
    neighbor = labels.classes()[377]
    assert [words for _, _, words, _ in shown if "href" in words] == [
        f'<a href="../{neighbor.slug}/">{neighbor.name}</a>'
    ]


def test_a_class_that_is_not_among_the_top_five_has_a_bar_of_its_own(planned: Plans, collected: Collects) -> None:
    made = planned({"animals": ["zebra"]})
    seen = fakes.measures(340, rank=41)
    contents = collected(made)
    judged = Evaluation(card("mobilenet-v2"), dict.fromkeys(contents.entries, seen))
    page = text(dict(pages(replace(contents, evaluation=judged))), "gallery/zebra/index.md")
    shown = bars(page)
    assert len(shown) == 5 + 6
    assert shown[-1] == ("target behind", 0.015, "zebra, rank 41", "1.5\N{NARROW NO-BREAK SPACE}%")
    assert "Only its target network recognizes it" in page


def test_each_drawing_has_its_place_and_its_own_measurements(published: Callable[..., Files], rendered: Text) -> None:
    methods = {"plain": {"steps": 2}, "mine": {"preset": "robust", "steps": 2}}
    files = published({"a": ["zebra"]}, methods=methods, seeds=[1])
    page = rendered(text(files, "gallery/zebra/index.md"))
    assert re.findall(r'<figure class="drawing frames (pick-\d)" id="([^"]+)"', page) == [
        ("pick-0", "plain-seed-1"),
        ("pick-1", "mine-seed-1"),
    ]
    assert re.findall(r'<a class="(pick-\d)" href="#([^"]+)"', page) == [
        ("pick-0", "plain-seed-1"),
        ("pick-1", "mine-seed-1"),
    ]
    assert page.count('<figure class="verdict"') == 2
    assert '[id="mine-seed-1"]:target' in page
    assert "--method plain" in page
    assert "--method robust" in page


def test_a_single_drawing_has_nothing_to_choose(published: Callable[..., Files]) -> None:
    page = text(published({"a": ["zebra"]}), "gallery/zebra/index.md")
    assert 'class="choice"' not in page
    assert "<style>" not in page


def test_the_steps_are_on_the_drawing_and_the_last_is_selected(published: Callable[..., Files]) -> None:
    page = text(published({"a": ["zebra"]}), "gallery/zebra/index.md")
    (large,) = re.findall(r'<div class="large".*?</fieldset>', page, re.DOTALL)
    steps = re.findall(r'value="(\d)"( checked)?><span>(\d+)</span>', large)
    assert steps[-1][1] == " checked"
    assert [checked for _, checked, _ in steps[:-1]] == [""] * (len(steps) - 1)
    assert [int(value) for value, _, _ in steps] == list(range(len(steps)))
    assert "robust-seed-0.frames.webp" in large


def test_an_enlarged_picture_says_so(published: Callable[..., Files]) -> None:
    for size, words, width in ((96, "three times", 288), (224, "three times", 672), (384, "twice", 768)):
        page = text(published({"a": ["zebra"]}, size=size), "gallery/zebra/index.md")
        assert f"{size} × {size} pixels, shown up to {words} as large" in page
        assert f'.png" width="{width}" height="{width}"' in page
    assert "shown up to" not in text(published({"a": ["zebra"]}, size=512), "gallery/zebra/index.md")


def test_a_page_offers_the_drawing_without_its_background_if_it_has_a_mask(
    planned: Plans, drawn: Draws, store: Store
) -> None:
    made = planned({"animals": ["zebra", "tiger"]})
    entries = drawn(made)
    zebra = made.recipes()[0]
    mask = encode.mask(Image.new("L", (64, 64), 255))
    entries[zebra.digest()] = store.put({**fakes.files(zebra), "mask.webp": mask}, fakes.record(zebra))
    files = dict(pages(Contents(made, entries)))
    page = text(files, "gallery/zebra/index.md")
    (shown,) = re.findall(r'<details class="fold cutout"><summary>.*?</summary><img src="([^"]+)"', page)
    assert shown == "robust-seed-0.cutout.webp"
    assert f"gallery/zebra/{shown}" in files
    assert "cutout" not in text(files, "gallery/tiger/index.md")
    assert [path for path in files if "cutout" in path] == [f"gallery/zebra/{shown}"]


# The lines that draw a picture again.


@pytest.mark.parametrize("network", ["compact", "alexnet", "my alexnet", "resnet18"])
@pytest.mark.parametrize(
    ("method", "settings"),
    [
        ({"robust": None}, {}),
        ({"plain": None}, {"size": 64, "seeds": [3], "precision": "bf16"}),
        ({"plain": {"steps": 7, "optimizer": "adam", "jitter": 2, "scale": 0.05}}, {}),
        ({"mine": {"preset": "robust", "decorrelate": False, "rotate": 0, "decay_power": 0.5, "step_size": 1}}, {}),
        ({"mine": {"preset": "robust", "parameterization": "pixels", "decay_power": 0, "decorrelate": False}}, {}),
        ({"smooth": {"start": "PICTURE"}}, {}),
        ({"mine": {"preset": "smooth", "start": "PICTURE", "feature_weight": 0}}, {}),
        (
            {
                "mine": {
                    "preset": "plain",
                    "start": "PICTURE",
                    "feature_weight": 0.2,
                    "feature_layer": "conv4",
                    "start_sd": 0.1,
                }
            },
            {},
        ),
    ],
)
def test_the_commands_of_a_page_draw_the_same_recipe(
    collected: Collects,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    network: str,
    method: dict[str, Any],
    settings: dict[str, Any],
) -> None:
    file = tmp_path / "FILE"
    file.write_bytes(b"weights")
    named = file if network in ("my alexnet", "resnet18") else None
    source = resolve_weights(network.removeprefix("my "), named)
    Image.new("RGB", (90, 60), "red").save(tmp_path / "PICTURE", "PNG")
    if network == "resnet18" and "smooth" in method:  # it has no conv3
        method = {"smooth": {**method["smooth"], "feature_layer": "layer2"}}
    wanted = read({"groups": {"things": ["jack-o'-lantern", "cardigan-264"]}, "methods": method, **settings})
    made = plan(wanted, source, read_starts(wanted, tmp_path))
    files = dict(pages(collected(made)))

    requested: list[tuple[Recipe, str]] = []

    def render_files(recipes: list[Recipe], given: Source, *, starts: Mapping[str, Image.Image] = NONE) -> list[Any]:
        requested.extend((recipe, f"{given.network} {given.digest}") for recipe in recipes)
        assert starts.keys() == {recipe.start for recipe in recipes if recipe.start}
        raise ActmaxError("that will do")

    # In this order: the package would otherwise load the replacement as its own, and keep it.
    monkeypatch.setattr("actmax.render_files", render_files)
    monkeypatch.setattr("actmax.pipeline.publish.render_files", render_files)
    monkeypatch.chdir(tmp_path)
    for plate in made.class_pages:
        page = text(files, f"{plate.url}index.md")
        line, code = listings(page)
        assert ("--weights FILE" in line, 'Path("FILE")' in code) == (bool(named),) * 2
        assert ("--start PICTURE" in line, "PICTURE is the start picture" in page) == (bool(made.starts.names),) * 2
        result = CliRunner().invoke(cli.app, shlex.split(line)[1:])
        assert "that will do" in result.output
        assert len(code.splitlines()) == (5 if made.starts.names else 4)
        with pytest.raises(ActmaxError, match="that will do"):
            exec(compile(code, "listing", "exec", dont_inherit=True), {})
    expected = [(recipe, f"{source.network} {source.digest}") for recipe in made.recipes() for _ in range(2)]
    assert requested == expected


def listings(page: str) -> list[str]:
    """What a page shows as code, but for citation and HTML: the shell's line and Python's of each drawing."""
    found = [html.unescape(code) for code in re.findall("<pre><code>(.*?)</code></pre>", page, re.DOTALL)]
    about = [code for code in found if code.startswith(("@misc", "<figure>"))]
    assert about
    return [code for code in found if code not in about]


# The author's own pages.


@pytest.fixture
def contents(planned: Plans, collected: Collects) -> Contents:
    methods = {"robust": {"steps": 2}, "plain": {"steps": 2, "groups": ["vehicles"]}}
    made = planned({"vehicles": [{"car": "sports car"}, "ambulance"], "animals": ["zebra"]}, methods=methods)
    return collected(made, failed={407})


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
def test_a_page_without_measured_true_is_unchanged(contents: Contents, page: str) -> None:
    assert filled_in(contents, "page.md", page) is None


def test_a_page_is_filled_in_with_measures_of_the_figure(contents: Contents, rendered: Text, visible: Text) -> None:
    page = filled_in(
        contents, "page.md", "---\nmeasured: true\n---\n{{ caption('car') }}\n\n{{ caption('zebra', 'robust') }}\n"
    )
    assert page is not None
    shown = visible(rendered(split_front_matter(page)[1]))
    assert shown.splitlines() == [
        "car (ImageNet's class sports car stands in for it) after 2 steps. For this JPEG, the compact AlexNet predicts "
        "sports car with probability 50.0 % (rank 1 of 1000, logit 12.3).",
        "zebra after 2 steps. For this picture, the compact AlexNet predicts zebra with probability 90.0 % (rank 1 of "
        "1000, logit 12.3).",
    ]


def test_a_caption_reports_a_failed_drawing(contents: Contents) -> None:
    assert caption(contents, "ambulance").endswith("so the drawing failed.")


@pytest.mark.parametrize(
    ("body", "line", "words"),
    [
        ("# A page\n\n{{ caption('zebre') }}", 6, "caption('zebre', 'plain'): no class"),
        ("{{ caption('zebra') }}", 4, "caption('zebra', 'plain'): no class"),  # is drawn, but not by that method
        ("{{ caption('car', 'plane') }}", 4, "caption('car', 'plane'): no class"),
        ("{{ caption('sports car') }}", 4, "caption('sports car', 'plain'): no class"),  # the author's word is car
        ("{{ caption() }}", 4, "word"),
        ("\n{{ zebra }}", 5, "'zebra' is undefined"),
        ("\n{{ network.color }}", 5, "color"),
        ("text {% oops %}", 4, "oops"),
        ("text\n{{ 'car' | oops }}", 5, "oops"),
        ("{{ 1 / 0 }}", 4, "division by zero"),
    ],
)
def test_an_unknown_name_is_reported_with_page_and_line(contents: Contents, body: str, line: int, words: str) -> None:
    with pytest.raises(ActmaxError) as caught:
        filled_in(contents, "write-ups/page.md", f"---\nmeasured: true\n---\n{body}\n")
    message = str(caught.value)
    assert message.startswith(f"docs/write-ups/page.md, line {line}: ")
    assert words in message
    assert message.endswith(".")
    assert not message.endswith("..")
