"""What to maximize, as text: a class logit, a unit, a channel, a layer or a weighted group. Needs no torch.

A target is written as text, so that a recipe stays a row of scalars::

    fc8:340                  a class logit (a channel of a layer without space)
    conv5:12                 a channel: the mean of the activation over space
    conv5:12@center          a unit: the activation at the center of the map
    conv5:12@3,7             a unit: row 3, column 7
    conv5                    a whole layer: the mean of the squared activation
    fc8:340 - 0.5*fc8:292    a weighted group of channels or units of one layer

Layers go by the names of :meth:`actmax.Network.layers`, such as ``0``, ``features.3`` or ``block.conv-1``; a minus
between two terms needs a space where a layer's name would include it. A name of other signs than these is for
:func:`actmax.objectives.channel`. :mod:`actmax.objectives` computes targets.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from decimal import Decimal
from math import isfinite

from actmax.errors import RecipeError, UnknownNameError, quoted
from actmax.networks.cards import LOGITS, Card, card
from actmax.networks.layers import NAME
from actmax.recipe.misread import names_several_channels, refusal

# Lengths are bounded, so that no number is too long to be read; a layer's name is as long as it can be.
_TERM = re.compile(
    r"\s*(?P<sign>[+-]?)\s*(?:(?P<weight>\d{1,40}(?:\.\d{1,340})?)\s*\*\s*)?(?P<layer>"
    + NAME
    + r")(?::(?P<channel>\d{1,9})(?:@(?P<position>center|\d{1,9}\s*,\s*\d{1,9}))?)?(?=\s*(?:[+-]|$))\s*",
    re.ASCII,
)

Position = str | tuple[int, int]
"""Where in the map the activation is read: ``mean`` over space, ``center``, or (row, column)."""


@dataclass(frozen=True)
class Target:
    """What a drawing maximizes. ``channels`` is empty for a whole layer."""

    layer: str
    channels: tuple[tuple[int, float], ...] = ()
    """(channel, weight) of each term."""
    position: Position = "mean"

    def __str__(self) -> str:
        if not self.channels:
            return self.layer
        position = ""
        if self.position != "mean":
            position = f"@{self.position}" if isinstance(self.position, str) else "@{},{}".format(*self.position)
        text = ""
        for index, (channel, weight) in enumerate(self.channels):
            sign = ("-" if weight < 0 else "") if index == 0 else (" - " if weight < 0 else " + ")
            factor = "" if abs(weight) == 1 else f"{_plain(abs(weight))}*"
            text += f"{sign}{factor}{self.layer}:{channel}{position}"
        return text

    @property
    def unit(self) -> int | None:
        """The channel, if the target is a single one, or None for a layer or a group."""
        return self.channels[0][0] if len(self.channels) == 1 and self.channels[0][1] == 1 else None

    def is_class(self, network: str) -> bool:
        """Return whether it is the logit of a single class of a network, which is given by its name."""
        return self.unit is not None and self.layer in _outputs(_card(network))

    def canonical(self, network: str) -> Target:
        """Return the one target of several that mean the same for a network, which is given by its name.

        The layer of logits goes by the name on the network's card, and the center of a layer without space is the
        layer.
        """
        known = _card(network)
        target = self
        if self.layer in _outputs(known):
            target = replace(target, layer=known.output if known else LOGITS)
        elif known is None or self.layer not in known.layers or not self.layer.startswith("fc"):
            return target
        return replace(target, position="mean") if target.position == "center" else target


def _card(network: str) -> Card | None:
    try:
        return card(network)
    except UnknownNameError:  # a network of the user's own
        return None


def _outputs(known: Card | None) -> tuple[str, ...]:
    return known.outputs if known else (LOGITS,)


def parse(text: str) -> Target:
    """Parse a target.

    >>> parse("conv5:12@center")
    Target(layer='conv5', channels=((12, 1.0),), position='center')

    Raises:
        RecipeError: the text is not a target, or mixes layers or positions, which one score cannot.
    """
    channels: list[tuple[int, float]] = []
    layers: set[str] = set()
    positions: set[Position] = set()
    terms = _terms(text)
    for term in terms:
        layers.add(term["layer"])
        if term["channel"] is None:
            if names_several_channels(text):
                raise RecipeError(refusal(text))
            if len(terms) > 1 or term["sign"] == "-" or term["weight"]:
                raise RecipeError(f"{quoted(text)} weighs a whole layer: only channels and units can be weighed.")
            continue
        channels.append((int(term["channel"]), _weight(term["sign"], term["weight"], text)))
        positions.add(_position(term["position"]))
    if len(layers) > 1 or len(positions) > 1:
        mixed = "layer" if len(layers) > 1 else "position in it"
        raise RecipeError(f"{quoted(text)}: all terms of a target must name the same {mixed}.")
    if len({channel for channel, _ in channels}) < len(channels):
        raise RecipeError(f"{quoted(text)} names a channel twice: add its weights up.")
    return Target(layers.pop(), tuple(channels), positions.pop() if positions else "mean")


def _terms(text: str) -> list[re.Match[str]]:
    terms: list[re.Match[str]] = []
    end = 0
    while end < len(text) or not terms:
        match = _TERM.match(text, end)
        if match is None or (terms and not match["sign"]):
            raise RecipeError(refusal(text))
        terms.append(match)
        end = match.end()
    return terms


def _weight(sign: str, digits: str | None, text: str) -> float:
    weight = float(sign + (digits or "1"))
    if not isfinite(weight) or weight == 0:
        raise RecipeError(f"{quoted(text)}: a weight must be a finite number other than 0.")
    return weight


def _plain(number: float) -> str:
    """Return the shortest decimal that reads back as this number, without an exponent."""
    text = format(Decimal(repr(number)), "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def _position(text: str | None) -> Position:
    if text is None or text == "center":
        return text or "mean"
    row, column = text.split(",")
    return int(row), int(column)
