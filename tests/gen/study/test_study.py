"""What the write-up shows of the network: worked out once, stored, and kept by `prune`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from actmax.measure.measure import decode
from actmax.measure.probe import strongest
from actmax.pipeline.draw import Outcome, load
from actmax.recipe.recipe import METHODS
from gen import site as build
from gen.pages.pages import Pages, Place
from gen.settings.schema import SettingsError
from gen.study.study import COUNTS, STEP_SIZES, Study

GROUPS = {"animals": ["zebra", "tiger"]}


def settings(**walk: Any) -> dict[str, Any]:
    return {
        "network": "compact",
        "precision": "fp32",
        "size": 64,
        "methods": {"robust": {"steps": 2}},
        "groups": GROUPS,
        "walk": {"class": "zebra", "channels": 2, "steps": 2, **walk},
    }


def generated(gallery: dict[str, Any], root: Path) -> tuple[Pages, Outcome]:
    """Draws what is missing; there are no pages of the author's."""
    return build.generate(build.prepare(gallery, root), root, root / "docs", str, Place())


@dataclass(frozen=True)
class Made:
    root: Path
    pages: Pages
    outcome: Outcome
    study: Study


@pytest.fixture(scope="module", autouse=True)
def quick() -> Iterator[None]:
    """Two steps for the presets, too: what is drawn does not matter here."""
    with pytest.MonkeyPatch.context() as patch:
        for method in METHODS.values():
            patch.setitem(method, "steps", 2)
        yield


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Made:
    root = tmp_path_factory.mktemp("site")
    pages, outcome = generated(settings(), root)
    assert pages.study is not None
    return Made(root, pages, outcome, pages.study)


def test_two_classes_five_variations_and_two_channels_of_six_layers_are_drawn(made: Made) -> None:
    """The sixth variation, the class by `robust`, is the gallery's own drawing."""
    assert made.outcome.drawn == 2 + 5 + 2 * 6
    assert set(made.study.variations) == {"pixels", "fourier", "generator", *STEP_SIZES}


def test_the_next_build_draws_nothing_and_shows_the_same(made: Made) -> None:
    pages, outcome = generated(settings(), made.root)
    assert outcome.drawn == 0
    assert pages.study is not None
    assert pages.study.channels.keys() == made.study.channels.keys()
    assert dict(pages.files()) == dict(made.pages.files())


def test_the_channels_are_the_strongest_on_the_picture_each_with_its_own_drawing(made: Made) -> None:
    network = load(made.pages.plan.source)
    for layer, found in made.study.channels.items():
        expected = strongest(network, decode(made.study.picture), layer, 2)
        assert [channel for channel, _, _ in found] == [channel for channel, _ in expected]
        assert [entry.recipe.target for *_, entry in found] == [f"{layer}:{channel}" for channel, _ in expected]


def test_every_class_of_the_gallery_was_silenced(made: Made) -> None:
    assert [label.name for label, _ in made.study.silenced] == ["zebra", "tiger"]
    for way in ("most", "least", "random"):
        one, other = (found[way] for _, found in made.study.silenced)
        assert made.study.silenced_mean(way) == pytest.approx([(a + b) / 2 for a, b in zip(one, other, strict=True)])
        assert len(one) == len(COUNTS)


def test_nothing_of_the_study_is_spare(made: Made) -> None:
    site = build.prepare(settings(), made.root)
    planned = {recipe.digest() for recipe in build.recipes(site, made.root)}
    assert planned == set(site.store.digests())


def test_the_page_of_the_walk_names_what_it_shows(made: Made) -> None:
    page = dict(made.pages.files())["write-ups/from-picture-to-prediction.md"]
    assert isinstance(page, str)
    for layer, found in made.study.channels.items():
        for channel, _, _ in found:
            assert f"assets/study/{layer}-{channel}.png" in page
    assert "<svg" in page


def test_a_picture_of_the_authors_goes_through_instead(made: Made) -> None:
    Image.new("RGB", (100, 80), (200, 30, 30)).save(made.root / "mine.jpg")
    pages, _ = generated(settings(picture="mine.jpg"), made.root)
    assert pages.study is not None
    assert pages.study.own_picture
    assert decode(pages.study.picture).shape == (1, 3, 64, 64)
    page = dict(pages.files())["write-ups/from-picture-to-prediction.md"]
    assert isinstance(page, str)
    assert "The network was told" not in page


@pytest.mark.parametrize(("name", "said"), [("absent.jpg", "No such file"), ("words.jpg", "not a picture")])
def test_a_picture_that_cannot_be_read_is_named(made: Made, name: str, said: str) -> None:
    (made.root / "words.jpg").write_text("not a picture at all", "utf-8")
    with pytest.raises(SettingsError, match=said) as error:
        generated(settings(picture=name), made.root)
    assert f"walk.picture in mkdocs.yml is {name!r}" in str(error.value)


def test_a_class_that_does_not_exist_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"walk\.class in mkdocs\.yml: .*'zebra'"):
        build.prepare(settings() | {"walk": {"class": "zebre"}}, tmp_path)


def test_without_a_walk_there_is_no_study(made: Made) -> None:
    plain = {key: value for key, value in settings().items() if key != "walk"}
    pages, outcome = generated(plain, made.root)
    assert pages.study is None
    assert outcome.drawn == 0
    assert not any("study" in path or "from-picture" in path for path, _ in pages.files())
