"""Where an argument belongs that was given elsewhere: steps to the method, a seed to the images. Needs no torch."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable
from functools import wraps
from typing import ParamSpec, TypeVar

from actmax.errors import UnknownNameError, did_you_mean, quoted
from actmax.recipe.methods import DEFAULT, OVERRIDABLE
from actmax.recipe.renamed import RENAMED

P = ParamSpec("P")
R = TypeVar("R")

IN_METHODS = (*(name for name in OVERRIDABLE if name not in ("start", "canvas")), "precision")
"""Fields of recipes that make up an :class:`actmax.Method`."""
_PARTS = ("params", "transforms", "penalties", "relative_penalties", "constraints", "gradients")
ELSEWHERE = {
    **dict.fromkeys(_PARTS, "is a part of a method: actmax.Method({0}=…)"),
    **dict.fromkeys(
        ("n", "seeds", "start", "size", "device", "callback", "frames"),
        "is an argument of actmax.ascend, beside the method",
    ),
    "seed": "is one for each image: give actmax.ascend the argument seeds=[…]",
    "target": "is the objective, the second argument of actmax.ascend",
    "network": "is the first argument of actmax.ascend, from actmax.load or actmax.wrap",
    "weights": "belongs to the network: actmax.load(network, weights)",
    "canvas": "belongs to a recipe (actmax.compose); here, draw at a smaller size",
    "algorithm": "belongs to a recipe (actmax.compose)",
}
"""What else the arguments of Python's functions are."""


def misplaced(name: str, value: object, allowed: Iterable[str]) -> UnknownNameError:
    """Return the error for an argument that a function does not have: where it belongs, or the nearest names.

    >>> print(misplaced("steps", 2, ["n", "seeds"]))
    'steps' belongs to the method: actmax.method('smooth', steps=2).
    """
    now = RENAMED.get(name, name)
    if now in IN_METHODS:
        where = f"belongs to the method: actmax.method({DEFAULT!r}, {now}={quoted(value)})"
    elif now in ELSEWHERE:
        where = ELSEWHERE[now].format(now)
    else:
        return UnknownNameError(f"There is no argument {quoted(name)}. {did_you_mean(name, allowed)}")
    return UnknownNameError(f"{name!r} {'' if now == name else f'is now called {now!r}, and '}{where}.")


def placed(function: Callable[P, R]) -> Callable[P, R]:
    """Let a function refuse arguments that it does not have by saying where they belong."""
    allowed = list(inspect.signature(function).parameters)

    @wraps(function)
    def called(*arguments: P.args, **named: P.kwargs) -> R:
        for name, value in named.items():
            if name not in allowed:
                raise misplaced(name, value, allowed)
        return function(*arguments, **named)

    return called
