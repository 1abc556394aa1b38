"""What all drawings of the site share: colours that follow the theme, text, paths, and the HTML figure around them.

No plotting library draws them, and the same values give the same text every time. Colours are the theme's
CSS variables, so that a drawing follows the page into the dark.
"""

from __future__ import annotations

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
FONT = "font-family:var(--md-text-font-family, sans-serif);font-size:14px"


def path(points: Array) -> str:
    """(n, 2) -> the data of an SVG path."""
    return "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in points)


def italic(letter: str) -> str:
    """A variable, as mathematics sets it."""
    return f'<tspan font-style="italic">{letter}</tspan>'


def text(x: float, y: float, content: str, anchor: str, style: str = "") -> str:
    """A line of text; ``content`` is SVG, so that words must be escaped."""
    own = f' style="{style}"' if style else ""
    return f'<text x="{round(x, 1):g}" y="{round(y, 1):g}" text-anchor="{anchor}"{own}>{content}</text>'


def signed(number: str) -> str:
    """A number with a real minus sign."""
    return number.replace("-", "\N{MINUS SIGN}")


def figure(title: str, words: str, parts: Sequence[str], height: float, caption: str, role: str = "img") -> str:
    """One line of HTML, so that Markdown takes it for a block and leaves it alone.

    Args:
        title: of the drawing, for screen readers.
        words: what it shows, for those who cannot see it.
        parts: SVG.
        height: of the drawing, which is 420 wide.
        caption: plain text below the drawing.
        role: ``group`` where parts of it are links.
    """
    title, words, caption = (escape(" ".join(part.split())) for part in (title, words, caption))
    return (
        f'<figure data-search-exclude=""><svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 420 {height:g}" '
        f'role="{role}" style="width:100%;max-width:30rem;height:auto;fill:{INK};{FONT}">'
        f"<title>{title}</title><desc>{words}</desc>"
        f"{''.join(parts)}</svg><figcaption>{caption}</figcaption></figure>"
    )
