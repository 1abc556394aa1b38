"""The figures show what they claim, and listings print the output below them."""

from __future__ import annotations

import contextlib
import io
import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest
import torch

from actmax.ascent.gradient_ascent import ascend
from actmax.measure.intervals import wilson
from actmax.networks.cards import card
from gen.figures import Cell, chart, curve, dots, onion, strips, surface
from gen.figures.svg import BLUE, GREEN, INK, PERCENT, RED

WRITE_UPS = Path(__file__).parents[3] / "docs" / "write-ups"
PAGES = ("auto-diff.md", "optimizations.md")
SVG = "{http://www.w3.org/2000/svg}"

ALEXNET = tuple(card("alexnet").layers)


def svg(figure: str) -> ElementTree.Element:
    found = ElementTree.fromstring(figure).find(f"{SVG}svg")
    assert found is not None
    return found


def words(figure: str) -> list[str]:
    return ["".join(text.itertext()) for text in svg(figure).iter(f"{SVG}text")]


# What every drawing has.


@pytest.mark.parametrize("draw", [onion, surface])
def test_a_figure_is_one_line_of_html_with_a_described_drawing(draw: Callable[..., str]) -> None:
    figure = draw("Layers & <skins>")
    assert "\n" not in figure
    drawing = svg(figure)
    assert drawing.get("role") == "img"
    assert [child.tag for child in drawing][:2] == [f"{SVG}title", f"{SVG}desc"]
    assert all(child.text for child in drawing[:2])
    assert ElementTree.fromstring(figure).findtext("figcaption") == "Layers & <skins>"
    assert draw("Layers & <skins>") == figure


@pytest.mark.parametrize("draw", [onion, surface])
def test_markdown_leaves_a_figure_alone(draw: Callable[..., str], rendered: Callable[[str], str]) -> None:
    assert draw() in rendered(f"Before.\n\n{draw()}\n\nAfter.\n")


@pytest.mark.parametrize("draw", [onion, surface])
def test_colors_follow_the_theme(draw: Callable[..., str]) -> None:
    colors = re.findall(r"(?:fill|stroke):([^;\"]+)", draw())
    assert colors
    assert all(color == "none" or re.fullmatch(r"var\(--md-[a-z-]+, #[0-9a-f]+\)", color) for color in colors)


@pytest.mark.parametrize("draw", [onion, surface])
def test_words_and_lines_stay_inside_the_drawing(draw: Callable[..., str]) -> None:
    drawing = svg(draw())
    width, height = map(float, drawing.attrib["viewBox"].split()[2:])
    for text in drawing.iter(f"{SVG}text"):
        half = 7.5 * len("".join(text.itertext())) / 2  # a letter of 14 px is hardly wider than that
        middle = float(text.attrib["x"]) + (0 if text.attrib["text-anchor"] == "middle" else half)
        assert middle - half >= 0
        assert middle + half <= width
        assert 14 <= float(text.attrib["y"]) <= height
    for circle in drawing.iter(f"{SVG}circle"):
        x, y, r = (float(circle.attrib[name]) for name in ("cx", "cy", "r"))
        assert r <= x <= width - r
        assert r <= y <= height - r


# The onion.


def test_the_onion_names_each_layer_from_the_image_to_the_output() -> None:
    layers = words(onion(skins=ALEXNET))[: len(ALEXNET)]
    assert layers == [f"f{'₁₂₃₄₅₆₇₈'[k]} {name}" for k, name in enumerate(ALEXNET)]
    assert "h(x): the class logits" in words(onion())
    assert words(onion(skins=[f"<{k}>" for k in range(12)]))[11] == "f₁₂ <11>"


def test_each_skin_lies_within_the_next() -> None:
    circles = [
        tuple(float(circle.attrib[key]) for key in ("cx", "cy", "r"))
        for circle in svg(onion(skins=ALEXNET)).iter(f"{SVG}circle")
    ]
    assert len(circles) == len(ALEXNET) + 1
    for (x, y, r), (cx, cy, inner) in pairwise(circles):
        assert inner < r
        assert np.hypot(x - cx, y - cy) <= r - inner + 1e-6
    heights = [float(text.attrib["y"]) for text in list(svg(onion(skins=ALEXNET)).iter(f"{SVG}text"))[: len(ALEXNET)]]
    for height, (_, outer, r), (_, inner, core) in zip(heights[::-1], circles, circles[1:], strict=False):
        assert outer - r < height - 10 < height < inner - core, "a name is not within its skin"


