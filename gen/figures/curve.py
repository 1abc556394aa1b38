"""The activation over the optimization steps."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from gen.figures.svg import BLUE, INK, figure, path, signed, text


def curve(activations: Sequence[float], frames: Sequence[int], first: int | None, caption: str) -> str:
    """Draw the activation over the steps, on a logarithmic axis with a tick for each stored frame.

    Args:
        activations: before each step.
        frames: steps after which a frame was stored, in ascending order.
        first: steps after which the class first was the top-1 prediction, or None.
        caption: plain text below the drawing.
    """
    west, east, north, south = 44.0, 408.0, 18.0, 190.0
    last = len(activations)
    low, high = min(0.0, *activations), max(0.0, *activations)

    def along(steps: float) -> float:
        return west + float(np.log(steps) / np.log(max(last, 2))) * (east - west)

    def up(value: float) -> float:
        return south - (value - low) / (high - low or 1) * (south - north)

    # The lowest value is labeled if it does not overlap the zero.
    labeled = sorted({0.0, high} | ({low} if -low > 0.12 * (high - low) else set()))
    # The activation after n steps is the one before step n + 1.
    steps = np.unique(np.round(np.geomspace(1, max(last - 1, 1), 110)).astype(int))
    line = np.array([(along(step), up(activations[min(step, last - 1)])) for step in steps])
    parts = [f'<path d="M{west:g} {up(0):.1f}H{east:g}" style="stroke:{INK};stroke-opacity:.6"/>']
    for value in labeled:
        words = f"{value:.2g}" if abs(value) < 10 else f"{value:.0f}"
        parts += [text(west - 6, up(value) + 5, signed(words), "end")]
    ticks, labels = [], []
    for index, step in enumerate(frames):
        x = f"{along(step):.1f}"
        mark = f"M{x} {north - 10:g}V{south:g}"  # shown by the script if this frame is selected
        ticks.append(f'<path data-frame="{x}" data-mark="{mark}" d="M{x} {south:g}v6"/>')
        # Labels must not overlap.
        if index in (0, len(frames) - 1) or (index % 2 == 0 and along(last) - along(step) > 36):
            labels.append(text(along(step), south + 20, str(step), "middle"))
    parts += [f'<g style="stroke:{INK}">{"".join(ticks)}</g>', *labels]
    parts.append(f'<path d="{path(line)}" style="fill:none;stroke:{BLUE};stroke-width:2;stroke-linejoin:round"/>')
    description = signed(
        f"From {activations[0]:.1f} before the first step to {activations[-1]:.1f} before the last, step {last}."
    )
    if first is not None:
        at = along(max(first, 1))
        side = "start" if at < (west + east) / 2 else "end"
        shift = 5 if side == "start" else -5
        parts.append(f'<path d="M{at:.1f} {north - 8:g}V{south:g}" style="stroke:{INK};stroke-dasharray:4 3"/>')
        parts.append(text(at + shift, north + 2, f"top-1 after {first}", side))
        description += f" The class is the top-1 prediction for the first time after {first} steps."
    parts.append('<path class="frame-mark" d="" style="stroke:currentColor;stroke-width:1.5"/>')
    return figure("Activation over the steps", description, parts, south + 26, caption)
