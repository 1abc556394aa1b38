"""A picture's way through a network, in one drawing: a strip of channels for each layer, and who feeds whom."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from gen.figures.svg import BLUE, FAINT, RED, figure, text

WIDTH, GUTTER, CELL, GAP = 420, 44, 74, 44
"""Of the drawing, of the layers' names, of a channel's picture, and between two strips."""
MOST, LEAST = 9.0, 0.02
"""How wide a line is that stands for the whole, and the part below which there is none."""


@dataclass(frozen=True)
class Cell:
    """A channel in its strip."""

    name: str
    picture: str
    """A link to its drawing."""
    link: str
    fed: Sequence[float]
    """What each cell of the strip before adds to it, as a part of the whole."""


def strips(
    picture: str, layers: Sequence[tuple[str, Sequence[Cell]]], end: tuple[str, Sequence[float]], caption: str
) -> str:
    """HTML of the figure.

    Args:
        picture: a link to what goes in.
        layers: names and strips, from the image on, none of them empty.
        end: what comes out, and what each cell of the last strip adds to it, as a part of the whole.
        caption: plain text.
    """
    middle = GUTTER + (WIDTH - GUTTER) / 2
    parts = [_image(picture, middle - CELL / 2, 0, CELL)]
    lines, cells = [], []
    above, y = [middle], CELL
    for name, strip in layers:
        y += GAP
        centres = _centres(len(strip))
        side = min(CELL, (WIDTH - GUTTER) / len(strip) - 4)
        for cell, x in zip(strip, centres, strict=True):
            lines += [_line(from_x, y - GAP, x, y, part) for from_x, part in zip(above, cell.fed, strict=True)]
            cells.append(
                f'<a href="{escape(cell.link)}" aria-label="{escape(cell.name)}">'
                f"{_image(cell.picture, x - side / 2, y, side)}</a>"
            )
        cells.append(text(0, y + side / 2 + 5, escape(name), "start", "font-size:12px"))
        above, y = centres, y + round(side)
    y += GAP
    words, adds = end
    lines += [_line(x, y - GAP, middle, y, part) for x, part in zip(above, adds, strict=True)]
    cells.append(text(middle, y + 16, escape(words), "middle"))
    names = "; ".join(f"{name}: {', '.join(cell.name for cell in strip)}" for name, strip in layers)
    said = f"From the picture at the top to {words}, layer by layer: {names}."
    return figure("The picture on its way", said, [*lines, *parts, *cells], y + 24, caption, role="group")


def _centres(count: int) -> list[float]:
    pitch = (WIDTH - GUTTER) / count
    return [GUTTER + pitch * (place + 0.5) for place in range(count)]


def _line(x: float, y: float, to_x: float, to_y: float, part: float) -> str:
    if abs(part) < LEAST:
        return ""
    middle, width = (y + to_y) / 2, min(MOST * abs(part), MOST)
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
