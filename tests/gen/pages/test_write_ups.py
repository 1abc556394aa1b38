"""The pages beside the gallery: methods side by side, drawings from a photo, and how much those of a class differ."""

from __future__ import annotations

import html
import io
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import urldefrag, urljoin

import fakes
import pytest
from PIL import Image

from actmax.measure.intervals import wilson
from actmax.networks import labels
from actmax.networks.cards import card
from actmax.recipe import parse
from actmax.store import Entry
from gen.compared import compared
from gen.figures.svg import PERCENT
from gen.pages import Contents, filled_in
from gen.pages import files as pages
from gen.pages.markdown import share, split_front_matter, tenths
from gen.plan import Plan, addresses
from gen.study import Evaluation, comparison
from gen.study.comparison import Row
from gen.study.diversity import Diversity
from gen.study.photo import Photo

Plans = Callable[..., Plan]
Draws = Callable[..., dict[str, Entry]]
Text = Callable[[str], str]
DOCS = Path(__file__).parents[3] / "docs"

ZEBRA, VOLCANO, TIGER = map(labels.resolve_class, ("zebra", "volcano", "tiger"))
METHODS, PHOTO, DIVERSITY = (f"write-ups/{name}/index.md" for name in ("methods", "from-a-photo", "diversity"))
RANKS = {("erhan", ZEBRA): 40, ("erhan", VOLCANO): 700, ("smooth", ZEBRA): 1, ("smooth", VOLCANO): 4}
"""By the evaluation network; the target network gives zebras rank 1, and volcanoes rank 2."""
COMPARED_HERE = ("erhan", "smooth")


@pytest.fixture
def contents(planned: Plans, drawn: Draws, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Contents:
    """All three pages, of fake drawings and figures that are easy to tell from each other, without curves."""
    monkeypatch.setattr(comparison, "CURVES", tmp_path / "curves")
    Image.new("RGB", (90, 60), (200, 30, 30)).save(tmp_path / "cat.png")
    made = planned(
        {"animals": ["zebra", "tiger"]},
        comparison={"classes": ["zebra", "volcano"], "methods": ["erhan", "smooth"]},
        photo={"picture": "cat.png", "class": "tiger", "feature_weights": [0, 0.2, 0.5], "credit": "Me & you"},
        diversity={"class": "zebra", "seeds": 2, "facets": 3},
    )
    entries = drawn(made, failed=[VOLCANO.index])
    by_method = {key: entries[planned.recipe.digest()] for key, planned in made.comparison.items()}
    ranks = dict.fromkeys(entries, 3) | {by_method[key].digest: rank for key, rank in RANKS.items()}
    units = {digest: parse(entry.recipe.target).unit for digest, entry in entries.items()}
    measures = {digest: fakes.measures(units[digest], rank) for digest, rank in ranks.items()}
    rows = []
    for name in COMPARED_HERE:
        drawings = {label: by_method[name, label] for label in (ZEBRA, VOLCANO)}
        rows.append(Row(compared(name), drawings[ZEBRA].recipe, drawings))
    photo = {weight: entries[planned.recipe.digest()] for weight, planned in made.from_photo.items()}
    seeds, facets = ([entries[planned.recipe.digest()] for planned in some] for some in (made.by_seeds, made.by_facets))
    return Contents(
        made,
        entries,
        evaluation=Evaluation(card("mobilenet-v2"), measures),
        comparison=rows,
        photo=Photo(TIGER, png((200, 30, 30)), photo, *(fakes.measures(TIGER.index, rank) for rank in (7, 1))),
        diversity=Diversity(ZEBRA, card("mobilenet-v2"), seeds, facets, 0.125, 0.25, 0.5, 2),
    )


def png(color: tuple[int, int, int]) -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", (64, 64), color).save(buffer, "PNG")
    return buffer.getvalue()


def page_of(contents: Contents, path: str) -> str:
    content = dict(pages(contents))[path]
    assert isinstance(content, str)
    return content


def tables(page: str) -> list[list[list[str]]]:
    """The words of each cell of each row."""

    def words(cell: str) -> str:
        return " ".join(html.unescape(re.sub(r"<[^>]*>", " ", cell)).split())

    return [
        [
            [words(cell) for cell in re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row, re.DOTALL)]
            for row in re.findall(r"<tr>(.*?)</tr>", table, re.DOTALL)
        ]
        for table in re.findall(r"<table.*?</table>", page, re.DOTALL)
    ]


