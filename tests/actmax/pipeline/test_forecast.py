"""The log of long work: it counts every drawing, its forecast comes true, and it ends with the work."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import fakes
import pytest

from actmax.engine.batches import batches
from actmax.networks.weights import resolve_weights
from actmax.pipeline import forecast
from actmax.pipeline.draw import draw
from actmax.pipeline.forecast import Forecast
from actmax.pipeline.publish import Rendered
from actmax.recipe import Recipe, compose, parse
from actmax.store import Store

COMPACT = resolve_weights("compact")
SECONDS = {"conv1": 0.026, "conv2": 0.047, "conv3": 0.054, "fc8": 0.065}
"""A step of the compact network up to a layer, as it was measured."""
OTHERWISE = 40
"""Seconds of other work before drawings."""
MEASURING = 0.1
"""A drawing, when all are drawn."""


class Clock:
    """Advances when it is told to, and calls back every 10 seconds."""

    def __init__(self) -> None:
        self.now, self.otherwise = 0.0, 0
        self.every_ten: Callable[[], object] = lambda: None

    def __call__(self) -> float:
        return self.now

    def advance(self, seconds: float) -> None:
        before, self.now = self.now, self.now + seconds
        for _ in range(int(before // 10), int(self.now // 10)):
            self.every_ten()

    def engine(
        self, recipes: Sequence[Recipe], _: object, progress: Callable[[int], object], __: object
    ) -> Iterator[Rendered]:
        """Draws nothing, in the time that drawing takes."""
        for _ in range(OTHERWISE):
            self.otherwise += 1
            self.advance(1)
        progress(0)
        for batch in batches(recipes, 8):
            for _ in range(batch[0].steps):
                self.advance(len(batch) * SECONDS[parse(batch[0].target).layer] * (batch[0].side / 224) ** 2)
                progress(len(batch))
            for recipe in batch:
                yield fakes.files(recipe), fakes.record(recipe)


def recipes(layer: str, count: int, size: int = 224) -> list[Recipe]:
    about = {"network": COMPACT.network, "weights": COMPACT.digest}
    return [compose("robust", {"steps": 64, "size": size}, **about, target=f"{layer}:{one}") for one in range(count)]


def test_every_drawing_is_counted_and_the_forecast_is_within_thirty_percent(tmp_path: Path) -> None:
    """A fast start and a slow end; some are in the store, and others are known only when the first are drawn."""
    store, clock = Store(tmp_path), Clock()
    first, later = [*recipes("fc8", 16, 64), *recipes("conv1", 30)], [*recipes("conv3", 12), *recipes("fc8", 20)]
    for stored in first[3::5]:
        store.put(fakes.files(stored), fakes.record(stored))
    missing = len(first) - len(first[3::5])
    made = Forecast(lambda _: None, MEASURING, clock)
    lines: list[str] = []
    forecasts: list[tuple[float, float]] = []  # when, of the time spent on drawings, and what was left

    def look() -> None:
        lines.append(made.line())
        if (left := made.seconds_left()) is not None:
            forecasts.append((clock.now - clock.otherwise, left))

    clock.every_ten = look
    guess = [*recipes("conv2", 10), *recipes("fc8", 24)]
    made.expect_later(guess, COMPACT.card)
    draw(first, COMPACT, store, engine=clock.engine, forecast=made)
    counted = {line.split(",")[0].split(" of ")[1] for line in lines if line}
    assert counted == {str(missing + len(guess))}
    made.expect_later((), COMPACT.card)
    draw(later, COMPACT, store, engine=clock.engine, forecast=made)
    made.begin("measurements")
    total = missing + len(later)
    clock.advance(MEASURING * total)

    assert len(forecasts) > len(lines) - 2 * OTHERWISE / 10
    took = clock.now - clock.otherwise
    for when, left in forecasts:
        assert left == pytest.approx(took - when, rel=0.3, abs=2), when
    assert made.line() == f"drawn {total} of {total}, now measurements"


def test_a_machine_that_becomes_slow_is_measured_anew() -> None:
    clock, steps = Clock(), 64 * 100
    made = Forecast(lambda _: None, clock=clock)
    made.expect(recipes("fc8", 100), COMPACT.card)
    made.step(0)
    for seconds in (*[0.1] * 3000, *[0.2] * 1200):
        clock.advance(seconds)
        made.step(1)
    assert made.seconds_left() == pytest.approx(0.2 * (steps - 4200), rel=0.3)


def test_nothing_is_forecast_before_drawing_is_measured() -> None:
    clock = Clock()
    made = Forecast(lambda _: None, clock=clock)
    assert made.line() == ""
    made.begin("sounds")
    made.expect_later(recipes("conv1", 1), COMPACT.card)
    assert made.line() == "now sounds"
    made.begin()
    assert made.line() == ""
    made.expect(recipes("fc8", 2), COMPACT.card)
    clock.advance(99)
    made.step(0)
    made.step(2)
    assert made.line() == "drawn 0 of 3"
    clock.advance(20)
    made.step(62)
    assert made.line() == "drawn 0 of 3, about 28 s left"


def test_a_line_comes_in_time_whatever_is_done(monkeypatch: pytest.MonkeyPatch) -> None:
    assert forecast.LOG_INTERVAL <= 30
    monkeypatch.setattr(forecast, "LOG_INTERVAL", 0.01)
    lines: list[str] = []
    with Forecast(lines.append) as made:
        made.begin("a task that reports nothing")
        until = time.monotonic() + 60
        while len(lines) < 2 and time.monotonic() < until:
            time.sleep(0.01)
    assert lines[:2] == ["now a task that reports nothing"] * 2


@pytest.mark.parametrize("end", [ValueError, KeyboardInterrupt])
def test_no_thread_is_left_by_a_fault_or_an_interruption(end: type[BaseException]) -> None:
    def work() -> None:
        with Forecast(lambda _: None):
            assert len(threading.enumerate()) == len(before) + 1
            raise end

    before = threading.enumerate()
    with pytest.raises(end):
        work()
    assert threading.enumerate() == before
