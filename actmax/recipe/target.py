"""What to maximise: a class logit, a unit, a channel, a layer or a weighted group, as one score per image.

A target is written as text, so that a recipe stays a row of scalars::

    fc8:340                  a class logit (a channel of a layer without space)
    conv5:12                 a channel: the mean of the activation over space
    conv5:12@center          a unit: the activation at the centre of the map
    conv5:12@3,7             a unit: row 3, column 7
    conv5                    a whole layer: the mean of the squared activation
    fc8:340 - 0.5*fc8:292    a weighted group of channels or units of one layer

Scores are taken before the softmax: a probability can also rise by pushing all other classes down
(Simonyan et al. 2013, section 2).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from actmax.errors import RecipeError

if TYPE_CHECKING:
    from torch import Tensor

_TERM = re.compile(
    r"(?:(?P<weight>\d+(?:\.\d+)?)\s*\*\s*)?"
    r"(?P<layer>[A-Za-z_][\w.]*)"
    r"(?::(?P<channel>\d+)(?:@(?P<place>center|\d+\s*,\s*\d+))?)?"
)

Place = str | tuple[int, int]
"""Where in the map the activation is read: ``mean`` over space, ``center``, or (row, column)."""


@dataclass(frozen=True)
class Target:
    """What a drawing maximises. ``channels`` is empty for a whole layer."""

    layer: str
    channels: tuple[tuple[int, float], ...] = ()
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
            size = "" if abs(weight) == 1 else f"{abs(weight):.12f}".rstrip("0").rstrip(".") + "*"
            text += f"{sign}{size}{self.layer}:{channel}{place}"
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
                f"{text!r} is not a target: write a layer and a channel such as 'fc8:340' or 'conv5:12', "
                "'conv5:12@center' for the unit at the centre, 'conv5' for a whole layer, "
                "'fc8:340 - 0.5*fc8:292' for a weighted group."
            )
        layers.add(match["layer"])
        if match["channel"] is None:
            if len(parts) > 2 or sign == "-" or match["weight"]:
                raise RecipeError(f"{text!r} weighs a whole layer: only channels and units can be weighed.")
            continue
        channels.append((int(match["channel"]), float(sign + (match["weight"] or "1"))))
        places.add(_place(match["place"]))
    if len(layers) > 1 or len(places) > 1:
        raise RecipeError(f"{text!r} mixes {'layers' if len(layers) > 1 else 'places'}: a group is of one.")
    if len({channel for channel, _ in channels}) < len(channels):
        raise RecipeError(f"{text!r} names a channel twice: add its weights up.")
    return Target(layers.pop(), tuple(channels), places.pop() if places else "mean")


def _place(text: str | None) -> Place:
    if text is None or text == "center":
        return text or "mean"
    row, column = text.split(",")
    return int(row), int(column)


def score(targets: list[Target], activations: Tensor) -> Tensor:
    """One score per image; each image has its own target, all of one layer and one place.

    Args:
        targets: one for each image, B of them.
        activations: the layer's output, (B, C) or (B, C, H, W), any float type, any range.

    Returns:
        (B,), float32. A score depends on its own image alone: the weights of all other channels
        are exact zeros.

    Raises:
        RecipeError: a channel or place that the layer does not have.
    """
    first = targets[0]
    if not first.channels:
        return activations.float().square().flatten(1).mean(1)
    values = read(first, activations).float()
    weights = values.new_zeros(values.shape)
    for image, target in enumerate(targets):
        for channel, weight in target.channels:
            if channel >= values.shape[1]:
                raise RecipeError(
                    f"{target.layer} has {values.shape[1]} channels: {channel} is not one of 0…{values.shape[1] - 1}."
                )
            weights[image, channel] = weight
    return (values * weights).sum(1)


def read(target: Target, activations: Tensor) -> Tensor:
    """(B, C, H, W) or (B, C) -> (B, C), at the target's place.

    Raises:
        RecipeError: a place that the layer does not have.
    """
    if activations.ndim == 2:
        if isinstance(target.place, tuple):
            raise RecipeError(f"{target.layer} has no space: '{target}' names a place in it.")
        return activations
    if target.place == "mean":
        return activations.mean((2, 3))
    height, width = activations.shape[2:]
    row, column = (height // 2, width // 2) if isinstance(target.place, str) else target.place
    if row >= height or column >= width:
        raise RecipeError(f"{target.layer} is {height} × {width} here: '{target}' lies outside it.")
    return activations[:, :, row, column]