# The surface: a committed drawing of what is computed here.


@dataclass(frozen=True)
class Ascent:
    """A trajectory of x ← x + α∇h(x) of the drawing."""

    alpha: float
    color: str
    start: tuple[float, float] = (-1.6, 0.5)
    steps: int = 20

    def points(self) -> np.ndarray:
        """The start, and the point after each step: (steps + 1, 2)."""
        points = [np.array(self.start)]
        for _ in range(self.steps):
            points.append(points[-1] + self.alpha * hill_gradient(points[-1]))
        return np.stack(points)


ASCENTS = {
    "α = 0.02, too small": Ascent(0.02, BLUE),
    "α = 0.15, right": Ascent(0.15, GREEN),
    "α = 0.3, too large": Ascent(0.3, RED),
    "α = 0.15, right, from elsewhere": Ascent(0.15, INK, start=(2.8, -0.2)),
}
SMALL, RIGHT, LARGE, ELSEWHERE = ASCENTS.values()


def hill(x: np.ndarray) -> np.ndarray:
    """A long ridge with its summit near the origin, and a lower, round hill: (…, 2) -> (…)."""
    a, b = x[..., 0], x[..., 1]
    ridge: np.ndarray = 3 * np.exp(-(a**2 - 2 * a * b + 3 * b**2) / 2)
    return ridge + np.exp(-((a - 2) ** 2) - (b + 1) ** 2)


def hill_gradient(x: np.ndarray) -> np.ndarray:
    a, b = x[..., 0], x[..., 1]
    ridge = 3 * np.exp(-(a**2 - 2 * a * b + 3 * b**2) / 2)
    round_hill = np.exp(-((a - 2) ** 2) - (b + 1) ** 2)
    return np.stack([ridge * (b - a) - 2 * round_hill * (a - 2), ridge * (a - 3 * b) - 2 * round_hill * (b + 1)], -1)


SUMMIT = hill(replace(RIGHT, steps=1000).points()[-1])


def to_plane(numbers: list[str]) -> np.ndarray:
    """Coordinates of the drawing as points of the plane."""
    return np.array([float(number) for number in numbers]).reshape(-1, 2) / 75 * (1, -1) + (-2.6, 1.6)


@pytest.mark.parametrize("ascent", ASCENTS.values(), ids=ASCENTS)
def test_the_drawn_trajectories_are_those_of_gradient_ascent(ascent: Ascent) -> None:
    def height(batch: torch.Tensor) -> torch.Tensor:
        a, b = batch[:, 0], batch[:, 1]
        ridge = 3 * torch.exp(-(a**2 - 2 * a * b + 3 * b**2) / 2)
        return ridge + torch.exp(-((a - 2) ** 2) - (b + 1) ** 2)

    start = torch.tensor([ascent.start], dtype=torch.float64)
    steps = [x[0].numpy() for x, _ in ascend([height] * ascent.steps, start, ascent.alpha)]
    assert ascent.points()[1:] == pytest.approx(np.stack(steps))
    (path,) = [
        path.attrib["d"]
        for path in svg(surface()).iter(f"{SVG}path")
        if ascent.color in path.attrib["style"] and "linejoin" in path.attrib["style"]
    ]
    assert to_plane(re.findall(r"-?[\d.]+", path)) == pytest.approx(ascent.points(), abs=0.001)


def test_contours_are_at_their_levels() -> None:
    drawing = svg(surface())
    lines = [path.attrib["d"] for path in drawing.iter(f"{SVG}path") if "stroke-opacity:0.7" in path.attrib["style"]]
    levels = (0.1, 0.3, 0.6, 0.9, 1.3, 1.7, 2.1, 2.5, 2.85)
    assert len(lines) == len(levels)
    for line, level in zip(lines, levels, strict=True):
        points = to_plane(re.findall(r"-?[\d.]+", line))
        assert hill(points) == pytest.approx(np.full(len(points), level), abs=0.03)


