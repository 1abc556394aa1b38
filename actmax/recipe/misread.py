"""What was probably meant by a text that is no target: a channel, or several. Needs no torch."""

from __future__ import annotations

import re
from collections.abc import Sequence

from actmax.errors import MAX_QUOTED, quoted
from actmax.networks.layers import names_in_targets

_CHANNEL = re.compile(
    r"([+-]?\s*(?:\d{1,40}(?:\.\d{1,40})?\s*\*\s*)?\w[\w.-]*?)\s*[:\[({/#=\s]\s*(\d{1,9})\s*[\])}]?", re.ASCII
)
"""A channel as other tools write it: ``conv5[3]``, ``conv5/3``, ``conv5 3``."""
_RANGE = re.compile(
    r"(\w[\w.-]*?)\s*[:\[({/#=]\s*[\[({]?\s*(\d{1,9})\s*(?:[-–—…:,;+]|\.\.+|to)\s*(\d{1,9})[\s\d,;.…+\])}-]*", re.ASCII
)
"""Channels: ``conv5:0-3``, ``conv5[0:3]``, ``conv5:0, 1, 2``. No target is one, also where layers are numbers."""
_OTHER_NAME = re.compile(r".*:\s*\d{1,9}\s*(?:@.*)?", re.DOTALL)
"""A channel or a unit, whose layer has a name of signs that a target cannot hold."""


def refusal(text: str) -> str:
    """Return what to say of a text that is no target.

    >>> refusal("conv5[3]")
    "'conv5[3]' is not a target. Did you mean 'conv5:3'?"
    """
    if found := _range(text):
        return several(text, [f"{found[1]}:{number}" for number in found.group(2, 3)], "channels")
    if found := _match(_CHANNEL, text):
        return f"{quoted(text)} is not a target. Did you mean {f'{found[1]}:{found[2]}'!r}?"
    return (
        f"{quoted(text)} is not a target: write a layer and a channel such as 'fc8:340' or 'conv5:12', "
        "'conv5:12@center' for the unit at the center, 'conv5' for a whole layer, "
        "'fc8:340 - 0.5*fc8:292' for a weighted group."
        + (f" {names_in_targets()}" if _OTHER_NAME.fullmatch(text) or not text.isascii() else "")
    )


def names_several_channels(text: str) -> bool:
    """Whether a text names a range of channels, such as ``conv5:0-3``."""
    return _range(text) is not None


def several(text: str, parts: Sequence[str], what: str) -> str:
    """Return what to say of a text that names several targets at once.

    Args:
        text: that does.
        parts: at least two of them.
        what: they are.
    """
    first, second = parts[:2]
    return (
        f"{quoted(text)} is not a target: it names several {what}. Give each by itself, such as {first!r} and "
        f"{second!r}, or a sum, such as {f'{first} + {second}'!r}."
    )


def _range(text: str) -> re.Match[str] | None:
    found = _match(_RANGE, text)
    return found if found and int(found[2]) != int(found[3]) else None


def _match(form: re.Pattern[str], text: str) -> re.Match[str] | None:
    return form.fullmatch(text.strip()) if len(text) <= MAX_QUOTED else None
