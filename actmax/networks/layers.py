"""The error for a layer that a network does not have. Needs no torch."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence

from actmax.errors import UnknownNameError, did_you_mean, quoted
from actmax.networks.class_set import class_set


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
    written = re.fullmatch(r"((.+)[._-])(\d{1,9})", name)
    is_number = name.isdecimal() and any(map(str.isdecimal, layers))  # as layers of an nn.Sequential are
    of_name = class_set(names).find(name) if names and not is_number else ()
    if written and written[2] in layers and not any(layer.startswith(written[1]) for layer in layers):
        near = f"Did you mean {f'{written[2]}:{written[3]}'!r}?"
    elif len(of_name) == 1:
        near = f"Did you mean {f'{output}:{of_name[0].index}'!r}?"
    else:
        near = did_you_mean(name, layers)
    return UnknownNameError(f"{title} has no layer {quoted(name)}. {near}")