def test_the_legend_tells_where_each_ascent_ends() -> None:
    ends = [f"{name}: ends at {hill(ascent.points()[-1]):.2f}" for name, ascent in ASCENTS.items()]
    assert words(surface()) == ends


def test_the_step_sizes_behave_as_they_are_called() -> None:
    heights = {name: hill(ascent.points()) for name, ascent in ASCENTS.items()}
    small, right, large, elsewhere = heights.values()
    assert np.all(np.diff(small) > 0)
    assert small[-1] < 0.6 * SUMMIT
    assert np.all(np.diff(right) > 0)
    assert right[-1] == pytest.approx(SUMMIT, abs=1e-3)
    assert np.diff(large)[-4:] == pytest.approx([0.19] * 4 * np.array([-1, 1, -1, 1]), abs=0.02)
    assert elsewhere[-1] == pytest.approx(1.01, abs=0.01)
    assert hill_gradient(ELSEWHERE.points()[-1]) == pytest.approx([0, 0], abs=0.02)


# The activation over the steps.


def parts(figure: str) -> tuple[list[float], dict[str, float], list[tuple[float, float]]]:
    """The positions of the frames' ticks and of each text, and the points of the line."""
    drawing = svg(figure)
    ticks = [float(path.attrib["data-frame"]) for path in drawing.iter(f"{SVG}path") if "data-frame" in path.attrib]
    texts = {"".join(text.itertext()): float(text.attrib["x"]) for text in drawing.iter(f"{SVG}text")}
    (line,) = [path.attrib["d"] for path in drawing.iter(f"{SVG}path") if "linejoin" in path.attrib.get("style", "")]
    numbers = [float(number) for number in re.findall(r"-?[\d.]+", line)]
    return ticks, texts, list(zip(numbers[::2], numbers[1::2], strict=True))


CURVES = {
    "one step": ([3.0], [1]),
    "two steps": ([3.0, 5.0], [1, 2]),
    "rising": ([float(step) for step in range(256)], [1, 2, 5, 10, 20, 50, 100, 200, 256]),
    "many": ([step**0.5 for step in range(1000)], [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000]),
    "negative": ([-9.0, -4.0, -7.5, -1.0], [1, 2, 4]),
    "from below to above": ([-2.0, 0.0, 3.0, 8.0, 9.0, 9.5, 10.0], [1, 2, 5, 7]),
    "all equal": ([4.0] * 10, [1, 2, 5, 10]),
    "all zero": ([0.0] * 10, [1, 2, 5, 10]),
}


@pytest.mark.parametrize(("activations", "frames"), CURVES.values(), ids=CURVES.keys())
@pytest.mark.parametrize("first", [None, 0, 1])
def test_a_curve_stays_in_its_drawing_and_marks_each_frame(
    activations: list[float], frames: list[int], first: int | None
) -> None:
    figure = curve(activations, frames, first, "Layers & <skins>")
    assert "\n" not in figure
    assert ElementTree.fromstring(figure).findtext("figcaption") == "Layers & <skins>"
    ticks, texts, line = parts(figure)
    width, height = (float(size) for size in svg(figure).attrib["viewBox"].split()[2:])
    assert len(ticks) == len(frames)
    marks = [path.attrib["data-mark"] for path in svg(figure).iter(f"{SVG}path") if "data-mark" in path.attrib]
    assert [float(mark[1:].split()[0]) for mark in marks] == ticks
    assert all(one < other for one, other in pairwise(ticks))
    assert all(0 <= x <= width and 0 <= y <= height for x, y in line)
    assert all(one[0] < other[0] for one, other in pairwise(line))
    assert {str(frames[0]), str(frames[-1])} <= set(texts)
    assert [word for word in texts if "top-1" in word] == ([] if first is None else [f"top-1 after {first}"])
    assert ("dasharray" in figure) == (first is not None)


