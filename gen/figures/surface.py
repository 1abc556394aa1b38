"""Gradient ascent on the surface whose formula the page on optimization prints: a committed drawing."""

from __future__ import annotations

from pathlib import Path

from gen.figures.svg import captioned

DRAWING = Path(__file__).with_name("surface.svg")
CAPTION = "Gradient ascent on a surface, a dot for each step. Contour lines join points of equal height."


def surface(caption: str = "") -> str:
    """Return the figure, with a caption in plain text."""
    lines = DRAWING.read_text("utf-8").splitlines()
    return captioned("".join(lines), caption or CAPTION)
