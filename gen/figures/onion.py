"""A network as nested functions: the image at the core, a skin for each layer."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

import numpy as np

from gen.figures.svg import INK, TINT, figure, italic, text

UNNAMED = ("the first layer", "the second", "…", "the last layer")
"""Names for a network whose layers have none."""


def onion(caption: str = "", skins: Sequence[str] = UNNAMED) -> str:
    """Draw a network as nested functions: the image at the core, a skin for each layer, the output outside.

    Args:
        caption: plain text below the drawing.
        skins: names of the layers f₁ … fₙ, innermost first; each includes its ReLU and its pooling.
    """
    n, core, outer, cx, floor = len(skins), 50.0, 190.0, 210.0, 425.0
    radii = [core + (outer - core) * k / n for k in range(n + 1)]
    parts = [
        f'<circle cx="{cx:g}" cy="{floor - r:g}" r="{r:g}" style="fill:{TINT};fill-opacity:0.06;stroke:{INK};'
        f'stroke-opacity:0.6"/>'
        for r in reversed(radii)  # they touch at the bottom, which leaves space for names at the top
    ]
    for k, name in enumerate(skins):
        y = floor - radii[k] - radii[k + 1] + 5
        parts.append(text(cx, y, f"{italic('f')}{_subscript(k + 1)} {escape(name)}", "middle"))
    parts.append(text(cx, floor - core + 1, italic("x"), "middle", "font-size:20px"))
    parts.append(text(cx, floor - core + 18, "the image", "middle"))
    for side, labels in ((1, ("forward:", "values")), (-1, ("backward:", "gradients"))):
        ends = [(cx + side * 0.55 * d, floor - core - 0.835 * d) for d in (58, 312)]
        (x1, y1), (x2, y2) = ends if side == 1 else ends[::-1]
        parts.append(f'<path d="M{x1:.1f} {y1:.1f}L{x2:.1f} {y2:.1f}" style="stroke:{INK};stroke-width:2"/>')
        position = f"translate({x2:.1f} {y2:.1f}) rotate({np.degrees(np.arctan2(y2 - y1, x2 - x1)):.0f})"
        parts.append(f'<path d="M7 0L-6 -6V6Z" transform="{position}" style="fill:{INK}"/>')
        parts += [text(cx + side * 168, 80 + 17 * line, word, "middle") for line, word in enumerate(labels)]
    parts.append(text(cx, 30, f"{italic('h')}({italic('x')}): the class logits", "middle"))
    names = ", ".join(skins)
    description = (
        f"{n + 1} nested circles. The innermost is the image x. Around it lie the {n} layers from the inside out: "
        f"{names}. Outside is h(x), the class logits. An arrow for the values leads from the image outwards, and one "
        "for the gradients from the outermost skin back to the image."
    )
    default = "The network as an onion. Values flow outwards, skin by skin; gradients flow back by the chain rule."
    return figure("The layers of a network as the skins of an onion", description, parts, 440, caption or default)


def _subscript(number: int) -> str:
    return str(number).translate(str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉"))
