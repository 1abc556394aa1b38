"""Words and numbers -> Markdown and HTML that show them as they are: the filters of the templates."""

from __future__ import annotations

import html
import re
from collections.abc import Mapping
from typing import Any

import yaml
from pydantic import BaseModel

_BREAKS = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+")
ABSENT = "–"
"""Stands for a number that was not measured."""


def escape(text: object) -> str:
    """Text that Markdown and HTML leave alone: ``*`` and ``_`` stay stars and strokes, ``<`` and ``|`` show.

    Line breaks become spaces: behind one, three strokes would begin a listing.
    """
    line = _BREAKS.sub(" ", str(text))
    literal = re.sub(r"([\\`*_{}\[\]()#+!-])", r"\\\1", line)
    literal = literal.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return literal.replace("|", "&#124;").replace("~", "&#126;").replace("$", "&#36;")


def attribute(text: object) -> str:
    """Text inside HTML, also inside the quotes of an attribute; on one line."""
    return html.escape(_BREAKS.sub(" ", str(text)))


def listing(text: object) -> str:
    """Text inside ``<pre>``, which keeps its lines."""
    return html.escape(str(text))


def percent(part: float | None) -> str:
    """0.9937 -> ``99.4 %``. Never rounds up to certainty: 0.99999 stays below 100 %."""
    if part is None:
        return ABSENT
    if part >= 0.99995:  # also where a softmax in float32 has rounded to 1
        return ">\N{NO-BREAK SPACE}99.99\N{NO-BREAK SPACE}%"
    if part < 0.0001:
        return "<\N{NO-BREAK SPACE}0.01\N{NO-BREAK SPACE}%"
    return f"{100 * part:.1f}\N{NO-BREAK SPACE}%" if 0.001 <= part < 0.9995 else f"{100 * part:.2f}\N{NO-BREAK SPACE}%"


def number(value: float | None) -> str:
    """A score to three significant digits or one decimal, with a real minus sign."""
    if value is None:
        return ABSENT
    value = value or 0.0  # -0.0 is no number that a reader knows
    text = f"{value:.1f}" if abs(value) >= 10 else f"{value:.3g}"
    return text.replace("-", "\N{MINUS SIGN}")


def place(rank: int | None) -> str:
    """Among the classes, from 1."""
    return ABSENT if rank is None else str(rank)


def setting(value: object) -> str:
    """A value as an author would write it in YAML, as code."""
    if isinstance(value, BaseModel):
        value = value.model_dump(by_alias=True, exclude_none=True)
    elif isinstance(value, Mapping):
        value = list(value)
    text = yaml.safe_dump(value, default_flow_style=True, allow_unicode=True).removesuffix("...\n").strip()
    return f"`{text}`"


def front_matter(**values: Any) -> str:
    """The YAML block at the head of a page; safe for any text."""
    dumper = getattr(yaml, "CSafeDumper", yaml.SafeDumper)  # ten times as fast, where libyaml is
    return f"---\n{yaml.dump(values, Dumper=dumper, allow_unicode=True, sort_keys=False)}---\n"


def split_front_matter(text: str) -> tuple[Mapping[str, Any], str]:
    """A page's YAML head and the rest, as MkDocs parts them; an absent or broken head is empty, for it to judge."""
    match = re.match(r"---[ \t]*\r?\n(.*?\n)(?:---|\.\.\.)[ \t]*\r?\n", text, re.DOTALL)
    if match is None:
        return {}, text
    try:
        head = yaml.safe_load(match[1])
    except (yaml.YAMLError, ValueError, RecursionError):
        return {}, text
    return (head if isinstance(head, Mapping) else {}), text[match.end() :]
