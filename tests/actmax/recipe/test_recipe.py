"""A recipe describes a drawing completely; its digest is stable, and impossible values are refused."""

from __future__ import annotations

import json
import math
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from pin import missing
from pydantic import ValidationError
from recipes import GIVEN, NEEDED, OTHER, changed, robust, unchanged

from actmax.errors import ActmaxError, RecipeError, UnknownNameError
from actmax.recipe import ACCENTUATION, ALGORITHM, METHODS, OVERRIDABLE, Recipe, accentuation, compose
from actmax.recipe.recipe import NEEDS, OWNERS

PINNED: list[dict[str, Any]] = json.loads(Path(__file__).with_name("digests.json").read_text("utf-8"))
"""Recipes with their digests: if one changed, every store would be drawn again, and every image would change its
address. ``python tests/shared/pin.py`` adds lines; none may be changed."""


def test_recipes_of_every_method_and_with_every_field_are_pinned() -> None:
    assert missing(PINNED) == [], "python tests/shared/pin.py adds them"
    assert len({pinned["digest"] for pinned in PINNED}) == len(PINNED)


@pytest.mark.parametrize("pinned", PINNED, ids=lambda pinned: pinned["digest"])
def test_the_digest_of_a_recipe_never_changes(pinned: dict[str, Any]) -> None:
    assert Recipe(**pinned["recipe"]).digest() == pinned["digest"]


@pytest.mark.parametrize("method", METHODS)
def test_a_field_that_is_added_later_leaves_every_older_digest_as_it_was(method: str) -> None:
    class Later(Recipe):
        penalty: float = 0.0

    older = compose(method, **GIVEN)
    later = Later(**older.model_dump())
    assert later.digest() == older.digest()
    assert Later(**older.model_dump(), penalty=0.1).digest() != older.digest()


def test_the_revision_of_the_arithmetic_is_always_part_of_the_identity() -> None:
    # Its default changes: without it an older drawing would pass for a new one.
    assert robust().identity()["algorithm"] == ALGORITHM


def test_a_recipe_can_be_made_again_from_its_identity() -> None:
    for pinned in PINNED:
        recipe = Recipe(**pinned["recipe"])
        assert Recipe(**recipe.identity()) == recipe


def test_the_digest_is_the_same_in_another_process() -> None:
    code = (
        "import sys; from actmax.recipe import compose;"
        f"print(compose('robust', **{GIVEN!r}).digest(), 'torch' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == [robust().digest(), "False"]


def test_the_tests_have_another_value_for_every_field() -> None:
    assert set(OTHER) == set(Recipe.model_fields), "add the field to OTHER in tests/shared/recipes.py"


@pytest.mark.parametrize("field", Recipe.model_fields)
def test_the_digest_changes_with(field: str) -> None:
    before, after = unchanged(field).model_dump(), changed(field).model_dump()
    assert {name for name in before if before[name] != after[name]} == {field}
    assert changed(field).digest() != unchanged(field).digest()


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ({"target": "fc8:340"}, {"target": " fc8:340 "}),
        ({"target": "fc8:340"}, {"target": "+fc8:340"}),
        ({"target": "fc8:340"}, {"target": "1*fc8:340"}),
        ({"target": "fc8:340"}, {"target": "fc8:0340"}),
        ({"target": "conv5:12@3,7"}, {"target": "conv5:12@3, 7"}),
        ({"target": "fc8:3"}, {"target": "fc8:3@center"}),
        ({"target": "fc8:3"}, {"target": "logits:3"}),
        ({"target": "conv5:12"}, {"target": "conv5:12", "margin_weight": 0.5}),
        ({"target": "fc8"}, {"target": "fc8", "margin_weight": 0.5}),
        ({"target": "fc8:1 - fc8:2"}, {"target": "fc8:1 - fc8:2", "margin_weight": 0.5}),
        ({"target": "fc8:340 - 0.5*fc8:292"}, {"target": "fc8:340-0.50 * fc8:292"}),
        ({"step_size": 1}, {"step_size": 1.0}),
        ({}, METHODS["robust"]),
        ({}, {"seed": 0, "size": 224, "precision": "auto"}),
    ],
)
def test_equal_drawings_have_equal_digests(first: dict[str, Any], second: dict[str, Any]) -> None:
    assert robust(**first).digest() == robust(**second).digest()


