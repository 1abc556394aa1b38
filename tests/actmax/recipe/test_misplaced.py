"""A field of a recipe that is given at the wrong place: the error says where it belongs."""

from __future__ import annotations

import dataclasses
import inspect
from typing import Any

import pytest
from recipes import NEEDED, OTHER

import actmax
from actmax.errors import UnknownNameError
from actmax.recipe import RENAMED, Recipe
from actmax.recipe.misplaced import IN_METHODS

PLACES: dict[str, Any] = {
    "ascend": lambda **named: actmax.ascend(None, "zebra", **named),  # type: ignore[arg-type]
    "grid": lambda **named: actmax.grid(None, "cat.jpg", "conv5", **named),  # type: ignore[arg-type]
    "Method": actmax.Method,
}
ARGUMENTS = {
    "ascend": set(inspect.signature(actmax.ascend).parameters),
    "grid": set(inspect.signature(actmax.grid).parameters),
    "Method": {part.name for part in dataclasses.fields(actmax.Method)},
}


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("field", sorted({*Recipe.model_fields, *RENAMED, "seeds", "transforms", "callback"}))
def test_the_error_says_where_an_argument_belongs(place: str, field: str) -> None:
    if field in ARGUMENTS[place]:
        return
    with pytest.raises(UnknownNameError) as refusal:
        PLACES[place](**{field: OTHER.get(field, 1)})
    message = str(refusal.value)
    assert message.startswith(f"{field!r} ")
    if (now := RENAMED.get(field, field)) in IN_METHODS:
        assert f"belongs to the method: actmax.method('smooth', {now}=" in message
    else:
        assert "actmax." in message


def test_the_example_of_an_error_runs() -> None:
    with pytest.raises(UnknownNameError) as refusal:
        actmax.ascend(None, "zebra", steps=2)  # type: ignore[call-arg, arg-type]
    assert str(refusal.value) == "'steps' belongs to the method: actmax.method('smooth', steps=2)."
    assert actmax.method("smooth", steps=2).steps == 2


def test_an_argument_that_belongs_nowhere_is_answered_by_the_nearest() -> None:
    with pytest.raises(UnknownNameError, match=r"There is no argument 'sedes'\. Did you mean 'seeds'\?"):
        actmax.ascend(None, "zebra", sedes=[1])  # type: ignore[call-arg, arg-type]
    with pytest.raises(UnknownNameError, match=r"There is no argument 'transform'\. Did you mean 'transforms'\?"):
        dataclasses.replace(actmax.Method(), transform=[])  # type: ignore[call-arg]


@pytest.mark.parametrize("field", sorted(Recipe.model_fields))
def test_a_field_changes_a_named_method_or_is_refused(field: str) -> None:
    method = "yosinski" if NEEDED.get(field, {}).get("parameterization") == "pixels" else "robust"
    given = {name: value for name, value in NEEDED.get(field, {}).items() if name in IN_METHODS}
    if method == "yosinski":
        given = {"blur_every": 1} | {name: value for name, value in given.items() if name == "blur"}
    if field in IN_METHODS:
        assert isinstance(actmax.method(method, **given | {field: OTHER[field]}), actmax.Method)
    else:
        with pytest.raises(UnknownNameError, match=f"^'{field}' "):
            actmax.method(method, **{field: OTHER[field]})


def test_a_method_may_keep_features_of_the_image_that_it_will_start_from() -> None:
    method = actmax.method("smooth", feature_weight=0.5, feature_layer="conv3")
    assert len(method.relative_penalties) == 1 + len(actmax.method("smooth").relative_penalties)
