"""Whatever an author or a file may say: it is understood, or refused in a paragraph, soon, and never a traceback.

A short run tries some hundreds of each kind, always the same; `ACTMAX_FAULTS=whole` tries ten thousand.
"""

from __future__ import annotations

import copy
import json
import os
import time
from datetime import date
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from actmax.errors import ActmaxError
from actmax.recipe import METHODS, Recipe, compose, parse
from gen.plan import outline
from gen.settings import SettingsError, read

WHOLE = os.environ.get("ACTMAX_FAULTS") == "whole"
LONGEST = 5000
"""Letters in a message: twenty faults are listed, each with a value that is cut."""
SECONDS = 2.0
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


def tries(count: int, whole: int = 10_000) -> Any:
    """Always the same examples, as many as are asked for."""
    return settings(
        max_examples=whole if WHOLE else count,
        derandomize=True,
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
    )


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Every key and index of a tree, as the way that leads there."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [place for key, one in inner for place in [(*path, key), *places(one, (*path, key))]]


PLACES = places(VALID)


def refused(message: str, named: str = "") -> None:
    assert named in message
    assert len(message) <= LONGEST
    assert "\n" not in message
    assert "Traceback" not in message


@tries(400)
@given(st.lists(st.tuples(st.sampled_from(PLACES), VALUES), min_size=1, max_size=3))
def test_settings_are_read_or_refused_in_a_paragraph(tried: Any, changes: list[tuple[tuple[Any, ...], Any]]) -> None:
    tried.add("settings", tried=1)
    tree = copy.deepcopy(VALID)
    for path, value in changes:
        place: Any = tree
        try:
            for key in path[:-1]:
                place = place[key]
            place[path[-1]] = value
        except (KeyError, IndexError, TypeError):
            continue  # an earlier change took that place away
    started = time.process_time()
    try:
        outline(read(tree))
    except SettingsError as error:
        refused(str(error), "extra.gallery")
    assert time.process_time() - started < SECONDS


@tries(300)
@given(VALUES)
def test_whatever_stands_for_settings_is_refused_in_a_paragraph(tried: Any, tree: Any) -> None:
    tried.add("settings", tried=1)
    with pytest.raises(SettingsError) as caught:
        read(tree)
    refused(str(caught.value))


@tries(600)
@given(st.text(max_size=60) | st.lists(TERMS, max_size=9).map("".join))
def test_a_target_is_refused_or_has_one_way_to_be_written(tried: Any, text: str) -> None:
    tried.add("targets", tried=1)
    try:
        target = parse(text)
    except ActmaxError as error:
        refused(str(error))
        return
    assert parse(str(target)) == target
    assert str(parse(str(target))) == str(target)


@tries(400)
@given(
    st.sampled_from(sorted(METHODS)),
    st.dictionaries(st.sampled_from(sorted(Recipe.model_fields)) | st.text(max_size=9), SCALARS, max_size=3),
)
def test_a_recipe_is_refused_or_comes_back_from_its_json(tried: Any, method: str, changes: dict[str, Any]) -> None:
    tried.add("recipes", tried=1)
    given_fields = {"network": "compact", "weights": "0123456789abcdef", "target": "fc8:340"}
    own = {key: value for key, value in changes.items() if key not in given_fields}
    try:
        recipe = compose(method, own, **given_fields)
    except ActmaxError as error:
        refused(str(error))
        return
    again = Recipe(**json.loads(json.dumps(recipe.model_dump(), allow_nan=False)))
    assert again == recipe
    assert again.digest() == recipe.digest()