def test_a_recipe_can_be_made_again_from_its_record() -> None:
    recipe = changed("target")
    assert Recipe(**recipe.model_dump()) == recipe


def test_a_recipe_is_frozen_and_hashable() -> None:
    recipe = robust()
    assert len({recipe, robust(), changed("seed")}) == 2
    with pytest.raises(ValidationError, match="frozen"):
        recipe.steps = 3  # type: ignore[misc]


@pytest.mark.parametrize("method", METHODS)
def test_every_method_makes_a_recipe_with_its_fields(method: str) -> None:
    assert METHODS[method].items() <= compose(method, **GIVEN).model_dump().items()


def test_the_author_overrides_the_method_and_the_caller() -> None:
    recipe = compose("robust", {"steps": 9, "seed": 8}, **GIVEN, seed=7, size=64)
    assert (recipe.steps, recipe.seed, recipe.size) == (9, 8, 64)


def test_a_method_cannot_be_changed() -> None:
    robust(steps=9)
    assert robust().steps == METHODS["robust"]["steps"] == 256
    with pytest.raises(TypeError):
        METHODS["robust"]["steps"] = 9  # type: ignore[index]
    with pytest.raises(TypeError):
        METHODS["mine"] = {}  # type: ignore[index]


@pytest.mark.parametrize(
    ("method", "changes", "named"),
    [
        ("robst", {}, ["'robst'", "'robust'"]),
        ("erhn", {}, ["'erhn'", "Did you mean 'erhan'?"]),
        ("lucid", {}, ["'lucid'", "Allowed: erhan, generator, maco"]),
        ("robust", {"stepz": 3}, ["'stepz'", "'steps'"]),
        ("robust", {"learning_rate": 3}, ["'learning_rate'"]),
        ("robust", {"Size": 3}, ["'Size'", "'size'"]),
        ("robust", {"leak": 0.1}, ["'leak' of a recipe is now called 'relu_leak'"]),
        ("robust", {"unit_slope": True}, ["is now called 'normalize_gradient'"]),
    ],
)
def test_an_unknown_method_or_field_is_refused_with_the_nearest_name(
    method: str, changes: dict[str, Any], named: list[str]
) -> None:
    with pytest.raises(UnknownNameError) as refusal:
        compose(method, changes, **GIVEN)
    assert all(name in str(refusal.value) for name in named)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("algorithm", 0),
        ("algorithm", 10**7),
        ("steps", -5),
        ("steps", 0),
        ("steps", 2.0),
        ("steps", "256"),
        ("steps", True),
        ("steps", None),
        ("steps", 100_001),
        ("step_size", 0.0),
        ("step_size", -0.1),
        ("step_size", "0.03"),
        ("step_size", math.nan),
        ("step_size", math.inf),
        ("start_sd", -0.01),
        ("decay_power", math.nan),
        ("decay_power", -1.0),
        ("decorrelate", 1),
        ("decorrelate", "yes"),
        ("jitter", -1),
        ("jitter", 1.5),
        ("scale", 1.0),
        ("rotate", 180.5),
        ("seed", -1),
        ("seed", 2**63),
        ("size", 0),
        ("size", 15),
        ("size", 2049),
        ("size", [224, 224]),
        ("precision", "fp16"),
        ("parameterization", "wavelet"),
        ("optimizer", "sgd"),
        ("network", None),
        ("target", 340),
    ],
)
def test_an_impossible_value_is_refused_with_field_and_value(field: str, value: object) -> None:
    with pytest.raises(RecipeError) as refusal:
        robust(**{field: value})
    message = str(refusal.value)
    assert message.startswith(f"{field}: ")
    assert message.endswith(f"not {value!r}")
    assert "\n" not in message


def test_all_impossible_values_are_named_in_one_message() -> None:
    with pytest.raises(RecipeError, match=r"steps: .* not -1; .*seed: .* not -2"):
        robust(steps=-1, seed=-2)