def linked(page: str, path: str) -> set[str]:
    """Files below docs/ that a page shows or leads to: HTML starts from its address, Markdown from its file."""
    here = addresses.of_source(path)
    links = {urljoin(here, html.unescape(link)) for link in re.findall(r'(?:href|src)="([^#"].*?)"', page)}
    links |= {urljoin(path, link) for link in re.findall(r"\]\((.*?)\)", page)}
    return {urldefrag(link)[0] for link in links}


@pytest.mark.parametrize("path", [METHODS, PHOTO, DIVERSITY])
@pytest.mark.parametrize("evaluated", [True, False])
def test_everything_on_a_page_exists_and_its_tables_are_complete(
    contents: Contents, rendered: Text, path: str, evaluated: bool
) -> None:
    if not evaluated:
        contents = replace(contents, evaluation=None)
    files = dict(pages(contents))
    page = page_of(contents, path)
    links = linked(page, path)
    assert len(links) >= 4
    assert {link for link in links if link not in files and not (DOCS / link).is_file()} == set()
    shown = rendered(split_front_matter(page)[1])
    assert [table for table in tables(shown) if path in (PHOTO, DIVERSITY)] == []
    for table in tables(shown):
        assert len({len(row) for row in table}) == 1, table
        assert len(table) > 1
    assert ("MobileNet V2, which played no part" in " ".join(shown.split())) == (
        evaluated and path in (METHODS, DIVERSITY)
    )
    assert "None" not in shown


def test_every_generated_picture_is_shown(contents: Contents) -> None:
    made = {path for path, _ in pages(contents) if re.match(r"assets/(methods|photo|diversity)/", path)}
    shown = {link for path in (METHODS, PHOTO, DIVERSITY) for link in linked(page_of(contents, path), path)}
    assert made - shown == set()
    assert len(made) == 2 * 4 + (1 + 3) + (2 + 3)


# Methods side by side.


def test_the_methods_page_has_a_row_per_method_and_a_dot_for_what_each_drawing_is_recognized_as(
    contents: Contents,
) -> None:
    def dots(page: str) -> list[tuple[str, list[tuple[str, str]]]]:
        rows = re.findall(r'<figure id="(\w+)">(.*?)</figure>', page, re.DOTALL)
        return [(name, re.findall(r'class="dot (\w+)" role="img" aria-label="([^"]+)"', row)) for name, row in rows]

    assert dots(page_of(contents, METHODS)) == [
        (
            "erhan",
            [
                ("missed", "not recognized by MobileNet V2: rank 40"),
                ("missed", "not recognized by MobileNet V2: rank 700"),
            ],
        ),
        ("smooth", [("top1", "recognized by MobileNet V2"), ("top5", "rank 4 for MobileNet V2")]),
    ]
    alone = dots(page_of(replace(contents, evaluation=None), METHODS))
    assert [[kind for kind, _ in row] for _, row in alone] == [["top1", "top5"]] * 2
    assert alone[0][1][1] == ("top5", "rank 2 for the compact AlexNet")


def test_each_cell_shows_its_own_drawing_small_and_leads_to_it_large(
    contents: Contents, pixel: Callable[[bytes], tuple[int, int, int]]
) -> None:
    """A fake's color is its class, seed and steps."""
    files = dict(pages(contents))
    cells = re.findall(r'<a class="enlarge" href="([^"]+)".*?<img src="([^"]+)"', page_of(contents, METHODS))
    assert len(cells) == 4
    for (large, small), unit in zip(cells, [340, 980, 340, 980], strict=True):
        for link in (large, small):
            data = files[link.removeprefix("../../")]
            assert isinstance(data, bytes)
            assert pixel(data) == pytest.approx((unit % 256, 0, 64), abs=4)


def recognized(of: Mapping[str, Any], limit: int) -> float:
    return sum(rank <= limit for rank in of["ranks"]) / len(of["ranks"])


def interval(part: float, count: int) -> str:
    return share(part, count).replace(PERCENT, " %")


