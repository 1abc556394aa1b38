"""Ranges of channels and classes, as authors write them: `all`, `117`, `0-31`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from actmax.errors import did_you_mean, quoted
from gen.settings.faults import KEY, SettingsError, fault

_RANGE = re.compile(r"(\d{1,9})(?:\s*[-…]\s*(\d{1,9}))?", re.ASCII)


@dataclass(frozen=True)
class Span:
    """Numbers from one to another, both included."""

    first: int
    last: int


Layers = Mapping[str, tuple[Span, ...] | None]
"""Channels by layer; None: all of the layer."""


def span(word: str) -> Span | None:
    """``0-31`` is from 0 to 31, ``117`` that alone; None if it is neither."""
    match = _RANGE.fullmatch(word.strip())
    return Span(int(match[1]), int(match[2] or match[1])) if match else None


def spans(numbers: object) -> tuple[Span, ...] | None:
    """The channels that an author's words name; None: all of the layer.

    Raises:
        PydanticCustomError: a word names no channels.
    """
    if numbers == "all":
        return None
    parsed = []
    for word in numbers if isinstance(numbers, list) and numbers else [numbers]:
        written = span(str(word))
        if written is None or written.first > written.last:
            raise fault(
                f"is {quoted(word)}: write all, a channel such as 117, a range such as 0-31, or a list of those."
            )
        parsed.append(written)
    return tuple(parsed)


def numbered(layers: Layers | None, counts: Mapping[str, int], title: str) -> dict[str, list[int]]:
    """By layer, from the image on, the numbers of the channels, each once.

    Args:
        layers: of the settings; None: all channels of all layers.
        counts: how many channels each layer of the network has.
        title: of the network, for messages.

    Raises:
        SettingsError: a layer or a channel that the network does not have.
    """
    if layers is None:
        return {layer: list(range(count)) for layer, count in counts.items()}
    for layer in layers:
        if layer not in counts:
            raise SettingsError(
                f"{KEY}.units.layers in mkdocs.yml names {quoted(layer)}, and {title} has no layer of that name whose "
                f"channels could be drawn. {did_you_mean(layer, counts)}"
            )
    return {layer: _numbers(layer, layers[layer], count) for layer, count in counts.items() if layer in layers}


def _numbers(layer: str, spans: tuple[Span, ...] | None, count: int) -> list[int]:
    if spans is None:
        return list(range(count))
    for span in spans:
        if span.last >= count:
            raise SettingsError(
                f"{KEY}.units.layers.{layer} in mkdocs.yml has channel {span.last}: {layer} has {count}, counted "
                "from 0."
            )
    return sorted({number for span in spans for number in range(span.first, span.last + 1)})