def test_a_target_that_cannot_be_parsed_is_refused() -> None:
    with pytest.raises(RecipeError, match="'the zebra' is not a target"):
        robust(target="the zebra")


def test_missing_fields_are_named() -> None:
    with pytest.raises(RecipeError) as refusal:
        compose("robust", network="compact", target="fc8:340")
    assert str(refusal.value) == "weights: field required"


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"steps": -5}, "steps: input should be greater than or equal to 1, not -5"),
        ({"precision": "fp16"}, "precision: input should be 'auto', 'fp32' or 'bf16', not 'fp16'"),
        ({"stepz": 3}, "A recipe has no field 'stepz'. Did you mean 'steps'"),
        ({"leak": 0.1}, "The field 'leak' of a recipe is now called 'relu_leak'."),
        ({"facet": 1}, "facet 1 is none of the 0 (facets), which are counted from 0"),
        ({"target": "conv5[3]"}, "'conv5[3]' is not a target"),
    ],
)
def test_a_recipe_that_is_made_without_a_method_is_refused_in_the_same_words(
    changes: dict[str, Any], message: str
) -> None:
    for make in (lambda: robust(**changes), lambda: Recipe(**{**robust().model_dump(), **changes})):
        with pytest.raises(ActmaxError) as refusal:
            make()
        assert str(refusal.value).startswith(message)
        assert refusal.value.__context__ is None or refusal.value.__suppress_context__
    with pytest.raises(RecipeError, match=r"^network: field required; weights: field required; target: field"):
        Recipe()  # type: ignore[call-arg]


@pytest.mark.parametrize("changes", [{"decay_power": 1.0}, {"decorrelate": True}])
def test_pixels_refuse_fields_of_fourier(changes: dict[str, Any]) -> None:
    with pytest.raises(RecipeError, match="belongs to parameterization 'fourier', not to 'pixels'"):
        compose("plain", changes, **GIVEN)


@pytest.mark.parametrize("field", OWNERS)
def test_every_field_that_one_choice_uses_is_refused_with_another(field: str) -> None:
    owner, choice = OWNERS[field]
    fitting = {**NEEDED.get(field, {}), owner: choice, field: OTHER[field] or getattr(robust(), field)}
    assert getattr(robust(**fitting), field)
    other = {"fourier": "pixels", "pixels": "phase"}[choice]
    alone = dict.fromkeys((name for name, (of, _) in OWNERS.items() if of == owner), 0) | {"decorrelate": False}
    with pytest.raises(RecipeError, match=f"{field} belongs to {owner} {choice!r}, not to {other!r}"):
        robust(**{**alone, "clip": False, field: fitting[field], owner: other})


def test_jitter_is_smaller_than_the_image() -> None:
    assert robust(size=64, jitter=63).jitter == 63
    with pytest.raises(RecipeError, match=r"jitter 64 .* size 64"):
        robust(size=64, jitter=64)


@pytest.mark.parametrize("changes", [{"steps": -5}, {"target": ""}, {"stepz": 1}, {"size": "big"}])
def test_every_refusal_is_one_that_a_person_can_put_right(changes: dict[str, Any]) -> None:
    with pytest.raises(ActmaxError):
        robust(**changes)


# From an image, and by facets.


START = "0123456789abcdef"


