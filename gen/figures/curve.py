"""The activation over the steps of an ascent."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from gen.figures.svg import BLUE, INK, figure, path, signed, text


def curve(activations: Sequence[float], frames: Sequence[int], first: int | None, caption: str) -> str:
    """The activation over the steps of an ascent, on a logarithmic axis; the kept frames are marked below.

    Args:
        activations: before each step, from the first on.
        frames: the steps whose pictures were kept, rising; the labels of the axis.
        first: after how many steps the class first came first, or None.
        caption: plain text below the drawing.
    """
    west, east, north, south = 44.0, 408.0, 18.0, 190.0
    last = len(activations)
    low, high = min(0.0, *activations), max(0.0, *activations)

    def along(steps: float) -> float:
        return west + float(np.log(steps) / np.log(max(last, 2))) * (east - west)

    def up(value: float) -> float:
        return south - (value - low) / (high - low or 1) * (south - north)

    # The lowest value too, where there is room for it beside the zero.
    marked = sorted({0.0, high} | ({low} if -low > 0.12 * (high - low) else set()))
    # After as many steps, which is before the next; a logarithm's few early ones, and no more than the eye can part.
    steps = np.unique(np.round(np.geomspace(1, max(last - 1, 1), 110)).astype(int))
    line = np.array([(along(step), up(activations[min(step, last - 1)])) for step in steps])
    parts = [f'<path d="M{west:g} {up(0):.1f}H{east:g}" style="stroke:{INK};stroke-opacity:.6"/>']
    for value in marked:
        words = f"{value:.2g}" if abs(value) < 10 else f"{value:.0f}"
        parts += [text(west - 6, up(value) + 5, signed(words), "end")]
    ticks, labels = [], []
    for place, step in enumerate(frames):
        x = f"{along(step):.1f}"
        mark = f"M{x} {north - 10:g}V{south:g}"  # what the script draws where this frame is chosen
        ticks.append(f'<path data-frame="{x}" data-mark="{mark}" d="M{x} {south:g}v6"/>')
        # No label stands upon its neighbour.
        if place in (0, len(frames) - 1) or (place % 2 == 0 and along(last) - along(step) > 36):
            labels.append(text(along(step), south + 20, str(step), "middle"))
    parts += [f'<g style="stroke:{INK}">{"".join(ticks)}</g>', *labels]
    parts.append(f'<path d="{path(line)}" style="fill:none;stroke:{BLUE};stroke-width:2;stroke-linejoin:round"/>')
    description = (
        f"From {activations[0]:.1f} before the first step to {activations[-1]:.1f} before the last, step {last}."
    )
    if first is not None:
        at = along(max(first, 1))
        side = "start" if at < (west + east) / 2 else "end"
        shift = 5 if side == "start" else -5
        parts.append(f'<path d="M{at:.1f} {north - 8:g}V{south:g}" style="stroke:{INK};stroke-dasharray:4 3"/>')
        parts.append(text(at + shift, north + 2, f"wins after {first}", side))
        description += f" The class first comes first after {first} steps."
    parts.append('<path class="frame-mark" d="" style="stroke:currentColor;stroke-width:1.5"/>')
    return figure("Activation over the steps", description, parts, south + 26, caption)
