"""Targets as people write them, with classes by name: ``zebra + 0.5*tiger``. Needs no torch."""

from __future__ import annotations

import re
from collections.abc import Collection

from actmax.errors import RecipeError, UnknownNameError
from actmax.networks.class_set import ClassSet
from actmax.recipe.target import Target, parse

_SIGNS = re.compile(r"(^-|\s+[+-]\s+)")
"""Signs need spaces around them, but for the first, since a class name may contain hyphens."""
_WORD = re.compile(r"[^\W\d_]+|\d+|n\d{8}")
"""A misspelled class, since names of layers contain both letters and digits, or dots; or a WNID."""


def read_target(text: str | int, classes: ClassSet, output: str, layers: Collection[str] = ()) -> Target:
    """Return a target, in which terms may also be classes, as :meth:`ClassSet.resolve` takes them.

    Args:
        text: such as ``zebra``, 340, ``conv5:12`` or ``zebra + 0.5*tiger``.
        classes: of the network.
        output: the layer of logits.
        layers: names that are layers and, but for the exact name of a class, no classes.

    Raises:
        UnknownNameError: a word is no class, or may mean several.
        RecipeError: it is no target.
    """
    unknown = None
    is_target = False
    parts = _SIGNS.split(str(text).strip())
    for index in range(0, len(parts), 2):
        if len(parts) > 1 and not parts[index]:  # before a leading minus
            continue
        weight, times, name = parts[index].rpartition("*")
        name = name.strip()
        if isinstance(text, str) and name in layers and not classes.has_name(name):
            continue
        try:
            parts[index] = f"{weight}{times}{output}:{classes.resolve(text if isinstance(text, int) else name).index}"
        except UnknownNameError as error:
            unknown, is_target = unknown or error, is_target or ":" in name
            if _WORD.fullmatch(name):
                raise
    try:
        return parse("".join(parts))
    except RecipeError as error:
        raise (error if is_target or unknown is None else unknown) from None
