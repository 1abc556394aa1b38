"""Names of layers: those that a target can hold, and the errors for others. Needs no torch."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence

from actmax.errors import UnknownNameError, did_you_mean, quoted
from actmax.networks.class_set import class_set

NAME = r"\w[\w.-]{0,200}+"
"""A layer's name in a target, where other signs have a meaning; of ASCII."""


def in_target(layer: str) -> bool:
    """Return whether a target can hold a layer's name, of which PyTorch forbids none but those with a dot."""
    return re.fullmatch(NAME, layer, re.ASCII) is not None


def names_in_targets(layer: str = "") -> str:
    """Return the sentence on a name that no target can hold.

    >>> print(names_in_targets("my layer"))
    In a target a layer's name has only ASCII letters, digits, '_', '.' and '-', and does not begin with '.' or '-'. \
In Python, actmax.objectives.channel('my layer', index) takes any name.
    """
    return (
        "In a target a layer's name has only ASCII letters, digits, '_', '.' and '-', and does not begin with '.' or "
        f"'-'. In Python, actmax.objectives.channel({repr(layer) if layer else 'name'}, index) takes any name."
    )


def misnamed(text: str, layers: Collection[str]) -> str:
    """Return what to say of a text that is no target because of a layer's name in it; empty if it has none such."""
    found = max((layer for layer in layers if layer and layer in text and not in_target(layer)), key=len, default="")
    return f"{quoted(text)} is not a target. {names_in_targets(found)}" if found else ""


def unknown_layer(
    title: str, name: str, layers: Collection[str], output: str, names: Sequence[str]
) -> UnknownNameError:
    """Return the error, with the nearest layer, or with the channel or the class that was probably meant.

    Args:
        title: of the network.
        name: of the layer.
        layers: that the network has.
        output: the layer of logits.
        names: of its classes, if they are known.

    >>> print(unknown_layer("The network", "conv5.3", ["conv4", "conv5"], "fc8", ()))
    The network has no layer 'conv5.3'. Did you mean 'conv5:3'?
    """
    longer = next((layer for layer in layers if name and name in layer and not in_target(layer)), "")
    written = re.fullmatch(r"((.+)[._-])(\d{1,9})", name)
    is_number = name.isdecimal() and any(map(str.isdecimal, layers))  # as layers of an nn.Sequential are
    of_name = class_set(names).find(name) if names and not is_number else ()
    if written and written[2] in layers and not any(layer.startswith(written[1]) for layer in layers):
        near = f"Did you mean {f'{written[2]}:{written[3]}'!r}?"
    elif len(of_name) == 1:
        near = f"Did you mean {f'{output}:{of_name[0].index}'!r}?"
    elif longer and in_target(name):  # what was cut out of it
        near = f"Its layer {longer!r} is no target. {names_in_targets(longer)}"
    else:
        near = did_you_mean(name, layers)
    return UnknownNameError(f"{title} has no layer {quoted(name)}. {near}")
