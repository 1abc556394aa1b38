"""What can go wrong in a way that a person can put right: one tree of errors, and the words for it."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


class ActmaxError(Exception):
    """A fault that a person can put right.

    The message is one paragraph: what was wrong, where it stood, and what to do. It is shown
    without a traceback.
    """


class UnknownNameError(ActmaxError):
    """A class, layer, network, method or key that does not exist."""


class RecipeError(ActmaxError):
    """A recipe that asks for something impossible."""


class WeightsError(ActmaxError):
    """Weights that are absent, damaged, or made for another network."""


class StoreError(ActmaxError):
    """A store, or an output file, that cannot be written or read."""


def did_you_mean(name: str, allowed: Iterable[str], most: int = 3) -> str:
    """The sentence that names the nearest valid choices, or lists a few where none is near.

    >>> did_you_mean("zebre", ["zebra", "tiger"])
    "Did you mean 'zebra'?"
    """
    choices = sorted(set(allowed))
    folded = {choice.casefold(): choice for choice in choices}
    near = [folded[key] for key in difflib.get_close_matches(name.casefold(), folded, most, 0.6)]
    if near:
        return f"Did you mean {' or '.join(repr(choice) for choice in near)}?"
    shown = ", ".join(choices[:12]) + (", …" if len(choices) > 12 else "")
    return f"Allowed: {shown}."
