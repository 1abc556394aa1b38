"""Whether the parts of a method are parts: what is wrong with them in a sentence, before anything runs."""

from __future__ import annotations

import inspect
import operator
from collections.abc import Callable, Sequence
from numbers import Real
from typing import Any

from actmax.errors import RecipeError, quoted

LISTS = ("transforms", "constraints", "gradients")
"""Parts that are lists of functions."""
WEIGHTED = ("penalties", "relative_penalties")
"""Lists of weights, each with a function."""
FORMS: dict[str, tuple[tuple[int, ...], str]] = {
    "params": ((2,), "the random generators and the canvas"),
    "optimizer": ((1, 2), "the views and the parameters, or as in torch.optim of a list of parameters"),
    "transforms": ((1, 2), "images, and optionally a random generator for each"),
    "constraints": ((3, 4), "the parameters, the step and the canvas, and optionally the gradient"),
    "gradients": ((1,), "the gradient"),
    "penalties": ((1,), "images"),
    "relative_penalties": ((1,), "images"),
}
"""How many arguments each part is called with, and which."""
_MAKES = frozenset({"Params", "affine", "Constraint", "ImageGradient", "Optimizer"})
"""What functions of this package return that make parts, and are none."""


def whole(name: str, value: object, least: float | None = None, most: float | None = None) -> int:
    """Return a value as a whole number.

    Raises:
        RecipeError: it is none, too small or too large.
    """
    try:
        number: int | None = operator.index(value)  # type: ignore[arg-type]
    except TypeError:
        number = None
    if number is None or isinstance(value, bool):
        raise RecipeError(f"{name} must be a whole number, not {quoted(value)}.")
    check_range(name, number, least, most)
    return number


def check_range(name: str, value: float, least: float | None = None, most: float | None = None) -> None:
    """Refuse a number that is too small or too large."""
    if least is not None and value < least:
        raise RecipeError(f"{name} must be at least {least}, not {quoted(value)}.")
    if most is not None and value > most:
        raise RecipeError(f"{name} must be at most {most}, not {quoted(value)}.")


def wholes(name: str, values: Any, least: float | None = None, most: float | None = None) -> list[int]:
    """Return values as a list of whole numbers.

    Raises:
        RecipeError: they are none, or one is too small or too large.
    """
    if isinstance(values, str) or not hasattr(values, "__iter__"):
        raise RecipeError(f"{name} is a list of whole numbers, such as {name}=[3], not {quoted(values)}.")
    return [whole(f"Each of {name}", value, least, most) for value in values]


def pair(name: str, values: Any, form: str, least: int = 0) -> tuple[int, int]:
    """Return two whole numbers, such as height and width.

    Raises:
        RecipeError: they are not of the form that is given in words, or one is too small.
    """
    try:
        first, second = values
    except (TypeError, ValueError):
        raise RecipeError(f"{name} must be {form}, not {quoted(values)}.") from None
    return whole(name, first, least), whole(name, second, least)


def listed(name: str, value: Any) -> Sequence[Any]:
    """Return a value that must be a list.

    Raises:
        RecipeError: it is none.
    """
    if isinstance(value, str) or not isinstance(value, Sequence):
        raise RecipeError(f"{name} is a list, such as {name}=[…], not {_shown(value)}.")
    return value


def check_parts(parts: dict[str, Any]) -> None:
    """Check the parts of an :class:`actmax.Method` by name.

    Raises:
        RecipeError: one is no list, function or pair as it should be, or has to be called first.
    """
    _check_function("params", parts["params"])
    _check_function("optimizer", parts["optimizer"], classes=False)
    for name in LISTS:
        for part in listed(name, parts[name]):
            _check_function(name, part)
    for name in WEIGHTED:
        for part in listed(name, parts[name]):
            if not isinstance(part, Sequence) or len(part) != 2 or not isinstance(part[0], Real):
                raise RecipeError(
                    f"{name} is a list of weights and penalties, such as {name}=[(0.25, actmax.penalties."
                    f"total_variation)], and has {_shown(part)}."
                )
            _check_function(name, part[1])


def _check_function(name: str, part: Any, classes: bool = True) -> None:
    if _is_maker(part, classes):
        raise RecipeError(f"{name} has {part.__name__}, which makes such a part: call it, {part.__name__}(…).")
    if hasattr(part, "hooks") or hasattr(part, "bind"):
        return
    if not callable(part):
        raise RecipeError(f"{name} takes functions, such as those of {_module(name)}, not {quoted(part)}.")
    counts, form = FORMS[name]
    if not any(takes(part, count, unknown=True) for count in counts):
        raise RecipeError(f"{name} has {_shown(part)}, which must be a function of {form}.")


def takes(function: Callable[..., Any], count: int, unknown: bool = False) -> bool:
    """Return whether a function can be called with so many arguments.

    Args:
        function: any.
        count: how many.
        unknown: what to return of a built-in function without a signature.
    """
    try:
        inspect.signature(function).bind(*[None] * count)
    except TypeError:
        return False
    except ValueError:
        return unknown
    return True


def _is_maker(part: Any, classes: bool = True) -> bool:
    """Whether it has to be called to make a part: a class, or a function of this package that returns one."""
    if isinstance(part, type):
        return classes
    own = str(getattr(part, "__module__", "")).startswith("actmax.")
    return own and getattr(part, "__annotations__", {}).get("return") in _MAKES


def _module(name: str) -> str:
    return f"actmax.{'penalties' if name in WEIGHTED else 'optimizers' if name == 'optimizer' else name}"


def _shown(value: Any) -> str:
    return str(getattr(value, "__name__", "")) or quoted(value)
