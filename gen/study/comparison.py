"""The methods of the literature side by side: drawings of the same classes from the same seed in as many steps."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean, median_high
from typing import Any

from pydantic import model_validator

from actmax.measure.intervals import holm, mcnemar
from actmax.measure.models import Frozen
from actmax.networks.labels import Label
from actmax.recipe import Recipe
from actmax.store.entry import Entry
from gen.compared import COMPARED, Compared, compared, preset
from gen.plan import Plan

BENCHMARKS = Path(__file__).parent / "measured"
"""Results for many classes, a file for each target network, written by tests/benchmarks/methods.py."""
CURVES = BENCHMARKS / "curves"
"""The same after several numbers of steps, written by the same with `--curves`."""
TARGET = "target"
"""Key of the target network's own results."""
_FIGURES = ("seconds", "high_frequency_share")
"""Keys of a method's results that are not a network's."""


class Recognition(Frozen):
    """How well a network recognizes one method's drawings."""

    ranks: tuple[int, ...]
    """Of each drawing's class; 1 where the network classifies it correctly."""
    logit_above_gray: float
    """The class's logit minus its logit for a gray image, in standard deviations of the logits; a mean."""

    @property
    def top1(self) -> float:
        """Share of the drawings that it classifies correctly."""
        return self._within(1)

    @property
    def top5(self) -> float:
        """Share whose class is among its five most probable ones."""
        return self._within(5)

    @property
    def median_rank(self) -> int:
        """Of the class."""
        return median_high(self.ranks)

    def _within(self, limit: int) -> float:
        return fmean(rank <= limit for rank in self.ranks)


@dataclass(frozen=True)
class Difference:
    """What two methods' drawings of the same classes are recognized as."""

    gained: int
    """Number of classes whose drawing is recognized by this method only."""
    lost: int
    """Number of classes whose drawing is recognized by the other method only."""
    p: float
    """Of McNemar's exact test that both are recognized equally often, adjusted for the number of methods (Holm)."""


class Benchmark(Frozen):
    """Results for many classes, drawn with one target network."""

    network: str
    classes: int
    processor: str
    precision: str
    command: str
    methods: dict[str, dict[str, Recognition]]
    """By method and network; the target network is called ``target``."""
    seconds: dict[str, float]
    """A drawing's duration, by method."""
    high_frequency_share: dict[str, float]
    """Share of the variance at wavelengths of 8 pixels or less, by method."""

    @property
    def evaluation_networks(self) -> list[str]:
        """Networks that did not take part in the drawings."""
        return [name for name in next(iter(self.methods.values())) if name != TARGET]

    def compared_with(self, method: str, judge: str) -> dict[str, Difference]:
        """Return how each other method differs from one in what a network recognizes of the same classes."""
        one = [rank == 1 for rank in self.methods[method][judge].ranks]
        counts = {}
        for name, of in self.methods.items():
            if name != method:
                pairs = Counter(zip(one, (rank == 1 for rank in of[judge].ranks), strict=True))
                counts[name] = pairs[False, True], pairs[True, False]
        p_values = holm([mcnemar(*pair) for pair in counts.values()])
        return {name: Difference(*pair, p) for (name, pair), p in zip(counts.items(), p_values, strict=True)}

    @model_validator(mode="before")
    @classmethod
    def _by_figure(cls, values: dict[str, Any]) -> dict[str, Any]:
        """A file lists all figures of a method together."""
        methods: dict[str, dict[str, Any]] = values["methods"]
        figures = {name: {method: own[name] for method, own in methods.items()} for name in _FIGURES}
        recognition = {
            method: {name: value for name, value in own.items() if name not in _FIGURES}
            for method, own in methods.items()
        }
        return {**values, **figures, "methods": recognition}


class Share(Frozen):
    """How many of a method's drawings a network recognizes."""

    top1: float
    top5: float


class Curves(Frozen):
    """How well networks recognize each method's drawings after several numbers of steps."""

    network: str
    classes: int
    processor: str
    precision: str
    command: str
    methods: dict[str, dict[int, dict[str, Share]]]
    """By method, number of steps and network; the target network is called ``target``."""

    @property
    def evaluation_networks(self) -> list[str]:
        """Networks that did not take part in the drawings."""
        return [name for name in next(iter(next(iter(self.methods.values())).values())) if name != TARGET]

    @property
    def steps(self) -> list[int]:
        """All numbers of steps, ascending."""
        return sorted({steps for curve in self.methods.values() for steps in curve})

    @model_validator(mode="before")
    @classmethod
    def _of_networks(cls, values: dict[str, Any]) -> dict[str, Any]:
        """A file lists the duration among the networks."""
        methods = {
            method: {
                steps: {name: value for name, value in own.items() if name != "seconds"} for steps, own in curve.items()
            }
            for method, curve in values["methods"].items()
        }
        return {**values, "methods": methods}


@dataclass(frozen=True)
class Row:
    """One method's drawings."""

    method: Compared
    recipe: Recipe
    """Of its first drawing."""
    drawings: Mapping[Label, Entry]


def rows(plan: Plan, entries: Mapping[str, Entry]) -> list[Row]:
    """Return a row for each method, in the order of publication."""
    by_method: dict[str, dict[Label, Entry]] = {}
    for (name, label), drawing in plan.comparison.items():
        by_method.setdefault(name, {})[label] = entries[drawing.recipe.digest()]
    return [Row(compared(name), next(iter(drawings.values())).recipe, drawings) for name, drawings in by_method.items()]


def benchmarks() -> list[Benchmark]:
    """Load the results in the package, the compact network's first."""
    return [Benchmark.model_validate(json.loads(path.read_text("utf-8"))) for path in sorted(BENCHMARKS.glob("*.json"))]


def curves() -> list[Curves]:
    """Load the curves in the package, the compact network's first; none where they have not been measured."""
    return [Curves.model_validate(json.loads(path.read_text("utf-8"))) for path in sorted(CURVES.glob("*.json"))]


def budget() -> int:
    """Return the number of steps that each method has."""
    (steps,) = {preset(method.name)["steps"] for method in COMPARED}
    return int(steps)