def test_the_tables_of_many_classes_agree_with_the_files(contents: Contents, rendered: Text) -> None:
    many = tables(rendered(page_of(contents, METHODS)))
    stored = [json.loads(path.read_text("utf-8")) for path in sorted(comparison.BENCHMARKS.glob("*.json"))]
    assert len(many) == len(stored) > 0
    for table, values, measured in zip(many, stored, comparison.benchmarks(), strict=True):
        judges = measured.evaluation_networks
        assert table[0][1 : 2 + len(judges)] == ["Target network", *(card(name).title for name in judges)]
        assert [row[0] for row in table[1:]] == [compared(name).title for name in values["methods"]]
        for row, (name, method) in zip(table[1:], values["methods"].items(), strict=True):
            assert row[1] == interval(recognized(method["target"], 1), values["classes"])
            for cell, judge in zip(row[2:], judges, strict=False):
                top1, top5 = (interval(recognized(method[judge], limit), values["classes"]) for limit in (1, 5))
                assert cell == f"{top1} / {top5}, rank {sorted(method[judge]['ranks'])[values['classes'] // 2]}"
            against, logit, detail, seconds = row[2 + len(judges) :]
            ranks = zip(method[judges[0]]["ranks"], values["methods"]["smooth"][judges[0]]["ranks"], strict=True)
            only = [(here == 1) - (there == 1) for here, there in ranks]
            if name == "smooth":
                assert against == "–"
            else:
                assert re.fullmatch(rf"{only.count(1)} : {only.count(-1)}, p [=<] (1|\.\d\d\d)", against)
            assert logit == tenths(method[judges[0]]["logit_above_gray"])
            assert float(detail.removesuffix(" %")) == pytest.approx(100 * method["high_frequency_share"], abs=0.06)
            assert float(seconds.removesuffix(" s")) == pytest.approx(method["seconds"], abs=0.06)


def test_the_dot_plot_names_each_share_with_its_interval(contents: Contents) -> None:
    page = html.unescape(page_of(contents, METHODS))
    for measured in comparison.benchmarks():
        judge, n = measured.evaluation_networks[0], measured.classes
        assert f"Of {n} each. " in page
        for name, of in measured.methods.items():
            top1, top5 = of[judge].top1, of[judge].top5
            ends = [100 * end for part in (top1, top5) for end in wilson(part, n)]
            assert (
                f"{compared(name).title}: top-1 {100 * top1:.0f} % ({ends[0]:.0f}–{ends[1]:.0f} %), "
                f"in the top 5 {100 * top5:.0f} % ({ends[2]:.0f}–{ends[3]:.0f} %)"
            ) in page.replace(PERCENT, " %")


@pytest.mark.parametrize(
    ("right", "most", "sentence"),
    [
        ((12, 2, 8), ["statistics"], "Its difference from Channel statistics of photographs is not larger"),
        ((12, 1, 1), ["plain", "statistics"], "differs from each by more than chance allows (p = .002 or less)"),
        ((2, 6, 6), ["plain", "statistics"], "No difference is larger than chance allows"),
    ],
)
def test_the_page_counts_and_tests_the_differences_class_by_class(
    contents: Contents,
    rendered: Text,
    visible: Text,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    right: tuple[int, ...],
    most: list[str],
    sentence: str,
) -> None:
    stored = json.loads((comparison.BENCHMARKS / "compact.json").read_text("utf-8"))
    judge = comparison.benchmarks()[0].evaluation_networks[0]
    stored["classes"] = 16
    stored["methods"] = {name: stored["methods"][name] for name in ("smooth", "plain", "statistics")}
    for of, count in zip(stored["methods"].values(), right, strict=True):
        for network in (judge, "target"):
            of[network]["ranks"] = [1] * count + [2] * (16 - count)
    (tmp_path / "compact.json").write_text(json.dumps(stored), "utf-8")
    monkeypatch.setattr(comparison, "BENCHMARKS", tmp_path)
    words = " ".join(visible(rendered(page_of(contents, METHODS))).split())
    titles = ", ".join(compared(name).title for name in most)
    own, best = interval(right[0] / 16, 16), interval(max(right[1:]) / 16, 16)
    assert f"recognizes {own} of the drawings by the gallery's method" in words
    assert f"at most {best}: {titles}." in words
    assert sentence in words


def test_each_method_has_its_advantages_costs_and_source(contents: Contents, rendered: Text, visible: Text) -> None:
    page = page_of(contents, METHODS)
    words = visible(rendered(page))
    for name in COMPARED_HERE:
        method = compared(name)
        assert f"{method.title} ({method.cite}). For: {method.advantage} Against: {method.drawback}" in words
    assert f"{compared('erhan').drawback} Differs from the paper: {compared('erhan').differs}" in words
    assert "Erhan et al. 2009](../../literature/Visualizing_Higher-Layers.md)" in page
    assert compared("maco").advantage not in words


