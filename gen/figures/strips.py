"""A picture's path through a network: a strip of channels for each layer, joined by lines."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from gen.figures.svg import BLUE, FAINT, RED, figure, text

WIDTH, GUTTER, CELL, GAP = 420, 44, 74, 44
"""Widths of the drawing, of the layer names and of a channel's picture; height between two strips."""
LINE_WIDTH, THRESHOLD = 9.0, 0.02
"""Width of a line for a contribution of 1, and the smallest contribution that gets a line."""


@dataclass(frozen=True)
class Cell:
    """A channel of a strip."""

    name: str
    picture: str
    """Link to its drawing."""
    link: str
    contributions: Sequence[float]
    """Of each cell of the strip before, as a fraction of the whole."""


def strips(
    picture: str, layers: Sequence[tuple[str, Sequence[Cell]]], end: tuple[str, Sequence[float]], caption: str
) -> str:
    """Draw the figure.

    Args:
        picture: link to the input.
        layers: names and strips, from the image on, none of them empty.
        end: the output, and the contribution of each cell of the last strip, as a fraction of the whole.
        caption: plain text.
    """
    middle = GUTTER + (WIDTH - GUTTER) / 2
    parts = [_image(picture, middle - CELL / 2, 0, CELL)]
    lines, cells = [], []
    above, y = [middle], CELL
    for name, strip in layers:
        y += GAP
        centers = _centers(len(strip))
        side = min(CELL, (WIDTH - GUTTER) / len(strip) - 4)
        for cell, x in zip(strip, centers, strict=True):
            lines += [
                _line(from_x, y - GAP, x, y, part) for from_x, part in zip(above, cell.contributions, strict=True)
            ]
            cells.append(
                f'<a href="{escape(cell.link)}" aria-label="{escape(cell.name)}">'
                f"{_image(cell.picture, x - side / 2, y, side)}</a>"
            )
        cells.append(text(0, y + side / 2 + 5, escape(name), "start", "font-size:12px"))
        above, y = centers, y + round(side)
    y += GAP
    output, contributions = end
    lines += [_line(x, y - GAP, middle, y, part) for x, part in zip(above, contributions, strict=True)]
    cells.append(text(middle, y + 16, escape(output), "middle"))
    names = "; ".join(f"{name}: {', '.join(cell.name for cell in strip)}" for name, strip in layers)
    description = f"From the picture at the top to {output}, layer by layer: {names}."
    return figure("The path of the picture", description, [*lines, *parts, *cells], y + 24, caption, role="group")


def _centers(count: int) -> list[float]:
    pitch = (WIDTH - GUTTER) / count
    return [GUTTER + pitch * (index + 0.5) for index in range(count)]


def _line(x: float, y: float, to_x: float, to_y: float, part: float) -> str:
    if abs(part) < THRESHOLD:
        return ""
    middle, width = (y + to_y) / 2, min(LINE_WIDTH * abs(part), LINE_WIDTH)
    dashes = ' stroke-dasharray="4 3"' if part < 0 else ""
    return (
        f'<path d="M{x:.0f} {y:.0f}C{x:.0f} {middle:.0f} {to_x:.0f} {middle:.0f} {to_x:.0f} {to_y:.0f}" fill="none" '
        f'stroke="{RED if part < 0 else BLUE}" stroke-width="{max(width, 0.6):.1f}" opacity="0.6"{dashes}/>'
    )


def _image(link: str, x: float, y: float, side: float) -> str:
    return (
        f'<image href="{escape(link)}" x="{x:.1f}" y="{y:.1f}" width="{side:.1f}" height="{side:.1f}"/>'
        f'<rect x="{x:.1f}" y="{y:.1f}" width="{side:.1f}" height="{side:.1f}" fill="none" stroke="{FAINT}" '
        'stroke-width="0.5"/>'
    )
