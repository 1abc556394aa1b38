"""Arbitrary settings, targets and recipes are accepted, or refused soon and in one paragraph without a traceback."""

from __future__ import annotations

import copy
import json
import time
from datetime import date
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from nightly import smoke

from actmax.errors import ActmaxError
from actmax.recipe import METHODS, Recipe, compose, parse
from gen.plan import class_pages
from gen.settings import SettingsError, read

MAX_MESSAGE = 5000
"""Characters: twenty faults are listed, each with a shortened value."""
MAX_SECONDS = 2.0
"""Processor time."""
PARTS = smoke(range(100))
VALID: dict[str, Any] = {
    "network": "compact",
    "weights": "weights.pth",
    "second_opinion": {"network": "squeezenet1_0", "weights": "other.pth"},
    "size": 224,
    "seeds": [0, 1],
    "walk": {"class": "zebra", "channels": 4, "steps": 64},
    "comparison": {"classes": ["zebra", 980], "methods": ["maco"]},
    "photo": {"picture": "cat.jpg", "class": "tiger", "feature_weights": [0.5, 0], "credit": "Me"},
    "diversity": {"class": "zebra", "seeds": 2, "facets": 3},
    "units": {"layers": {"conv4": "all", "conv5": ["0-31", 117]}, "method": "mine", "seeds": [0], "negative": True},
    "photos": "pictures",
    "live": False,
    "store": ".cache",
    "methods": {"smooth": None, "mine": {"preset": "plain", "steps": 9, "groups": ["animals"]}},
    "groups": {"animals": ["zebra", {"my cat": "tiger"}, 340, "0-9"], "things": "all"},
}
WORDS = st.sampled_from(
    [
        *VALID,
        "all",
        "zebra",
        "conv4",
        "0-9",
        "fc8:340",
        "smooth",
        "class",
        "layers",
        "preset",
        "start",
        "__class__",
        "~nobody",
    ]
)
SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.integers(min_value=-(10**40), max_value=10**40)
    | st.floats()
    | st.text(max_size=40)
    | st.text(min_size=1, max_size=3).map(lambda part: part * 9000)
    | st.dates(min_value=date(1, 1, 1))
    | st.binary(max_size=9)
    | WORDS
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(SCALARS, inner, max_size=4),
    max_leaves=12,
)
TERMS = st.sampled_from(
    ["fc8", "conv5", "features.3", ":", "340", "@", "center", "3,4", "+", "-", "*", " ", "1e9", "0.5", "nan", "٣", "0"]
)


def examples(count: int) -> Any:
    """Return settings that make so many examples, the same in each run, and others for each part."""
    return settings(
        max_examples=count,
        derandomize=True,
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
    )


def paths(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Return the path of every key and index of a tree."""
    children = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [below for key, child in children for below in [(*path, key), *paths(child, (*path, key))]]


PATHS = paths(VALID)


def check_message(message: str, named: str = "") -> None:
    assert named in message
    assert len(message) <= MAX_MESSAGE
    assert "\n" not in message
    assert "Traceback" not in message


@pytest.mark.parametrize("part", PARTS)
@examples(100)
@given(st.lists(st.tuples(st.sampled_from(PATHS), VALUES), min_size=1, max_size=3))
def test_changed_settings_are_read_or_refused_in_one_paragraph(
    part: int, report: Any, changes: list[tuple[tuple[Any, ...], Any]]
) -> None:
    report.add("settings", tried=1)
    tree = copy.deepcopy(VALID)
    for path, value in changes:
        parent: Any = tree
        try:
            for key in path[:-1]:
                parent = parent[key]
            parent[path[-1]] = value
        except (KeyError, IndexError, TypeError):
            continue  # an earlier change removed the parent
    started = time.process_time()
    try:
        class_pages(read(tree))
    except SettingsError as error:
        check_message(str(error), "extra.gallery")
    assert time.process_time() - started < MAX_SECONDS


@pytest.mark.parametrize("part", PARTS)
@examples(75)
@given(VALUES)
def test_arbitrary_settings_are_refused_in_one_paragraph(part: int, report: Any, tree: Any) -> None:
    report.add("settings", tried=1)
    with pytest.raises(SettingsError) as caught:
        read(tree)
    check_message(str(caught.value))


@pytest.mark.parametrize("part", PARTS)
@examples(150)
@given(st.text(max_size=60) | st.lists(TERMS, max_size=9).map("".join))
def test_a_target_is_refused_or_has_one_canonical_form(part: int, report: Any, text: str) -> None:
    report.add("targets", tried=1)
    try:
        target = parse(text)
    except ActmaxError as error:
        check_message(str(error))
        return
    assert parse(str(target)) == target
    assert str(parse(str(target))) == str(target)


@pytest.mark.parametrize("part", PARTS)
@examples(100)
@given(
    st.sampled_from(sorted(METHODS)),
    st.dictionaries(st.sampled_from(sorted(Recipe.model_fields)) | st.text(max_size=9), SCALARS, max_size=3),
)
def test_a_recipe_is_refused_or_survives_a_round_trip_through_json(
    part: int, report: Any, method: str, changes: dict[str, Any]
) -> None:
    report.add("recipes", tried=1)
    required = {"network": "compact", "weights": "0123456789abcdef", "target": "fc8:340"}
    own = {key: value for key, value in changes.items() if key not in required}
    try:
        recipe = compose(method, own, **required)
    except ActmaxError as error:
        check_message(str(error))
        return
    copied = Recipe(**json.loads(json.dumps(recipe.model_dump(), allow_nan=False)))
    assert copied == recipe
    assert copied.digest() == recipe.digest()
