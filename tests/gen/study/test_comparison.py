"""The methods side by side: the same steps, seeds and classes, and their benchmark results."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from actmax.networks import labels
from actmax.networks.cards import EVALUATION, card
from actmax.networks.weights import Source, resolve_weights
from actmax.recipe import METHODS
from gen.compared import COMPARED, Compared
from gen.plan import Plan
from gen.study import comparison

Plans = Callable[..., Plan]
ZEBRA, VOLCANO = labels.resolve_class("zebra"), labels.resolve_class("volcano")
GROUPS = {"animals": ["zebra"]}
NAMES = [method.name for method in COMPARED]
DOCS = Path(__file__).parents[3] / "docs"


def test_every_method_draws_every_class_in_64_steps_from_the_same_seed(planned: Plans) -> None:
    made = planned(GROUPS, comparison={"classes": ["zebra", "volcano", 340]}, seeds=[7, 3])
    recipes = {key: one.recipe for key, one in made.comparison.items()}
    assert list(recipes) == [(name, label) for name in NAMES for label in (ZEBRA, VOLCANO)]
    assert len({recipe.digest() for recipe in recipes.values()}) == len(NAMES) * 2
    assert {(recipe.steps, recipe.seed, recipe.size) for recipe in recipes.values()} == {(64, 7, 64)}
    assert comparison.budget() == 64
    assert [recipe.target for recipe in recipes.values()] == ["fc8:340", "fc8:980"] * len(NAMES)


def test_every_named_method_is_compared() -> None:
    assert sorted(NAMES) == sorted(METHODS), "add it to COMPARED in gen/compared.py"


def test_without_the_setting_nothing_is_compared(planned: Plans) -> None:
    assert planned(GROUPS).comparison == {}


def test_the_gallerys_own_drawing_is_used_for_its_method(planned: Plans) -> None:
    made = planned(GROUPS, comparison={"classes": ["zebra"]}, methods={"smooth": None})
    assert made.comparison["smooth", ZEBRA].recipe == made.class_pages[0].variants[0].recipe
    assert len(made.recipes()) == len(NAMES)


def test_statistics_are_left_out_for_networks_without_them(planned: Plans) -> None:
    other = Source("alexnet", "0123456789abcdef", Path("nowhere"))
    made = planned(GROUPS, drawn_by=other, comparison={"classes": ["zebra"]})
    drawn = [name for name, _ in made.comparison]
    assert drawn == [name for name in NAMES if name != "statistics"]


def test_methods_are_in_the_order_of_publication(planned: Plans) -> None:
    made = planned(GROUPS, comparison={"classes": ["zebra"], "methods": ["smooth", "erhan"]})
    assert list(made.comparison) == [("erhan", ZEBRA), ("smooth", ZEBRA)]


@pytest.mark.parametrize("method", COMPARED, ids=NAMES)
def test_every_source_is_a_page_of_the_site(method: Compared) -> None:
    file, _, anchor = method.source.partition("#")
    page = (DOCS / file).read_text("utf-8")
    assert not anchor or f"{{ #{anchor} }}" in page


# Benchmarks.


def test_benchmarks_are_read_from_the_package(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def recognition(*ranks: int) -> dict[str, Any]:
        return {"ranks": ranks, "logit_above_gray": -1.25, "log_probability": -3.0}

    values = {
        **dict.fromkeys(("weights", "processor", "precision", "torch", "python", "command"), "known"),
        "network": "a network",
        "classes": 4,
        "threads": 1,
        "methods": {
            "plain": {
                "seconds": 2.5,
                "high_frequency_share": 0.75,
                "target": recognition(1, 1, 1, 1),
                "an evaluator": recognition(1, 2, 9, 30),
                "another": recognition(7, 5, 4, 100),
            },
            "smooth": {
                "seconds": 0.5,
                "high_frequency_share": 0.0625,
                "target": recognition(1, 1, 1, 2),
                "an evaluator": recognition(2, 1, 1, 1),
                "another": recognition(1, 1, 1, 1),
            },
        },
    }
    (tmp_path / "b.json").write_text(json.dumps(values), "utf-8")
    (tmp_path / "a.json").write_text(json.dumps({**values, "network": "the first"}), "utf-8")
    monkeypatch.setattr(comparison, "BENCHMARKS", tmp_path)
    first, found = comparison.benchmarks()
    assert (first.network, found.network, found.classes) == ("the first", "a network", 4)
    assert found.evaluation_networks == ["an evaluator", "another"]
    assert {
        name: (results["target"].top1, results["an evaluator"].top1) for name, results in found.methods.items()
    } == {
        "plain": (1.0, 0.25),
        "smooth": (0.75, 0.75),
    }
    results = found.methods["plain"]["another"]
    assert (results.top1, results.top5, results.median_rank, results.logit_above_gray) == (0, 0.5, 7, -1.25)
    # One class is recognized in the plain drawing only, and three in the other one: a fair coin does that often.
    assert found.compared_with("smooth", "an evaluator") == {"plain": comparison.Difference(1, 3, 0.625)}
    assert (found.seconds, found.high_frequency_share) == (
        {"plain": 2.5, "smooth": 0.5},
        {"plain": 0.75, "smooth": 0.0625},
    )


def test_curves_are_read_from_the_package(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, curves_of: Callable[..., dict[str, Any]]
) -> None:
    monkeypatch.setattr(comparison, "CURVES", tmp_path)
    assert comparison.curves() == []
    (tmp_path / "compact.json").write_text(json.dumps(curves_of("robust", "maco", steps=(512, 16))), "utf-8")
    (found,) = comparison.curves()
    assert (found.steps, found.evaluation_networks, list(found.methods)) == (
        [16, 512],
        ["mobilenet-v2"],
        ["robust", "maco"],
    )
    share = found.methods["maco"][512]["mobilenet-v2"]
    assert (found.classes, share.top1, share.top5) == (16, 0.25, 0.5)


def test_benchmarks_cover_the_compared_methods_and_known_networks() -> None:
    compact, *others = comparison.benchmarks()
    assert compact.network == card("compact").title
    raw = json.loads((comparison.BENCHMARKS / "compact.json").read_text("utf-8"))
    assert raw["weights"] == resolve_weights("compact").digest  # of the very weights in the package
    assert list(compact.methods) == NAMES, f"measure what is missing, in this order: {raw['command']}"
    for found in (compact, *others):
        assert found.methods.keys() >= set(NAMES) - {"statistics"}
        assert found.evaluation_networks == [EVALUATION]
        assert found.seconds.keys() == found.high_frequency_share.keys() == found.methods.keys()
        assert 0 <= min(found.high_frequency_share.values()) <= max(found.high_frequency_share.values()) <= 1
        for one in (one for results in found.methods.values() for one in results.values()):
            assert len(one.ranks) == found.classes
            assert 1 <= min(one.ranks) <= max(one.ranks) <= len(labels.classes())
