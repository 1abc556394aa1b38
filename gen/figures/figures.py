"""The explanation's line drawings, as SVG inside an HTML figure: no plotting library, and the same text every time.

``onion`` shows the network as nested functions, ``surface`` gradient ascent on a hill whose formula the page prints,
``chart`` measured values over how many, ``curve`` an activation over the steps of its ascent.
Colours are the theme's CSS variables, so that a drawing follows the page into the dark.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from html import escape

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Node = tuple[int, int]
Edge = tuple[Node, Node]

INK = "var(--md-default-fg-color, #222)"
FAINT = "var(--md-default-fg-color--light, #777)"
TINT = "var(--md-accent-fg-color, #526cfe)"
FONT = "font-family:var(--md-text-font-family, sans-serif);font-size:14px"

ALEXNET = ("conv1", "conv2", "conv3", "conv4", "conv5", "fc6", "fc7", "fc8")
"""The layers f₁ … f₈ of AlexNet, innermost first; each takes its ReLU, and its pooling where it has one, with it."""


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
    Climb("too small", 0.02, "var(--md-code-hl-keyword-color, #3f6ec6)", ""),
    Climb("right", 0.15, "var(--md-code-hl-string-color, #1c7d4d)", ""),
    Climb("too large", 0.3, "var(--md-code-hl-number-color, #d52a2a)", "5 3"),
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


def onion(caption: str = "", skins: Sequence[str] = ALEXNET, result: str = "the class logits") -> str:
    """A network as nested functions: the image in the middle, a skin for each layer, the answer outside.

    Args:
        caption: plain text below the drawing.
        skins: the names of the layers, innermost first.
        result: what the outermost one returns.
    """
    n, core, outer, cx, floor = len(skins), 50.0, 190.0, 210.0, 425.0
    radii = [core + (outer - core) * k / n for k in range(n + 1)]
    parts = [
        f'<circle cx="{cx:g}" cy="{floor - r:g}" r="{r:g}" style="fill:{TINT};fill-opacity:0.06;stroke:{INK};'
        f'stroke-opacity:0.6"/>'
        for r in reversed(radii)  # all touch at the bottom, so that each skin has room for its name at the top
    ]
    for k, name in enumerate(skins):
        y = floor - radii[k] - radii[k + 1] + 5
        parts.append(_text(cx, y, f"{_italic('f')}{_subscript(k + 1)} {escape(name)}", "middle"))
    parts.append(_text(cx, floor - core + 1, _italic("x"), "middle", "font-size:20px"))
    parts.append(_text(cx, floor - core + 18, "the image", "middle"))
    for side, words in ((1, ("forward:", "values")), (-1, ("backward:", "slopes"))):
        ends = [(cx + side * 0.55 * d, floor - core - 0.835 * d) for d in (58, 312)]
        (x1, y1), (x2, y2) = ends if side == 1 else ends[::-1]
        parts.append(f'<path d="M{x1:.1f} {y1:.1f}L{x2:.1f} {y2:.1f}" style="stroke:{INK};stroke-width:2"/>')
        place = f"translate({x2:.1f} {y2:.1f}) rotate({np.degrees(np.arctan2(y2 - y1, x2 - x1)):.0f})"
        parts.append(f'<path d="M7 0L-6 -6V6Z" transform="{place}" style="fill:{INK}"/>')
        parts += [_text(cx + side * 168, 80 + 17 * line, word, "middle") for line, word in enumerate(words)]
    parts.append(_text(cx, 30, f"{_italic('h')}({_italic('x')}): {escape(result)}", "middle"))
    named = ", ".join(skins)
    text = (
        f"{n + 1} nested circles. The innermost is the image x. Around it lie the {n} layers from the inside out: "
        f"{named}. Outside stands h(x), {result}. An arrow for the values leads from the image outwards, and one for "
        "the slopes from the outermost skin back to the image."
    )
    usual = "The network as an onion. Values travel outwards, skin by skin; slopes travel back in by the chain rule."
    return _figure("The layers of a network as the skins of an onion", text, parts, 440, caption or usual)


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
    parts: list[str] = []
    legend: list[str] = []
    for level in (0.1, 0.3, 0.6, 0.9, 1.3, 1.7, 2.1, 2.5, 2.85):
        lines = "".join(_path(line * unit * (xs[1] - xs[0])) for line in contours(height, level))
        parts.append(f'<path d="{lines}" style="fill:none;stroke:{FAINT};stroke-opacity:0.7"/>')
    told = [f"α = {climb.alpha:g}, {climb.name}: ends at {hill(climb.points()[-1]):.2f}" for climb in paths]
    for k, climb in reversed(list(enumerate(paths))):  # the first lies on top
        look = f"stroke:{climb.colour};stroke-width:2;stroke-dasharray:{climb.dash or 'none'}"
        placed = (climb.points() * (1, -1) + (-west, north)) * unit
        parts.append(f'<path d="{_path(placed)}" style="fill:none;stroke-linejoin:round;{look}"/>')
        parts += [f'<circle cx="{x:.1f}" cy="{y:.1f}" r="2.4" style="fill:{climb.colour}"/>' for x, y in placed]
        y = below + 24 + 22 * k
        legend[:0] = [f'<path d="M10 {y - 5:g}H50" style="{look}"/>', _text(60, y, escape(told[k]), "start")]
    text = (
        "Contour lines of a surface with a long ridge, its summit in the middle, "
        "and a low round hill at the lower right. On it, ascents by gradient steps. " + "; ".join(told) + "."
    )
    usual = "Gradient ascent on a surface: a dot for each step. The contour lines join points of equal height."
    return _figure(
        "Gradient ascent by several steps", text, parts + legend, below + 22 * len(paths) + 14, caption or usual
    )


def chart(series: Mapping[str, Sequence[float]], xs: Sequence[int], caption: str) -> str:
    """Lines over a logarithmic axis.

    Args:
        series: by name, a value for each of ``xs``.
        xs: positive and rising, such as 1, 2, 4, 8.
        caption: plain text below the drawing; also its title.
    """
    west, east, north, south = 60.0, 405.0, 15.0, 235.0
    values = [value for line in series.values() for value in line]
    low, high = min(0.0, *values), max(0.0, *values)
    room = 0.05 * (high - low or 1)
    low, high = low - room, high + room

    def place(x: float, y: float) -> tuple[float, float]:
        along = np.log(x / xs[0]) / np.log(xs[-1] / xs[0])
        return west + float(along) * (east - west), south - (y - low) / (high - low) * (south - north)

    parts = []
    step = 10 ** np.floor(np.log10(high - low))
    step = next(step * part for part in (0.2, 0.5, 1, 2) if (high - low) / (step * part) <= 8)
    for y in np.arange(np.ceil(low / step), np.floor(high / step) + 1) * step:
        level = place(xs[0], float(y))[1]
        strength = 0.7 if abs(y) < step / 2 else 0.2
        parts.append(f'<path d="M{west:g} {level:.1f}H{east:g}" style="stroke:{INK};stroke-opacity:{strength}"/>')
        parts.append(_text(west - 8, level + 5, f"{y:+g}".replace("-", "\N{MINUS SIGN}").replace("+0", "0"), "end"))
    parts += [_text(place(x, 0)[0], south + 18, str(x), "middle") for x in xs]
    told = []
    for k, (climb, (name, line)) in enumerate(zip(CLIMBS, series.items(), strict=False)):
        look = f"fill:none;stroke:{climb.colour};stroke-width:2;stroke-dasharray:{('none', '6 3', '2 3')[k]}"
        points = np.array([place(x, y) for x, y in zip(xs, line, strict=True)])
        parts.append(f'<path d="{_path(points)}" style="{look}"/>')
        y = south + 44 + 22 * k
        parts += [f'<path d="M60 {y - 5:g}H100" style="{look}"/>', _text(110, y, escape(name), "start")]
        told.append(f"{name}: from {line[0]:.2f} at {xs[0]} to {line[-1]:.2f} at {xs[-1]}")
    return _figure(
        caption, "Lines over how many. " + "; ".join(told) + ".", parts, south + 44 + 22 * len(series), caption
    )


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
        text = f"{value:.2g}" if abs(value) < 10 else f"{value:.0f}"
        parts += [_text(west - 6, up(value) + 5, text.replace("-", "\N{MINUS SIGN}"), "end")]
    for place, step in enumerate(frames):
        x = f"{along(step):.1f}"
        parts.append(f'<path data-frame="{x}" d="M{x} {south:g}v6" style="stroke:{INK}"/>')
        # No label stands upon its neighbour.
        if place in (0, len(frames) - 1) or (place % 2 == 0 and along(last) - along(step) > 36):
            parts.append(_text(along(step), south + 20, str(step), "middle"))
    parts.append(
        f'<path d="{_path(line)}" style="fill:none;stroke:{CLIMBS[0].colour};stroke-width:2;stroke-linejoin:round"/>'
    )
    told = f"From {activations[0]:.1f} before the first step to {activations[-1]:.1f} before the last, step {last}."
    if first is not None:
        at = along(max(first, 1))
        side = "start" if at < (west + east) / 2 else "end"
        shift = 5 if side == "start" else -5
        parts.append(f'<path d="M{at:.1f} {north - 8:g}V{south:g}" style="stroke:{INK};stroke-dasharray:4 3"/>')
        parts.append(_text(at + shift, north + 2, f"wins after {first}", side))
        told += f" The class first comes first after {first} steps."
    parts.append('<path class="frame-mark" d="" style="stroke:currentColor;stroke-width:1.5"/>')
    return _figure("Activation over the steps", told, parts, south + 26, caption)


def contours(height: Array, level: float) -> Iterator[Array]:
    """Lines along which a grid of heights passes a level, as (points, 2) of column and row.

    Each cell of the grid is cut into two triangles, in which a line can pass in one way only.
    """
    above = height > level
    links: defaultdict[Edge, list[Edge]] = defaultdict(list)
    for r, c in np.ndindex(height.shape[0] - 1, height.shape[1] - 1):
        for middle in ((r, c + 1), (r + 1, c)):
            a, b, d = (r, c), middle, (r + 1, c + 1)
            cut = [(p, q) for p, q in ((a, b), (b, d), (a, d)) if above[p] != above[q]]
            if cut:
                links[cut[0]].append(cut[1])
                links[cut[1]].append(cut[0])
    while links:
        edge = min(links, key=lambda one: len(links[one]))  # an open line's end before a closed line's anywhere
        line = [edge]
        while links[edge]:
            following = links[edge].pop()
            links[following].remove(edge)
            line.append(edge := following)
        links = defaultdict(list, {one: others for one, others in links.items() if others})
        yield np.array([_between(height, level, one) for one in line])


def _between(height: Array, level: float, edge: Edge) -> tuple[float, float]:
    (r, c), (s, d) = edge
    part = (level - height[r, c]) / (height[s, d] - height[r, c])
    return float(c + part * (d - c)), float(r + part * (s - r))


def _path(points: Array) -> str:
    return "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in points)


def _subscript(number: int) -> str:
    return str(number).translate(str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉"))


def _italic(letter: str) -> str:
    return f'<tspan font-style="italic">{letter}</tspan>'


def _text(x: float, y: float, content: str, anchor: str, style: str = "") -> str:
    return f'<text x="{x:g}" y="{y:g}" style="fill:{INK};{FONT};text-anchor:{anchor};{style}">{content}</text>'


def _figure(title: str, text: str, parts: Sequence[str], height: float, caption: str) -> str:
    """One line of HTML, so that Markdown takes it for a block and leaves it alone."""
    return (
        f'<figure><svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 420 {height:g}" role="img" '
        f'style="width:100%;max-width:30rem;height:auto"><title>{escape(title)}</title><desc>{escape(text)}</desc>'
        f"{''.join(parts)}</svg><figcaption>{escape(caption)}</figcaption></figure>"
    )
