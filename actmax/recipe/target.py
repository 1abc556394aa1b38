"""What to maximise, as text: a class logit, a unit, a channel, a layer or a weighted group. Needs no torch.

A target is written as text, so that a recipe stays a row of scalars::

    fc8:340                  a class logit (a channel of a layer without space)
    conv5:12                 a channel: the mean of the activation over space
    conv5:12@center          a unit: the activation at the centre of the map
    conv5:12@3,7             a unit: row 3, column 7
    conv5                    a whole layer: the mean of the squared activation
    fc8:340 - 0.5*fc8:292    a weighted group of channels or units of one layer

:mod:`actmax.ascent.objectives` computes what is written here; an objective over several layers is
written as a function (:func:`actmax.ascend`).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal
from math import isfinite

from actmax.errors import RecipeError, quoted

# Lengths are bounded, so that no number is too long to be read.
_TERM = re.compile(
    r"(?:(?P<weight>\d{1,40}(?:\.\d{1,340})?)\s*\*\s*)?"
    r"(?P<layer>[A-Za-z_][\w.]{0,200})"
    r"(?::(?P<channel>\d{1,9})(?:@(?P<place>center|\d{1,9}\s*,\s*\d{1,9}))?)?",
    re.ASCII,
)

Place = str | tuple[int, int]
"""Where in the map the activation is read: ``mean`` over space, ``center``, or (row, column)."""


@dataclass(frozen=True)
class Target:
    """What a drawing maximises. ``channels`` is empty for a whole layer."""

    layer: str
    channels: tuple[tuple[int, float], ...] = ()
    """(channel, weight) of each term."""
    place: Place = "mean"

    def __str__(self) -> str:
        if not self.channels:
            return self.layer
        place = ""
        if self.place != "mean":
            place = f"@{self.place}" if isinstance(self.place, str) else "@{},{}".format(*self.place)
        text = ""
        for position, (channel, weight) in enumerate(self.channels):
            sign = ("-" if weight < 0 else "") if position == 0 else (" - " if weight < 0 else " + ")
            factor = "" if abs(weight) == 1 else f"{_plain(abs(weight))}*"
            text += f"{sign}{factor}{self.layer}:{channel}{place}"
        return text

    @property
    def unit(self) -> int | None:
        """The one channel that is asked for, or None for a layer or a group."""
        return self.channels[0][0] if len(self.channels) == 1 and self.channels[0][1] == 1 else None


def parse(text: str) -> Target:
    """Reads a target.

    Raises:
        RecipeError: the text is not a target, or mixes layers or places, which one score cannot.
    """
    parts = re.split(r"([+-])", text.strip())
    parts = parts[1:] if len(parts) > 1 and not parts[0].strip() else ["+", *parts]
    channels: list[tuple[int, float]] = []
    layers: set[str] = set()
    places: set[Place] = set()
    for sign, term in zip(parts[::2], parts[1::2], strict=True):
        match = _TERM.fullmatch(term.strip())
        if match is None:
            raise RecipeError(
                f"{quoted(text)} is not a target: write a layer and a channel such as 'fc8:340' or 'conv5:12', "
                "'conv5:12@center' for the unit at the centre, 'conv5' for a whole layer, "
                "'fc8:340 - 0.5*fc8:292' for a weighted group."
            )
        layers.add(match["layer"])
        if match["channel"] is None:
            if len(parts) > 2 or sign == "-" or match["weight"]:
                raise RecipeError(f"{quoted(text)} weighs a whole layer: only channels and units can be weighed.")
            continue
        channels.append((int(match["channel"]), _weight(sign, match["weight"], text)))
        places.add(_place(match["place"]))
    if len(layers) > 1 or len(places) > 1:
        mixed = "layer" if len(layers) > 1 else "place in it"
        raise RecipeError(f"{quoted(text)}: all terms of a target must name the same {mixed}.")
    if len({channel for channel, _ in channels}) < len(channels):
        raise RecipeError(f"{quoted(text)} names a channel twice: add its weights up.")
    return Target(layers.pop(), tuple(channels), places.pop() if places else "mean")


def _weight(sign: str, digits: str | None, text: str) -> float:
    weight = float(sign + (digits or "1"))
    if not isfinite(weight) or weight == 0:
        raise RecipeError(f"{quoted(text)}: a weight must be a finite number other than 0.")
    return weight


def _plain(number: float) -> str:
    """The shortest decimal that reads back as this number, without an exponent."""
    text = format(Decimal(repr(number)), "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def _place(text: str | None) -> Place:
    if text is None or text == "center":
        return text or "mean"
    row, column = text.split(",")
    return int(row), int(column)
