"""Parts that all SVG figures share: colors that follow the theme, text, paths, and the HTML around them.

The same values give the same text every time. Colors are the theme's CSS variables, so that figures follow its dark
scheme.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from html import escape

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

INK = "var(--md-default-fg-color, #222)"
FAINT = "var(--md-default-fg-color--light, #777)"
TINT = "var(--md-accent-fg-color, #526cfe)"
BLUE = "var(--md-code-hl-keyword-color, #3f6ec6)"
GREEN = "var(--md-code-hl-string-color, #1c7d4d)"
RED = "var(--md-code-hl-number-color, #d52a2a)"
PERCENT = "\N{NARROW NO-BREAK SPACE}%"
FONT = "font-family:var(--md-text-font-family, sans-serif);font-size:14px"


def path(points: Array) -> str:
    """Return the path data of a polyline through points (n, 2)."""
    return "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in points)


def italic(letter: str) -> str:
    """Return a variable as mathematics sets it."""
    return f'<tspan font-style="italic">{letter}</tspan>'


def text(x: float, y: float, content: str, anchor: str, style: str = "") -> str:
    """Return a line of text. ``content`` is SVG: words must be escaped."""
    attribute = f' style="{style}"' if style else ""
    return f'<text x="{round(x, 1):g}" y="{round(y, 1):g}" text-anchor="{anchor}"{attribute}>{content}</text>'


def signed(number: str) -> str:
    """Return a number with a minus sign instead of a hyphen."""
    return number.replace("-", "\N{MINUS SIGN}")


def figure(title: str, description: str, parts: Sequence[str], height: float, caption: str, role: str = "img") -> str:
    """Return an HTML figure on one line, which Markdown leaves alone.

    Args:
        title: of the drawing, for screen readers.
        description: of what it shows, for screen readers.
        parts: SVG.
        height: of the drawing, which is 420 wide.
        caption: plain text below the drawing.
        role: ``group`` if parts of it are links.
    """
    title, description = (escape(_one_line(words)) for words in (title, description))
    return captioned(
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 420 {height:g}" '
        f'role="{role}" style="width:100%;max-width:30rem;height:auto;fill:{INK};{FONT}">'
        f"<title>{title}</title><desc>{description}</desc>{''.join(parts)}</svg>",
        caption,
    )


def captioned(svg: str, caption: str) -> str:
    """Return an HTML figure of a drawing with a caption, plain text."""
    words = escape(_one_line(caption))
    return f'<figure data-search-exclude="">{svg}<figcaption>{words}</figcaption></figure>'


def _one_line(words: str) -> str:
    """Return words without line breaks, and with the spaces that do not break."""
    return re.sub("[ \t\n]+", " ", words).strip()
