"""Measured values as lines over a logarithmic axis."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape

import numpy as np

from gen.figures.svg import BLUE, GREEN, INK, RED, figure, path, signed, text

STYLES = ((BLUE, "none"), (GREEN, "6 3"), (RED, "2 3"))
"""Color and dashes of each line, so that lines differ without color too."""
LEGEND = 66
"""Distance of the legend below the axis."""


def chart(
    series: Mapping[str, Sequence[float]],
    xs: Sequence[int],
    axis: str,
    vertical: str,
    caption: str,
    signs: bool = True,
) -> str:
    """Draw lines over a logarithmic axis.

    Args:
        series: by name, a value for each of ``xs``; at most three.
        xs: positive, in ascending order, such as 1, 2, 4, 8.
        axis: label of the horizontal axis.
        vertical: label of the vertical axis.
        caption: plain text below the drawing; its first sentence is also the title.
        signs: whether values above 0 are labeled with a plus.
    """
    west, east, north, south = 60.0, 405.0, 34.0, 254.0
    values = [value for line in series.values() for value in line]
    low, high = min(0.0, *values), max(0.0, *values)
    margin = 0.05 * (high - low or 1)
    low, high = low - margin, high + margin

    def point(x: float, y: float) -> tuple[float, float]:
        along = np.log(x / xs[0]) / np.log(xs[-1] / xs[0])
        return west + float(along) * (east - west), south - (y - low) / (high - low) * (south - north)

    parts = []
    step = 10 ** np.floor(np.log10(high - low))
    step = next(step * part for part in (0.2, 0.5, 1, 2) if (high - low) / (step * part) <= 8)
    for y in np.arange(np.ceil(low / step), np.floor(high / step) + 1) * step:
        y = 0.0 if abs(y) < step / 2 else y  # and not -0
        level = point(xs[0], float(y))[1]
        strength = 0.2 if y else 0.7
        parts.append(f'<path d="M{west:g} {level:.1f}H{east:g}" style="stroke:{INK};stroke-opacity:{strength}"/>')
        parts.append(text(west - 8, level + 5, signed(f"{y:+g}" if signs else f"{y:g}").replace("+0", "0"), "end"))
    parts += [text(point(x, 0)[0], south + 18, str(x), "middle") for x in xs]
    parts.append(text((west + east) / 2, south + 38, escape(axis), "middle"))
    parts.append(text(12, north - 18, escape(vertical), "start"))
    description = []
    for k, ((color, dash), (name, line)) in enumerate(zip(STYLES, series.items(), strict=False)):
        style = f"fill:none;stroke:{color};stroke-width:2;stroke-dasharray:{dash}"
        points = np.array([point(x, y) for x, y in zip(xs, line, strict=True)])
        parts.append(f'<path d="{path(points)}" style="{style}"/>')
        y = south + LEGEND + 22 * k
        parts += [f'<path d="M60 {y - 5:g}H100" style="{style}"/>', text(110, y, escape(name), "start")]
        description.append(signed(f"{name}: from {line[0]:.1f} at {xs[0]} to {line[-1]:.1f} at {xs[-1]}"))
    return figure(
        caption.partition(". ")[0],
        f"The {vertical} against {axis}. " + "; ".join(description) + ".",
        parts,
        south + LEGEND + 22 * len(series),
        caption,
    )