def test_curves_are_a_table_and_a_chart(
    contents: Contents, rendered: Text, visible: Text, tmp_path: Path, curves_of: Callable[..., dict[str, Any]]
) -> None:
    (tmp_path / "curves").mkdir()
    measured = curves_of("erhan", "mahendran", "robust", "smooth", steps=(16, 64))
    worst = {"log_probability": -3.0, "top1": 0.0, "top5": 0.5}
    measured["methods"]["erhan"]["64"] = {"seconds": 1.5, "target": worst, "mobilenet-v2": worst}
    measured["methods"]["horama-maco"] = {"1000": measured["methods"]["smooth"]["64"]}
    (tmp_path / "curves" / "compact.json").write_text(json.dumps(measured), "utf-8")
    page = page_of(contents, METHODS)
    table = tables(rendered(page))[-1]
    assert table[0] == ["Steps", "16", "64", "1000"]
    assert table[2] == ["Total variation", "4 of 16 (10–49 %) / 8", "4 of 16 (10–49 %) / 8", "–"]
    assert table[5] == ["Horama's own MACO", "–", "–", "4 of 16 (10–49 %) / 8"]
    words = visible(rendered(page))
    assert "How many of the 16 classes MobileNet V2 recognizes: top-1" in words
    assert page.count("<svg") == 2  # the dot plot is the other
    assert "up to 24 percentage points to either side" in page  # Wilson's upper end for 4 of 16
    assert "The chart has the three methods that do best on average over these" in words
    assert "Fourier and random transforms: from 25.0 at 16 to 25.0 at 64" in page
    assert "Norm constraint: from" not in page
    for name in ("erhan", "robust"):
        measured["methods"].pop(name)
    (tmp_path / "curves" / "compact.json").write_text(json.dumps(measured), "utf-8")
    assert page_of(contents, METHODS).count("<svg") == 1


def test_an_authors_page_quotes_the_figures_for_many_classes(contents: Contents) -> None:
    page = "---\nmeasured: true\n---\n{{ many.judge }}: {{ many.top1.smooth }} of {{ many.classes }}\n"
    stored = json.loads((comparison.BENCHMARKS / "compact.json").read_text("utf-8"))
    judge = comparison.benchmarks()[0].evaluation_networks[0]
    right, title, classes = stored["methods"]["smooth"][judge]["ranks"].count(1), card(judge).title, stored["classes"]
    assert str(filled_in(contents, "page.md", page)).endswith(f"\n{title}: {right} of {classes}\n")


# From a photo.


def test_the_feature_weight_is_chosen_on_the_picture_which_is_not_the_photo_at_first(contents: Contents) -> None:
    page = page_of(contents, PHOTO)
    choices = re.findall(r'<input type="radio" name="feature-weight" value="(\d)"( checked)?><span>(.*?)</span>', page)
    assert choices == [("0", "", "photo"), ("1", "", "0.5"), ("2", " checked", "0.2"), ("3", "", "0")]
    assert "--frames:4" in page


def test_the_filmstrip_begins_with_the_photo_and_has_a_frame_for_each_drawing(contents: Contents) -> None:
    strip = dict(pages(contents))["assets/photo/strip.webp"]
    assert isinstance(strip, bytes)
    with Image.open(io.BytesIO(strip)) as image:
        assert image.size == (4 * 64, 64)
        shown = [image.convert("RGB").getpixel((64 * frame + 32, 32)) for frame in range(4)]
    assert shown[0] == pytest.approx((200, 30, 30), abs=6)
    assert shown[1:] == [pytest.approx((TIGER.index % 256, 0, 64), abs=6)] * 3


def test_the_style_has_a_rule_for_each_frame(contents: Contents) -> None:
    """The frames of the gallery's drawings are two."""
    for photo, most in ((contents.photo, 3), (None, 1)):
        style = dict(pages(replace(contents, photo=photo)))["assets/site.css"]
        assert isinstance(style, str)
        rules = re.findall(r'input\[value="(\d+)"\]:checked\) \{ --frame: (\d+); \}', style)
        assert rules == [(str(frame), str(frame)) for frame in range(most + 1)]


def test_bars_show_each_feature_weight_for_both_networks(contents: Contents) -> None:
    shown = re.findall(r'--part:([\d.]+)"><span>(.*?), (.*?)</span> <b>', page_of(contents, PHOTO))
    shown = [(part, re.sub("<.*?>", "", words), rank) for part, words, rank in shown]
    weights = ("weight 0.5", "weight 0.2", "weight 0")
    assert shown == [
        ("0.0150", "photo", "rank 7"),
        *(("0.9000", weight, "rank 1") for weight in weights),
        ("0.9000", "photo", "rank 1"),
        *(("0.0150", weight, "rank 3") for weight in weights),
    ]