@pytest.mark.parametrize("start", ["0123456789abcde", "0123456789abcdef0", "0123456789ABCDEF", "photo.jpg"])
def test_a_start_image_is_named_by_its_digest(start: str) -> None:
    with pytest.raises(RecipeError, match=r"start: string should match pattern"):
        robust(start=start)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"start": START, "feature_weight": 0.5}, "feature_weight and feature_layer belong together"),
        ({"start": START, "feature_layer": "conv3"}, "feature_weight and feature_layer belong together"),
        (
            {"feature_weight": 0.5, "feature_layer": "conv3"},
            r"feature_weight keeps the features of a start image: name one \(start\)",
        ),
        ({"facet": 1}, r"facet 1 is none of the 0 \(facets\), which are counted from 0"),
        ({"facets": 3, "facet": 3}, r"facet 3 is none of the 3 \(facets\)"),
        ({"facets": 65}, "facets: input should be less than or equal to 64, not 65"),
        ({"facets": 2, "target": "conv4:3"}, "facets belong to a class, not to 'conv4:3'"),
        ({"facets": 2, "target": "fc8"}, "facets belong to a class, not to 'fc8'"),
        ({"facets": 2, "target": "fc8:340 - 0.5*fc8:292"}, "facets belong to a class, not to 'fc8:340 - "),
        ({"blur_every": 0}, "blur_every: input should be greater than or equal to 1, not 0"),
        ({"blur_anneal": True}, r"blur_anneal lets a blur fall to 0: give its standard deviation \(blur\)"),
        ({"total_variation_power": 2.0}, r"belongs to a penalty: give its weight \(total_variation_weight\)"),
        ({"blur_every": 4}, r"blur_every is the number of steps between blurs: give their standard deviation \(blur\)"),
        ({"excess_variation_limit": 0.3}, r"belongs to a penalty: give its weight \(excess_variation_weight\)"),
        ({"crop_max": 0.5}, r"the smallest \(crop\) must be above 0 and no larger, not 0"),
        ({"crop": 0.5, "crop_max": 0.25}, r"crop_max 0.25 is the size of the largest .* no larger, not 0.5"),
        ({"crop": 1.5}, "crop: input should be less than or equal to 1, not 1.5"),
        ({"clip_norm": 1.0}, "clip_norm: input should be less than 1, not 1.0"),
        (
            {"views": 2, "jitter": 0, "scale": 0.0, "rotate": 0.0},
            r"2 views of a step \(views\) would be the same: a random transform is needed, such as jitter",
        ),
    ],
)
def test_fields_that_do_not_fit_together_are_refused(changes: dict[str, Any], words: str) -> None:
    with pytest.raises(RecipeError, match=words):
        robust(**changes)


@pytest.mark.parametrize("field", sorted(NEEDED.keys() - OWNERS.keys() - {"parameterization"}))
def test_a_field_is_refused_without_the_one_that_it_needs(field: str) -> None:
    with pytest.raises(RecipeError, match=field):
        robust(**{field: OTHER[field]})
    assert field in NEEDS or field == "feature_weight"


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("part", sorted(set(NEEDS.values())))
def test_a_part_of_a_method_can_be_switched_off_by_its_field_alone(method: str, part: str) -> None:
    off = compose(method, {part: 0}, **GIVEN)
    assert not getattr(off, part)
    kept = {name for name, needed in NEEDS.items() if needed == part and name in off.identity()}
    assert not kept
    if getattr(compose(method, **GIVEN), part) == 0:
        assert off == compose(method, **GIVEN)


def test_every_method_but_the_generator_can_start_from_an_image() -> None:
    for method in METHODS:
        if METHODS[method]["parameterization"] != "generator":
            assert compose(method, accentuation(START), **GIVEN).start == START
    with pytest.raises(RecipeError, match=r"a generator cannot start from an image \(start\): pixels, fourier and"):
        compose("generator", {"start": START}, **GIVEN)


def test_an_accentuation_is_a_method_from_an_image_whose_features_stay() -> None:
    assert accentuation(START) == {**ACCENTUATION, "start": START}
    assert set(ACCENTUATION) < set(OVERRIDABLE)
    usual, changed = compose("smooth", **GIVEN), compose("smooth", accentuation(START), **GIVEN)
    assert (changed.start, changed.feature_weight, changed.feature_layer) == (START, 0.5, "conv3")
    assert changed.steps == usual.steps
    assert changed.step_size < usual.step_size


@pytest.mark.parametrize(("weight", "expected"), [(0.0, (0.0, "")), (2.0, (2.0, "conv3")), (None, (0.5, "conv3"))])
def test_the_weight_of_an_accentuation_can_be_chosen(weight: float | None, expected: tuple[float, str]) -> None:
    recipe = compose("smooth", accentuation(START, weight), **GIVEN)
    assert (recipe.feature_weight, recipe.feature_layer) == expected
