"""Shares with their confidence intervals, a row for each thing that was measured."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape

from actmax.measure.intervals import wilson
from gen.figures.svg import BLUE, FAINT, INK, PERCENT, figure, text

STYLES = ((BLUE, BLUE), (FAINT, "none"))
"""Color of each series, and what fills its dots: they differ without color too."""
WEST, EAST, NORTH, ROW = 8.0, 400.0, 56.0, 44.0
"""Ends of the axis, the first row's name, and the height of a row."""


def dots(names: Sequence[str], series: Mapping[str, Sequence[float]], count: int, title: str, caption: str) -> str:
    """Draw the shares of each row on an axis from 0 to 100 %, with Wilson's 95 % intervals.

    Args:
        names: of the rows.
        series: by name, a share for each row, 0 to 1; at most two.
        count: how many trials each share is of.
        title: of the drawing, for screen readers.
        caption: plain text below the drawing.
    """
    south = NORTH + ROW * len(names) - 6
    parts = []
    for percent in range(0, 101, 25):
        x = _along(percent / 100)
        parts.append(f'<path d="M{x:g} {NORTH - 22:g}V{south:g}" style="stroke:{INK};stroke-opacity:.15"/>')
        anchor = "start" if percent == 0 else "end" if percent == 100 else "middle"
        parts.append(text(x, south + 18, f"{percent}{PERCENT}", anchor))
    x = WEST
    for (color, fill), name in zip(STYLES, series, strict=False):
        parts += [_dot(x + 6, 14, color, fill), text(x + 18, 19, escape(name), "start")]
        x += 40 + 7.5 * len(name)
    described = []
    for index, name in enumerate(names):
        y = NORTH + ROW * index
        parts.append(text(WEST, y, escape(name), "start"))
        shares = []
        for level, ((color, fill), (of, line)) in enumerate(zip(STYLES, series.items(), strict=False)):
            share, (low, high) = line[index], wilson(line[index], count)
            height = y + 11 + 10 * level
            parts.append(
                f'<path d="M{_along(low):.1f} {height:g}H{_along(high):.1f}" style="stroke:{color};stroke-width:2"/>'
            )
            parts.append(_dot(_along(share), height, color, fill))
            shares.append(f"{of} {100 * share:.0f}{PERCENT} ({100 * low:.0f}–{100 * high:.0f}{PERCENT})")
        described.append(f"{name}: {', '.join(shares)}")
    return figure(title, f"Of {count} each. {'; '.join(described)}.", parts, south + 26, caption)


def _along(share: float) -> float:
    return WEST + share * (EAST - WEST)


def _dot(x: float, y: float, color: str, fill: str) -> str:
    # What is behind a hollow dot must not show.
    inner = "var(--md-default-bg-color, #fff)" if fill == "none" else fill
    return f'<circle cx="{x:.1f}" cy="{y:g}" r="4.5" style="stroke:{color};stroke-width:2;fill:{inner}"/>'