def test_a_curve_rises_with_the_activation_and_is_aligned_with_its_steps() -> None:
    activations, frames = CURVES["rising"]
    ticks, _, line = parts(curve(activations, frames, 50, ""))
    heights = dict(line)
    assert all(one[1] > other[1] for one, other in pairwise(line)), "y falls where the value rises"
    base = svg(curve(activations, frames, 50, "")).find(f"{SVG}path")
    assert base is not None
    ground = float(base.attrib["d"].split()[1].partition("H")[0])
    scale = (ground - line[-1][1]) / activations[-1]
    for step, x in zip(frames[:3], ticks, strict=False):  # after 1, 2 and 5 steps, which is before the next
        assert (ground - heights[x]) / scale == pytest.approx(activations[step], abs=0.2)
    mark = re.search(r'd="M([\d.]+) [\d.]+V', curve(activations, frames, 50, ""))
    assert mark is not None
    assert float(mark[1]) == ticks[frames.index(50)]


def test_the_labels_of_a_curve_do_not_overlap_and_distinguish_small_values() -> None:
    activations, frames = CURVES["many"]
    _, texts, _ = parts(curve(activations, frames, None, ""))
    steps = sorted(x for word, x in texts.items() if word in map(str, frames) and x >= 44)
    assert all(other - one > 24 for one, other in pairwise(steps))
    assert {"0", "0.31"} <= set(words(curve([0.1, 0.31], [1, 2], None, "")))
    assert {"0", "32"} <= set(words(curve([0.1, 31.6], [1, 2], None, "")))


# Measured values.


def test_a_chart_has_a_line_and_a_name_for_each_series() -> None:
    figure = chart(
        {"up & away": [0.0, 1.0, 2.0], "down": [0.0, -1.0, -3.0]}, [1, 2, 4], "units", "change", "A <caption>"
    )
    drawing = svg(figure)
    lines = [path for path in drawing.iter(f"{SVG}path") if "L" in path.attrib["d"]]
    assert len({path.attrib["style"] for path in lines}) == 2
    assert {"up & away", "down", "1", "2", "4", "units", "change"} <= set(words(figure))
    description = drawing.findtext(f"{SVG}desc") or ""
    assert description.startswith("The change against units. up & away: from 0.0 at 1 to 2.0 at 4")


def test_zero_has_no_sign() -> None:
    labels = words(chart({"line": [0.0, 0.4]}, [1, 2], "units", "share", "A caption", signs=False))
    assert "0" in labels
    assert not [label for label in labels if label.endswith("\N{MINUS SIGN}0")]


# The way through a network.


def test_the_strips_of_a_network_are_joined_by_their_contributions() -> None:
    low = [Cell(f"low {k}", f"{k}.png", f"#<{k}>", [0.5]) for k in range(3)]
    high = [Cell("high 7", "7.png", "../7/", [0.25, -0.5, 0.001])]
    figure = strips("in.png", [("a", low), ("b", high)], ("zebra: 3.1", [1.0]), "The way")
    drawing = svg(figure)
    assert drawing.get("role") == "group"
    links = [(link.get("href"), link.get("aria-label")) for link in drawing.iter(f"{SVG}a")]
    assert links == [("#<0>", "low 0"), ("#<1>", "low 1"), ("#<2>", "low 2"), ("../7/", "high 7")]
    images = list(drawing.iter(f"{SVG}image"))
    assert [image.get("href") for image in images] == ["in.png", "0.png", "1.png", "2.png", "7.png"]
    lines = list(drawing.iter(f"{SVG}path"))
    widths = [float(line.attrib["stroke-width"]) for line in lines]
    assert widths == [4.5, 4.5, 4.5, 2.2, 4.5, 9.0]  # three from the picture, two of three between, one to the end
    assert [line.get("stroke-dasharray") for line in lines] == [None, None, None, None, "4 3", None]
    positions = [(float(image.attrib["x"]), float(image.attrib["y"])) for image in images]
    assert len({y for _, y in positions[1:4]}) == 1
    assert positions[4][1] > positions[1][1] > positions[0][1]
    assert "zebra: 3.1" in words(figure)


# The pages.


