"""The gallery as JSON: every listed file exists, every number is the measured entry, every name is right."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from typing import Any

import pytest

from actmax.measure.models import Measures
from actmax.networks import labels
from actmax.networks.cards import card
from actmax.recipe import Recipe
from gen.pages import Contents
from gen.pages import files as pages
from gen.plan import Plan
from gen.study import Evaluation

Files = dict[str, str | bytes]
Published = Callable[..., Files]
AWKWARD = ["cardigan-264", 474, "crane bird", 517, "jack-o'-lantern", "carpenter's kit", {'my <own> "horse"': "zebra"}]


def named(index: int) -> str:
    """Return what the command calls a class: its slug, unless that could also mean another class."""
    return "crane-517" if index == 517 else labels.classes()[index].slug


def parsed(files: Files, path: str) -> Any:
    content = files[path]
    assert isinstance(content, str)
    return json.loads(content)


@pytest.fixture
def files(published: Published) -> Files:
    return published({"things": AWKWARD, "Other & more": ["zebra", "tiger"]}, failed={292}, seeds=[0, 7])


def test_the_index_names_every_class_in_the_authors_order(files: Files) -> None:
    index = parsed(files, "gallery/index.json")
    assert index["schema"] == 2
    assert index["units"] is None
    assert index["site"] is None
    assert (index["network"]["name"], index["network"]["title"]) == ("compact", "the compact AlexNet")
    assert [(entry["index"], entry["name"], entry["slug"]) for entry in index["classes"]] == [
        (264, "Cardigan", "cardigan-264"),
        (474, "cardigan", "cardigan-474"),
        (134, "crane bird", "crane-bird"),
        (517, "crane", "crane"),
        (607, "jack-o'-lantern", "jack-o-lantern"),
        (477, "carpenter's kit", "carpenters-kit"),
        (340, "zebra", "zebra"),
        (292, "tiger", "tiger"),
    ]
    assert index["groups"]["Other & more"] == ["zebra", "tiger"]
    assert index["groups"]["things"] == [entry["slug"] for entry in index["classes"][:7]]
    every = parsed(files, "gallery/index-1.json")
    assert every["schema"] == 2
    for listed, entry in zip(index["classes"], every["classes"], strict=True):
        assert listed["data"] == "gallery/index-1.json"
        assert listed == {key: entry[key] for key in listed if key != "data"} | {"data": listed["data"]}
        label = labels.classes()[entry["index"]]
        assert (entry["wnid"], entry["definition"]) == (label.wnid, label.definition)
        assert entry["synonyms"] == list(label.synonyms)
        assert entry["stands_for"] == (['my <own> "horse"'] if label.name == "zebra" else [])
        assert [drawing["anchor"] for drawing in entry["drawings"]] == ["robust-seed-0", "robust-seed-7"]


def test_every_file_in_the_data_exists_and_every_drawing_is_listed(files: Files) -> None:
    index = parsed(files, "gallery/index-1.json")
    named = set()
    for entry in index["classes"]:
        assert f"{entry['url']}index.md" in files
        for drawing in entry["drawings"]:
            own = f"{entry['url']}{drawing['anchor']}.json"
            named |= {drawing["png"], own}
            assert {drawing["png"], own} <= files.keys()
            png = files[drawing["png"]]
            assert isinstance(png, bytes)
            assert drawing["png"] == f"gallery/drawings/{hashlib.sha256(png).hexdigest()[:16]}.png"
    every = {path for path in files if path.startswith("gallery/") and path.endswith((".png", ".json", ".webp"))}
    every -= {"gallery/index.json", "gallery/index-1.json"}
    others = (".frames.webp", ".small.webp", "thumbnail.webp")
    assert {path for path in every - named if not path.endswith(others)} == set()


def test_a_drawings_file_contains_its_index_entry_and_its_recipe(files: Files) -> None:
    index = parsed(files, "gallery/index-1.json")
    for entry in index["classes"]:
        for drawing in entry["drawings"]:
            data = parsed(files, f"{entry['url']}{drawing['anchor']}.json")
            assert data["schema"] == 2
            assert data["class"] == {key: value for key, value in entry.items() if key != "drawings"}
            assert data["drawing"].items() >= drawing.items()
            recipe = Recipe(**data["drawing"]["recipe"])
            assert recipe.digest() == drawing["recipe_digest"]
            assert (recipe.target, recipe.seed, recipe.size) == (f"fc8:{entry['index']}", drawing["seed"], 64)
            assert data["drawing"]["command"].startswith(f"actmax draw {named(entry['index'])} ")


def test_the_numbers_are_those_measured(files: Files) -> None:
    classes = {entry["name"]: entry["drawings"][0] for entry in parsed(files, "gallery/index-1.json")["classes"]}
    names = ("activation", "probability", "rank", "margin", "failed")
    assert [classes["zebra"][name] for name in names] == [12.34, 0.9, 1, 4.5, False]
    assert [classes["tiger"][name] for name in names] == [-1.5, 0.015, 2, -2.5, True]
    drawing = parsed(files, "gallery/zebra/robust-seed-0.json")["drawing"]
    assert drawing["top"][0] == [340, 0.9]
    assert (drawing["frames"], drawing["activations"]) == ([1, 2], [0.5, 0.5])
    assert drawing["wins"] == {"first": 1, "stays": 1}
    assert drawing["provenance"]["device"] == "no device"
    assert drawing["evaluation"] is classes["zebra"]["evaluation"] is None


def test_the_data_contain_the_sites_url_and_the_evaluation(
    planned: Callable[..., Plan], collected: Callable[..., Contents]
) -> None:
    made = planned({"animals": ["zebra"]})
    values = {"activation": 1.0, "probability": 0.25, "rank": 3, "margin": -1.0, "top": ((7, 0.5), (340, 0.25))}
    evaluation = Evaluation(card("alexnet"), {made.recipes()[0].digest(): Measures(**values)})
    files = dict(pages(collected(made, site_url="https://example.com/site/", evaluation=evaluation)))
    index = parsed(files, "gallery/index.json")
    assert index["site"] == "https://example.com/site/"
    assert index["evaluation_network"] == {"name": "alexnet", "title": card("alexnet").title}
    ((drawing,),) = (entry["drawings"] for entry in parsed(files, "gallery/index-1.json")["classes"])
    assert drawing["evaluation"] == {key: value for key, value in values.items() if key != "top"}
    assert parsed(files, "gallery/zebra/robust-seed-0.json")["drawing"]["evaluation"] == {
        "network": "alexnet",
        **values,
        "top": [[7, 0.5], [340, 0.25]],
    }
