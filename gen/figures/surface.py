"""Gradient ascent on a hill whose formula the page prints."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

import numpy as np
from contourpy import contour_generator

from gen.figures.svg import BLUE, FAINT, GREEN, INK, RED, Array, figure, path, text


@dataclass(frozen=True)
class Climb:
    """One trajectory of x_{k+1} = x_k + α∇h(x_k), and how it is drawn."""

    name: str
    alpha: float
    colour: str
    dash: str
    """SVG's dash pattern, so that the lines differ without colour too."""
    start: tuple[float, float] = (-1.6, 0.5)
    steps: int = 20

    def points(self) -> Array:
        """(steps + 1, 2): where the ascent starts, and where each step leads."""
        points = [np.array(self.start)]
        for _ in range(self.steps):
            points.append(points[-1] + self.alpha * slope(points[-1]))
        return np.stack(points)


CLIMBS = (
    Climb("too small", 0.02, BLUE, ""),
    Climb("right", 0.15, GREEN, ""),
    Climb("too large", 0.3, RED, "5 3"),
    Climb("right, from elsewhere", 0.15, INK, "1 3", start=(2.8, -0.2)),
)


def hill(x: Array) -> Array:
    """A long ridge with its summit near the origin, and a lower, round hill: (…, 2) -> (…)."""
    a, b = x[..., 0], x[..., 1]
    ridge: Array = 3 * np.exp(-(a**2 - 2 * a * b + 3 * b**2) / 2)
    return ridge + np.exp(-((a - 2) ** 2) - (b + 1) ** 2)


def slope(x: Array) -> Array:
    """The gradient of :func:`hill`: (…, 2) -> (…, 2)."""
    a, b = x[..., 0], x[..., 1]
    ridge = 3 * np.exp(-(a**2 - 2 * a * b + 3 * b**2) / 2)
    round_ = np.exp(-((a - 2) ** 2) - (b + 1) ** 2)
    return np.stack([ridge * (b - a) - 2 * round_ * (a - 2), ridge * (a - 3 * b) - 2 * round_ * (b + 1)], -1)


def surface(caption: str = "", paths: Sequence[Climb] = CLIMBS) -> str:
    """Contours of :func:`hill` with gradient ascents on it.

    Args:
        caption: plain text below the drawing.
        paths: the ascents; each is computed here, by the update rule.
    """
    west, east, north, unit = -2.6, 3.0, 1.6, 75.0  # what is shown of the plane, and a unit's width in the drawing
    xs, ys = np.linspace(west, east, 85), np.linspace(north, -north, 49)
    height = hill(np.stack(np.meshgrid(xs, ys), -1))
    below = 2 * north * unit
    contours = contour_generator(z=height)
    parts: list[str] = []
    legend: list[str] = []
    for level in (0.1, 0.3, 0.6, 0.9, 1.3, 1.7, 2.1, 2.5, 2.85):
        lines = "".join(path(np.asarray(line) * unit * (xs[1] - xs[0])) for line in contours.lines(level))
        parts.append(f'<path d="{lines}" style="fill:none;stroke:{FAINT};stroke-opacity:0.7"/>')
    description = [f"α = {climb.alpha:g}, {climb.name}: ends at {hill(climb.points()[-1]):.2f}" for climb in paths]
    for k, climb in reversed(list(enumerate(paths))):  # the first lies on top
        look = f"stroke:{climb.colour};stroke-width:2;stroke-dasharray:{climb.dash or 'none'}"
        placed = (climb.points() * (1, -1) + (-west, north)) * unit
        parts.append(f'<path d="{path(placed)}" style="fill:none;stroke-linejoin:round;{look}"/>')
        parts += [f'<circle cx="{x:.1f}" cy="{y:.1f}" r="2.4" style="fill:{climb.colour}"/>' for x, y in placed]
        y = below + 24 + 22 * k
        legend[:0] = [f'<path d="M10 {y - 5:g}H50" style="{look}"/>', text(60, y, escape(description[k]), "start")]
    words = (
        "Contour lines of a surface with a long ridge, its summit in the middle, "
        "and a low round hill at the lower right. On it, ascents by gradient steps. " + "; ".join(description) + "."
    )
    usual = "Gradient ascent on a surface: a dot for each step. The contour lines join points of equal height."
    return figure(
        "Gradient ascent by several steps", words, parts + legend, below + 22 * len(paths) + 14, caption or usual
    )
