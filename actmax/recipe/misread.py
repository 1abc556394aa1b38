"""What was probably meant by a text that is no target: the nearest target, or several. Needs no torch."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from actmax.errors import MAX_QUOTED, quoted

_NUMBER = r"\d{1,9}"
_RANGE = re.compile(
    rf"\s*(\w[\w.-]*?)\s*[:\[({{/#=]\s*[\[({{]?\s*({_NUMBER})\s*(?:[-–—…:,;+]|\.\.+|to)\s*({_NUMBER})[\s\d:,;.…+\])}}-]*",
    re.ASCII,
)
_LIST = re.compile(r"\s*[,;]\s*|\s+(?![-+]\s)(?<![-+]\s)")
_SIGNS = re.compile(r"(\s+[+-]\s+)")
_TERM = r"([+-]?\s*(?:[\d.]{1,40}\s*\*\s*)?)(\w[\w.-]*?)\s*"
_NEAR = tuple(
    (re.compile(_TERM + rest, re.ASCII), meant)
    for rest, meant in (
        (rf"[:\[({{/#=\s]\s*({_NUMBER})\s*[\])}}]?", r"\1\2:\3"),
        (rf":\s*({_NUMBER})\s*@[^\d-]*({_NUMBER})[^\d-]+({_NUMBER}).*", r"\1\2:\3@\4,\5"),
        (rf":\s*({_NUMBER})\s*@.*", r"\1\2:\3@center"),
        (r":\s*(?:\*|all)", r"\1\2"),
        (rf":\s*({_NUMBER})\s*\*\s*([\d.]{{1,40}})", r"\1\4*\2:\3"),
    )
)
"""Terms as other tools write them, and the same in the grammar of targets."""


def refusal(text: str, is_target: Callable[[str], bool]) -> str:
    """Return what to say of a text that is no target.

    Args:
        text: that is none.
        is_target: whether a text is one.

    >>> refusal("conv5[3]", lambda text: text == "conv5:3")
    "'conv5[3]' is not a target. Did you mean 'conv5:3'?"
    """
    if len(text) <= MAX_QUOTED:
        if found := _RANGE.fullmatch(text):
            return several(text, [f"{found[1]}:{number}" for number in found.group(2, 3)], "channels")
        parts = _LIST.split(text.strip())
        if len(parts) > 1 and all(":" in part and is_target(part) for part in parts):
            return several(text, parts, "targets")
        near = "".join(map(_nearest, _SIGNS.split(text.strip())))
        if near != text.strip() and is_target(near):
            return f"{quoted(text)} is not a target. Did you mean {near!r}?"
    return (
        f"{quoted(text)} is not a target: write a layer and a channel such as 'fc8:340' or 'conv5:12', "
        "'conv5:12@center' for the unit at the center, 'conv5' for a whole layer, "
        "'fc8:340 - 0.5*fc8:292' for a weighted group."
    )


def names_several_channels(text: str) -> bool:
    """Whether a text names a range of channels, such as ``conv5:0-3``."""
    return len(text) <= MAX_QUOTED and _RANGE.fullmatch(text) is not None


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


def _nearest(term: str) -> str:
    """Return a term in the grammar of targets, if it is written as elsewhere."""
    return next((found.expand(meant) for form, meant in _NEAR if (found := form.fullmatch(term))), term)