def listings(page: str) -> list[tuple[str, str]]:
    """Each Python listing of a page, with the output that is printed below it."""
    text = (WRITE_UPS / page).read_text(encoding="utf-8")
    found = re.findall(r"^``` python\n(.*?)^```\n\n^``` text\n(.*?)^```$", text, re.DOTALL | re.MULTILINE)
    assert len(found) == text.count("\n``` python\n"), f"{page}: a listing without output"
    return found


def run(code: str) -> tuple[str, dict[str, Any]]:
    names: dict[str, Any] = {"__name__": "listing"}
    with contextlib.redirect_stdout(io.StringIO()) as printed:
        exec(compile(code, "listing", "exec", dont_inherit=True), names)
    return printed.getvalue(), names


@pytest.mark.parametrize(("page", "index"), [(page, index) for page in PAGES for index in range(len(listings(page)))])
def test_a_listing_prints_the_output_below_it(page: str, index: int) -> None:
    code, output = listings(page)[index]
    assert run(code)[0] == output


def test_the_hill_of_the_page_is_the_one_drawn() -> None:
    (code,) = [code for code, _ in listings("optimizations.md") if "def hill" in code]
    theirs = run(code)[1]["hill"]
    for point in np.random.default_rng(0).uniform(-2, 2, (20, 2)):
        assert theirs(torch.tensor(point)).item() == pytest.approx(float(hill(point)))


def test_the_numbers_that_the_page_states_are_right() -> None:
    def curvatures(point: np.ndarray) -> np.ndarray:
        return np.linalg.eigvalsh(
            [(hill_gradient(point + step) - hill_gradient(point - step)) / 2e-5 for step in 1e-5 * np.eye(2)]
        )

    top = replace(RIGHT, steps=1000).points()[-1]
    assert -curvatures(top)[0] == pytest.approx(10.2, abs=0.05)
    assert 2 / -curvatures(top)[0] == pytest.approx(0.197, abs=0.0005)
    saddle = np.array([1.667, -0.511])
    assert hill_gradient(saddle) == pytest.approx([0, 0], abs=2e-3)
    assert hill(saddle) == pytest.approx(0.92, abs=0.005)
    low, high = curvatures(saddle)
    assert low < 0 < high


@pytest.mark.parametrize("page", PAGES)
def test_a_page_shows_its_figure(page: str) -> None:
    text = (WRITE_UPS / page).read_text(encoding="utf-8")
    (call,) = re.findall(r"^\{\{ figure\.(\w+)\(.*\) \}\}$", text, re.MULTILINE)
    assert call in ("onion", "surface")
    assert text.count("{{") == 1


# Shares with intervals.


def test_each_dot_stands_at_its_share_within_its_interval() -> None:
    figure = dots(["A & b", "c"], {"top-1": [0.0, 0.5], "top-5": [0.25, 1.0]}, 16, "Shares", "Of sixteen.")
    drawing = svg(figure)
    circles = [(float(each.attrib["cx"]), float(each.attrib["cy"])) for each in drawing.iter(f"{SVG}circle")][2:]
    lines = {
        float(y): (float(start), float(end)) for start, y, end in re.findall(r'd="M([\d.]+) ([\d.]+)H([\d.]+)"', figure)
    }
    assert [round((x - 8) / 392, 2) for x, _ in circles] == [0.0, 0.25, 0.5, 1.0]
    assert len(lines) == 4
    for (x, y), share in zip(circles, (0.0, 0.25, 0.5, 1.0), strict=True):
        start, end = lines[y]
        assert start <= x <= end
        assert (round((start - 8) / 392, 2), round((end - 8) / 392, 2)) == pytest.approx(wilson(share, 16), abs=0.006)
    description = drawing.findtext(f"{SVG}desc")
    assert description is not None
    expected = "Of 16 each. A & b: top-1 0 % (0–19 %), top-5 25 % (10–49 %); c: top-1 50 %"
    assert description.startswith(expected.replace(" %", PERCENT))
    assert [word for word in words(figure) if "%" in word] == [f"{part}{PERCENT}" for part in (0, 25, 50, 75, 100)]
