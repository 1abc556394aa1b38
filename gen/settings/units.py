"""Which channels an author asks for: words such as `all` and `0-31` -> numbers, as soon as a layer is known."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from actmax.errors import did_you_mean, quoted
from gen.settings.schema import KEY, Settings, SettingsError

_RANGE = re.compile(r"(\d{1,9})(?:\s*[-…]\s*(\d{1,9}))?", re.ASCII)


@dataclass(frozen=True)
class Span:
    """Channels from one to another, both of them included."""

    first: int
    last: int


Wanted = Mapping[str, Sequence[Span] | None]
"""By layer the channels that are asked for; None: all of them."""


def wanted(settings: Settings) -> Wanted | None:
    """What is asked for, as far as it can be told without a network; None: all channels of all layers.

    Raises:
        SettingsError: a word that means no channels; the message names the key.
    """
    units = settings.units
    if units is None:
        return {}
    if units == "all" or units.layers == "all":
        return None
    return {layer: spans(numbers, f"{KEY}.units.layers.{layer}") for layer, numbers in units.layers.items()}


def spans(numbers: object, key: str) -> list[Span] | None:
    """The channels that an author's words stand for; None: all of them.

    Raises:
        SettingsError: a word that means no channels.
    """
    if numbers == "all":
        return None
    found = []
    for word in numbers if isinstance(numbers, list) and numbers else [numbers]:
        written = span(str(word))
        if written is None or written.first > written.last:
            raise SettingsError(
                f"{key} in mkdocs.yml is {quoted(word)}: write all, a channel such as 117, a range such as 0-31, or a "
                "list of those."
            )
        found.append(written)
    return found


def span(word: str) -> Span | None:
    """``0-31`` -> from 0 to 31, ``117`` -> that alone; None: it is neither."""
    match = _RANGE.fullmatch(word.strip())
    return Span(int(match[1]), int(match[2] or match[1])) if match else None


def numbered(asked: Wanted | None, channels: Mapping[str, int], title: str) -> dict[str, list[int]]:
    """By layer, from the image on, the numbers of the channels that are asked for, each once.

    Args:
        asked: of the settings.
        channels: by layer of the network, how many there are.
        title: of the network, for messages.

    Raises:
        SettingsError: a layer or a channel that the network does not have.
    """
    if asked is None:
        return {layer: list(range(count)) for layer, count in channels.items()}
    for layer in asked:
        if layer not in channels:
            raise SettingsError(
                f"{KEY}.units.layers in mkdocs.yml names {quoted(layer)}, and {title} has no layer of that name whose "
                f"channels could be drawn. {did_you_mean(layer, channels)}"
            )
    return {layer: _numbers(layer, asked[layer], count) for layer, count in channels.items() if layer in asked}


def _numbers(layer: str, spans: Sequence[Span] | None, count: int) -> list[int]:
    if spans is None:
        return list(range(count))
    for span in spans:
        if span.last >= count:
            raise SettingsError(
                f"{KEY}.units.layers.{layer} in mkdocs.yml asks for channel {span.last}: {layer} has {count}, counted "
                "from 0."
            )
    return sorted({number for span in spans for number in range(span.first, span.last + 1)})
