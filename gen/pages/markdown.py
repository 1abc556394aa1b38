"""Format text and numbers for Markdown and HTML: the filters of the templates."""

from __future__ import annotations

import html
import re
from collections.abc import Mapping
from typing import Any

import yaml
from pydantic import BaseModel

from actmax.measure.intervals import wilson
from actmax.measure.models import Box
from gen.figures.svg import PERCENT, signed

_BREAKS = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+")
_JINJA = re.compile(r"\{(?=[{%#])")
DECLINED = {"glightbox": False, "render_macros": False}
"""Front matter by which a finished page declines plugins that wrap its pictures in links or fill in expressions."""
WHOLE = 0.6
"""Part of a photo from which a region counts as the whole of it."""
ABSENT = "–"
"""Shown for a number that was not measured."""


def escape(text: object) -> str:
    """Escape text for Markdown, including HTML and tables. Line breaks become spaces."""
    line = _BREAKS.sub(" ", str(text))
    literal = re.sub(r"([\\`*_{}\[\]()#+!-])", r"\\\1", line)
    literal = literal.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return literal.replace("|", "&#124;").replace("~", "&#126;").replace("$", "&#36;")


def attribute(text: object) -> str:
    """Escape text for HTML, including quoted attributes, on one line."""
    return listing(_BREAKS.sub(" ", str(text)))


def anywhere(text: object) -> str:
    """Escape text for HTML that stands in Markdown: in a block, in a line or in a table."""
    return re.sub(r"[\\`*_{}\[\]|~$:^=]", lambda sign: f"&#{ord(sign[0])};", attribute(text))


def listing(text: object) -> str:
    """Escape text for ``<pre>``, with its line breaks. No plugin that fills in pages finds a Jinja tag in it."""
    return _JINJA.sub("&#123;", html.escape(str(text)))


def percent(part: float | None) -> str:
    """Format 0.9937 as ``99.4 %``, always with one decimal, and nothing as 100 % or 0 %: softmax reaches neither."""
    if part is None:
        return ABSENT
    if part >= 0.9995:
        return f">\N{NO-BREAK SPACE}99.9{PERCENT}"
    if part < 0.0005:
        return f"<\N{NO-BREAK SPACE}0.1{PERCENT}"
    return f"{100 * part:.1f}{PERCENT}"


def share(part: float, count: int) -> str:
    """Format a share of ``count`` drawings with its 95 % confidence interval: ``38 of 100 (29–48 %)``."""
    low, high = (f"{100 * end:.0f}" for end in wilson(part, count))
    return f"{round(part * count)} of {count} ({low}–{high}{PERCENT})"


def counted(part: int, count: int) -> str:
    """Format how many of a few drawings with the 95 % interval of their share: ``8 of 17 (95 % interval 26–69 %)``."""
    low, high = (f"{100 * end:.0f}" for end in wilson(part / count, count))
    return f"{part} of {count} (95{PERCENT} interval {low}–{high}{PERCENT})"


def p_value(p: float) -> str:
    """Format the p-value of a test: ``p = .021``, ``p < .001`` or ``p = 1``."""
    if p < 0.001:
        return "p\N{NO-BREAK SPACE}<\N{NO-BREAK SPACE}.001"
    return f"p\N{NO-BREAK SPACE}=\N{NO-BREAK SPACE}{p:.3f}".replace("0.", ".").replace("1.000", "1")


def number(value: float | None) -> str:
    """Format a setting, such as a step size, to three significant digits or one decimal, with a minus sign."""
    if value is None:
        return ABSENT
    return signed(f"{value:.1f}" if abs(value) >= 10 else f"{value:.3g}")


def tenths(value: float | None) -> str:
    """Format a logit, or a change of it, with one decimal."""
    return _fixed(value, 1)


def hundredths(value: float | None) -> str:
    """Format an activation within a network, an attribution, a weight or a distance with two decimals."""
    return _fixed(value, 2)


def _fixed(value: float | None, decimals: int) -> str:
    if value is None:
        return ABSENT
    rounded = round(value, decimals) or 0.0  # not -0.0
    return signed(f"{rounded:.{decimals}f}")


def rank(value: int | None) -> str:
    """Format a rank among the classes, from 1."""
    return ABSENT if value is None else str(value)


def where(box: Box) -> str:
    """Return in words where in a photo a region is.

    >>> where((0.0, 0.0, 0.2, 0.3)), where((0.4, 0.4, 0.6, 0.6)), where((0.0, 0.1, 1.0, 0.9))
    ('in the upper left', 'in the center', 'nearly everywhere')
    """
    left, top, right, bottom = box
    if (right - left) * (bottom - top) > WHOLE:
        return "nearly everywhere"
    across, down = (left + right) / 2, (top + bottom) / 2
    column = "left" if across < 1 / 3 else "right" if across > 2 / 3 else ""
    row = "upper" if down < 1 / 3 else "lower" if down > 2 / 3 else ""
    return "in the " + (f"{row} {column or 'middle'}" if row else f"{column} half" if column else "center")


def setting(value: object) -> str:
    """Format a value as YAML, as code."""
    if isinstance(value, BaseModel):
        value = value.model_dump(by_alias=True, exclude_none=True)
    elif isinstance(value, Mapping):
        value = list(value)
    text = yaml.safe_dump(value, default_flow_style=True, allow_unicode=True).removesuffix("...\n").strip()
    return f"`{text}`"


def front_matter(**values: Any) -> str:
    """Return the YAML block at the head of a generated page; safe for any text."""
    dumper = getattr(yaml, "CSafeDumper", yaml.SafeDumper)  # libyaml, if present, is ten times as fast
    return f"---\n{yaml.dump(values | DECLINED, Dumper=dumper, allow_unicode=True, sort_keys=False)}---\n"


def declining(text: str, head: Mapping[str, Any]) -> str:
    """Return a page that is filled in, with :data:`DECLINED` in its front matter unless it has these keys.

    Args:
        text: of the page.
        head: its front matter.
    """
    missing = {key: value for key, value in DECLINED.items() if key not in head}
    start, line, rest = text.partition("\n")
    return start + line + (yaml.safe_dump(missing) if missing else "") + rest


def split_front_matter(text: str) -> tuple[Mapping[str, Any], str]:
    """Split a page into its front matter and the rest, as MkDocs does; broken front matter counts as none."""
    match = re.match(r"---[ \t]*\r?\n(.*?\n)(?:---|\.\.\.)[ \t]*\r?\n", text, re.DOTALL)
    if match is None:
        return {}, text
    try:
        head = yaml.safe_load(match[1])
    except (yaml.YAMLError, ValueError, RecursionError):
        return {}, text
    return (head if isinstance(head, Mapping) else {}), text[match.end() :]
