"""Targets as people write them, with classes by name: ``zebra + 0.5*tiger``. Needs no torch."""

from __future__ import annotations

import re
from collections.abc import Collection

from actmax.errors import RecipeError, UnknownNameError, quoted
from actmax.networks.cards import LOGITS
from actmax.networks.class_set import ClassSet
from actmax.networks.layers import misnamed
from actmax.recipe.misread import names_several_channels, refusal, several
from actmax.recipe.target import Target, parse

_SIGNS = re.compile(r"(^-|\s+[+-]\s+)")
"""Signs need spaces around them, but for the first, since a class name may contain hyphens."""
_WORD = re.compile(r"[^\W\d_]+|\d+|n\d{8}")
"""A misspelled class, since names of layers contain both letters and digits, or dots; or a WNID."""
_LAYER = re.compile(r"\w[\w.-]*+(?=\s*[^\w\s]|\s+\d)", re.ASCII)
"""The layer of ``conv5[3]`` or ``conv5 3``, but not the first word of a class such as ``head cabbage``."""
_DANGLING = re.compile(r"[-+*:@].*|.*[-+*:@]", re.DOTALL)
"""A term with a sign too many, as in ``zebra +``: a class's name ignores signs, and its target would not."""
_SEPARATORS = re.compile(r"\s*[+,;&]\s*")
"""Between classes that somebody wrote one after the other."""


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
    if isinstance(text, int) or classes.has_name(text):
        return parse(f"{output}:{classes.resolve(text).index}")
    unknown = None
    of_layer = False
    parts = _SIGNS.split(text.strip())
    for index in range(0, len(parts), 2):
        if len(parts) > 1 and not parts[index]:  # before a leading minus
            continue
        weight, times, name = parts[index].rpartition("*")
        name = name.strip()
        if times and not name:
            raise _unfinished(text, classes)
        if name in layers and not classes.has_name(name):
            continue
        try:
            label = classes.resolve(name)
            bare = name.removeprefix("+") if index == 0 and not times else name
            if _DANGLING.fullmatch(bare) and name.casefold() != label.name.casefold():
                raise _unfinished(text, classes)
            parts[index] = f"{weight}{times}{output}:{label.index}"
        except UnknownNameError as error:
            unknown, of_layer = unknown or error, of_layer or ":" in parts[index] or begins_with_layer(name, layers)
            if _WORD.fullmatch(name):
                raise
    try:
        return parse("".join(parts))
    except RecipeError as error:
        near = _near(text.strip(), classes, (output, LOGITS, *layers))
        raise (near or (error if of_layer or unknown is None else unknown)) from None


def begins_with_layer(text: str, layers: Collection[str]) -> bool:
    """Whether a text begins with the name of a layer, and goes on with a sign or a number, as ``conv5[3]`` does."""
    first = _LAYER.match(text)
    return first is not None and first[0] in layers


def _unfinished(text: str, classes: ClassSet) -> RecipeError:
    """Return the error for a text with a sign too many, or a term too few."""
    bare = text.strip().rstrip("-+*:@ ")
    if len(classes.find(bare)) == 1 and not _DANGLING.fullmatch(bare):
        return RecipeError(f"{quoted(text)} is not a target. Did you mean {bare!r}?")
    return RecipeError(
        f"{quoted(text)} is not a target: it has a sign too many, or a term too few. Write one sign between two terms, "
        "and none after the last, as in 'zebra + 0.5*tiger'."
    )


def _near(text: str, classes: ClassSet, layers: Collection[str]) -> RecipeError | None:
    """Return the error for classes, or a range, that are written as no target is; None if it is something else."""
    if fault := misnamed(text, layers):
        return RecipeError(fault)
    if names_several_channels(text):
        return RecipeError(refusal(text))
    layer, _, word = text.partition(":")
    if layer in layers and re.search(r"[^\W\d]", word) and len(classes.find(word)) == 1:
        return RecipeError(f"{quoted(text)} is not a target. Did you mean {word.strip()!r}?")
    parts = _SEPARATORS.split(text)
    if len(parts) < 2 or any(len(classes.find(part)) != 1 for part in parts):
        return None
    if "+" in text:
        return RecipeError(f"{quoted(text)} is not a target. Did you mean {' + '.join(parts)!r}?")
    return RecipeError(several(text, parts, "classes"))