@pytest.mark.parametrize(
    "credit",
    ["<script>alert(1)</script>", "**A** & <b>B</b>", "{{ 7 * 7 }}", "[x](javascript:alert(1))", "a | b", "![i](j)"],
)
def test_the_credit_of_the_photo_is_shown_literally(
    contents: Contents, rendered: Text, visible: Text, credit: str
) -> None:
    page = rendered(page_of(credited(contents, credit), PHOTO))
    assert f"Photo: {credit}." in visible(page)
    assert re.findall("<(?!/)([a-z]+)", page) == re.findall("<(?!/)([a-z]+)", rendered(page_of(contents, PHOTO)))


def test_a_photo_without_credit_has_no_credit_line(contents: Contents) -> None:
    assert "Photo: Me &amp; you." in page_of(contents, PHOTO)
    assert "Photo:" not in page_of(credited(contents, ""), PHOTO)


def credited(contents: Contents, credit: str) -> Contents:
    settings = contents.plan.settings
    assert settings.photo
    settings = settings.model_copy(update={"photo": settings.photo.model_copy(update={"credit": credit})})
    return replace(contents, plan=replace(contents.plan, settings=settings))


# How much drawings of a class differ.


def distances(page: str) -> list[tuple[str, str, str]]:
    return re.findall(r'<li style="--part:([\d.]+)"><span>(of [^<]*)</span> <b>([^<]*)</b></li>', page)


def test_the_diversity_page_quotes_the_distances_and_of_how_many_pairs(contents: Contents) -> None:
    assert distances(page_of(contents, DIVERSITY)) == [
        ("0.1250", "of zebra with 2 seeds (1 pair)", "0.12"),
        ("0.2500", "of zebra by 3 facets (3 pairs)", "0.25"),
        ("0.5000", "of 2 different classes (1 pair)", "0.50"),
    ]


def test_each_drawing_of_the_diversity_page_has_its_probability_and_a_dot(contents: Contents, rendered: Text) -> None:
    page = rendered(page_of(contents, DIVERSITY))
    shown = re.findall(r'<img src="\.\./\.\./assets/diversity/([^"]+)"[^>]* alt="([^"]*)"', page)
    assert shown == [
        ("seed-0.webp", "The drawing of zebra by seed 0"),
        ("seed-1.webp", "The drawing of zebra by seed 1"),
        ("facet-0.webp", "The drawing of zebra by facet 1"),
        ("facet-1.webp", "The drawing of zebra by facet 2"),
        ("facet-2.webp", "The drawing of zebra by facet 3"),
    ]
    found = re.findall(r"<figcaption>(\w+ \d): (\S+) <span class=\"dot (\w+)\"", page.replace(PERCENT, "%"))
    # The first seed's is the drawing by `smooth` above.
    kinds = ["top1", "top5", "top5", "top5", "top5"]
    names = ["seed 0", "seed 1", "facet 1", "facet 2", "facet 3"]
    assert found == [(name, "90.0%", kind) for name, kind in zip(names, kinds, strict=True)]


def test_missing_distances_are_left_out(contents: Contents, rendered: Text) -> None:
    assert contents.diversity
    few = replace(contents.diversity, facets=[], facet_distance=None, class_distance=None, classes=1)
    page = rendered(page_of(replace(contents, diversity=few), DIVERSITY))
    assert distances(page) == [("0.1250", "of zebra with 2 seeds (1 pair)", "0.12")]
    assert 'id="facets"' not in page


# Pages that the settings leave out.


@pytest.mark.parametrize(
    ("left", "page", "folder"),
    [
        ({"comparison": ()}, METHODS, "assets/methods/"),
        ({"photo": None}, PHOTO, "assets/photo/"),
        ({"diversity": None}, DIVERSITY, "assets/diversity/"),
    ],
)
def test_pages_that_the_settings_leave_out_have_no_files(
    contents: Contents, left: dict[str, Any], page: str, folder: str
) -> None:
    every, fewer = ({path for path, _ in pages(one)} for one in (contents, replace(contents, **left)))
    gone = every - fewer
    assert fewer < every
    assert page in gone
    assert {path for path in gone if path != page and not path.startswith(folder)} == set()
    assert not [path for path in fewer if path.startswith(folder)]
