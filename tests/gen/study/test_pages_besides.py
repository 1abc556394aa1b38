"""What is drawn beside the gallery, for real and in two steps: once, evaluated, and kept by `prune`."""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import torch
from PIL import Image
from torch.nn import functional

from actmax.measure.measure import decode, resized
from actmax.networks import labels
from actmax.networks.weights import resolve_weights
from actmax.pipeline import Outcome
from actmax.pipeline.publish import load
from actmax.recipe import METHODS
from actmax.store import Store
from gen import site as build
from gen.pages import Contents, SiteInfo, files
from gen.plan import addresses

SETTINGS: dict[str, Any] = {
    "network": "compact",
    "precision": "fp32",
    "size": 64,
    "methods": {"smooth": None},
    "groups": {"animals": ["zebra", "tiger"]},
}
BESIDE: dict[str, Any] = {
    "comparison": {"classes": ["zebra", "volcano"], "methods": ["mahendran", "statistics", "smooth"]},
    "photo": {"picture": "cat.png", "class": "tiger", "feature_weights": [0.2, 0]},
    "diversity": {"class": "zebra", "seeds": 2, "facets": 2},
}


def generated(root: Path, settings: dict[str, Any]) -> tuple[Contents, Outcome]:
    """Draws what is missing; there are no pages of the author's."""
    project = build.Project(settings, root / "mkdocs.yml", root / "docs")
    return build.generate(build.prepare(project), lambda _: None, SiteInfo())


@dataclass(frozen=True)
class Made:
    root: Path
    contents: Contents
    outcome: Outcome


@pytest.fixture(scope="module", autouse=True)
def quick() -> Iterator[None]:
    """Two steps for the presets: what is drawn does not matter here."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            "actmax.recipe.methods.METHODS", {name: {**method, "steps": 2} for name, method in METHODS.items()}
        )
        yield


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Made:
    root = tmp_path_factory.mktemp("site")
    Image.radial_gradient("L").convert("RGB").save(root / "cat.png")
    return Made(root, *generated(root, SETTINGS | BESIDE))


def test_a_drawing_on_several_pages_is_drawn_once(made: Made) -> None:
    """Zebra by `smooth` is the gallery's, the comparison's and the first of the seeds."""
    gallery, comparison, photo, seeds, facets = 2, 3 * 2 - 1, 2, 2 - 1, 2
    assert made.outcome.drawn == gallery + comparison + photo + seeds + facets


def test_the_next_build_computes_nothing_and_writes_the_same(made: Made) -> None:
    measurements = set((made.root / ".cache/measurements").iterdir())
    contents, outcome = generated(made.root, SETTINGS | BESIDE)
    assert outcome.drawn == 0
    assert set((made.root / ".cache/measurements").iterdir()) == measurements
    assert dict(files(contents)) == dict(files(made.contents))


def test_the_plan_holds_every_drawing_of_the_three_pages_with_page_and_class(made: Made) -> None:
    plan = made.contents.plan
    pages = {
        addresses.METHODS: plan.comparison.values(),
        addresses.PHOTO: plan.from_photo.values(),
        addresses.DIVERSITY: (*plan.by_seeds, *plan.by_facets),
    }
    assert [len(drawings) for drawings in pages.values()] == [6, 2, 4]
    for page, drawings in pages.items():
        assert [one for one in plan.drawings if one.page == page] == list(drawings)
        assert all(one.label and one.recipe.target == f"fc8:{one.label.index}" for one in drawings)


def test_every_class_drawing_is_evaluated(made: Made) -> None:
    assert made.contents.evaluation is not None
    assert made.contents.evaluation.measures.keys() == {recipe.digest() for recipe in made.contents.plan.recipes()}


def test_every_stored_drawing_is_planned(made: Made) -> None:
    site = build.prepare(build.Project(SETTINGS | BESIDE, made.root / "mkdocs.yml"))
    assert site.plan.complete
    planned = {recipe.digest() for recipe in site.plan.recipes()}
    assert planned == {one.digest for one in Store(made.root / ".cache").stored()}


def test_each_method_has_its_drawings(made: Made) -> None:
    rows = made.contents.comparison
    assert [row.method.name for row in rows] == ["mahendran", "statistics", "smooth"]
    for row in rows:
        assert [label.name for label in row.drawings] == ["zebra", "volcano"]
        wanted = made.contents.plan.comparison
        for label, entry in row.drawings.items():
            assert entry.recipe == wanted[row.method.name, label].recipe


def test_distances_are_measured_with_the_evaluation_network(made: Made) -> None:
    found = made.contents.diversity
    assert found is not None
    evaluator = load(resolve_weights("mobilenet-v2"))
    with torch.inference_mode():
        one, other = (
            evaluator.features(evaluator.normalize(resized(decode(entry.read("drawing.png")), evaluator.size)))
            for entry in found.seeds
        )
        assert found.seed_distance == pytest.approx(1 - functional.cosine_similarity(one, other).item(), abs=1e-5)
    assert found.network.name == "mobilenet-v2"
    assert (found.label, found.classes) == (labels.resolve_class("zebra"), 2)


def test_a_cutout_shows_what_the_steps_changed(made: Made) -> None:
    written = dict(files(made.contents))
    assert "Without the background" in str(written["gallery/zebra/index.md"])
    data = written["gallery/zebra/smooth-seed-0.cutout.webp"]
    assert isinstance(data, bytes)
    with Image.open(io.BytesIO(data)) as image:
        assert (image.mode, image.size) == ("RGBA", (64, 64))
        opaque = image.getchannel("A").histogram()
    assert 0 < sum(opaque[128:]) < 64 * 64 / 2  # half of it is transparent


@pytest.mark.parametrize("left", ["comparison", "photo", "diversity"])
def test_a_page_without_its_setting_is_not_written(made: Made, left: str) -> None:
    """The two others are, and nothing is drawn for them anew."""
    pages = {"comparison": "methods", "photo": "from-a-photo", "diversity": "diversity"}
    folders = {"comparison": "methods", "photo": "photo", "diversity": "diversity"}
    contents, outcome = generated(made.root, SETTINGS | {key: value for key, value in BESIDE.items() if key != left})
    assert outcome.drawn == 0
    paths = [path for path, _ in files(contents)]
    assert {path for path in paths if path.startswith("write-ups/")} == {
        f"write-ups/{name}/index.md" for key, name in pages.items() if key != left
    }
    assert {path.split("/")[1] for path in paths if path.startswith("assets/") and path.count("/") > 1} == {
        "live",
        *(name for key, name in folders.items() if key != left),
    }
