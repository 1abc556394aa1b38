"""Whether the arguments of functions that make objectives and parts of methods are of the kinds that they name."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from functools import wraps
from numbers import Real
from typing import Any, TypeVar

from torch import Tensor

from actmax.ascent.checks import check_range, pair, takes, whole
from actmax.errors import RecipeError, quoted

LARGEST = 1e38
"""The largest number that is taken, near that of float32. Rotating by infinity crashes Python (torch 2.14)."""
F = TypeVar("F", bound=Callable[..., Any])


def checked(**bounds: tuple[float, float]) -> Callable[[F], F]:
    """Let a function or a dataclass refuse a value that its annotation does not allow (:data:`KINDS`).

    Args:
        **bounds: the least and the largest value of some of its arguments.

    >>> @checked(part=(0, 1))
    ... def keep(part: float) -> float:
    ...     return part
    >>> keep(2.0)
    Traceback (most recent call last):
        ...
    actmax.errors.RecipeError: keep: part must be at most 1, not 2.0.
    """

    def decorate(part: Any) -> Any:
        if isinstance(part, type):
            made: Any = part
            made.__init__ = _checked(made.__init__, part, bounds)
            return part
        return _checked(part, part, bounds)

    return decorate


def _checked(function: Any, part: Any, bounds: dict[str, tuple[float, float]]) -> Callable[..., Any]:
    signature = inspect.signature(function)
    kinds = {name: str(parameter.annotation) for name, parameter in signature.parameters.items()}
    purpose = (part.__doc__ or "").partition("\n")[0]

    @wraps(function)
    def called(*arguments: Any, **named: Any) -> Any:
        try:
            given = signature.bind(*arguments, **named).arguments
        except TypeError:
            return function(*arguments, **named)  # Python's error names the function
        for name, value in given.items():
            kind = kinds[name].removesuffix(" | None")
            check = KINDS.get(kind.partition("[")[0])
            if check is None or (value is None and kind != kinds[name]):
                continue
            try:
                check(f"{part.__name__}: {name}", value, *bounds.get(name, ()))
            except RecipeError as error:
                # Where lucid takes a range: what does the one number mean?
                explained = isinstance(value, list | tuple | range) and purpose.endswith(".")
                raise RecipeError(f"{error} {purpose}" if explained else str(error)) from None
        return function(*arguments, **named)

    return called


def _number(name: str, value: Any, least: float = -LARGEST, most: float = LARGEST) -> None:
    is_number = isinstance(value, Real) or (isinstance(value, Tensor) and value.ndim == 0)
    if not is_number or isinstance(value, bool) or value != value:
        raise RecipeError(f"{name} must be a number, not {quoted(value)}.")
    check_range(name, value, least, most)


def _pair(name: str, value: Any, least: int = 0, _most: float | None = None) -> None:
    pair(name, value, "two whole numbers, such as (3, 7)", least)


def _name(name: str, value: Any) -> None:
    if not isinstance(value, str):
        raise RecipeError(f"{name} must be a name, not {quoted(value)}.")


def _table(name: str, value: Any) -> None:
    if not isinstance(value, Mapping):
        raise RecipeError(f"{name} must be a dictionary by name, not {quoted(value)}.")


def _function(name: str, value: Any) -> None:
    if not callable(value) or not takes(value, 1, unknown=True):
        raise RecipeError(f"{name} must be a function of one argument, not {quoted(value)}.")


KINDS: dict[str, Callable[..., object]] = {
    "int": whole,
    "float": _number,
    "tuple": _pair,
    "str": _name,
    "Mapping": _table,
    "Callable": _function,
    "TorchOptimizer": _function,
}
"""The check of an argument, by its annotation."""
