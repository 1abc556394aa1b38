"""The methods side by side: all have as many steps, the same noise and the same classes, and figures of their own."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from actmax.networks import labels
from actmax.networks.cards import card
from actmax.networks.weights import Source, resolve_weights
from gen.compared import COMPARED, Compared
from gen.plan import Plan
from gen.study import comparison

Plans = Callable[..., Plan]
ZEBRA, VOLCANO = labels.resolve_class("zebra"), labels.resolve_class("volcano")
GROUPS = {"animals": ["zebra"]}
NAMES = [method.name for method in COMPARED]
DOCS = Path(__file__).parents[3] / "docs"


def test_each_method_draws_each_class_in_64_steps_from_the_same_seed(planned: Plans) -> None:
    made = planned(GROUPS, comparison={"classes": ["zebra", "volcano", 340]}, seeds=[7, 3])
    recipes = {key: one.recipe for key, one in made.comparison.items()}
    assert list(recipes) == [(name, label) for name in NAMES for label in (ZEBRA, VOLCANO)]
    assert len({recipe.digest() for recipe in recipes.values()}) == 11 * 2
    assert {(recipe.steps, recipe.seed, recipe.size) for recipe in recipes.values()} == {(64, 7, 64)}
    assert comparison.budget() == 64
    assert [recipe.target for recipe in recipes.values()] == ["fc8:340", "fc8:980"] * 11


def test_without_a_word_nothing_is_compared(planned: Plans) -> None:
    assert planned(GROUPS).comparison == {}


def test_what_the_site_draws_with_is_compared_by_the_gallerys_own_drawing(planned: Plans) -> None:
    made = planned(GROUPS, comparison={"classes": ["zebra"]}, methods={"smooth": None})
    assert made.comparison["smooth", ZEBRA].recipe == made.class_pages[0].variants[0].recipe
    assert len(made.recipes()) == len(NAMES)


def test_statistics_are_left_out_for_a_network_that_they_were_not_measured_for(planned: Plans) -> None:
    other = Source("alexnet", "0123456789abcdef", Path("nowhere"))
    made = planned(GROUPS, drawn_by=other, comparison={"classes": ["zebra"]})
    drawn = [name for name, _ in made.comparison]
    assert drawn == [name for name in NAMES if name != "statistics"]
    assert len(drawn) == 10


def test_the_methods_that_are_named_stand_in_the_order_of_their_invention(planned: Plans) -> None:
    made = planned(GROUPS, comparison={"classes": ["zebra"], "methods": ["smooth", "erhan"]})
    assert list(made.comparison) == [("erhan", ZEBRA), ("smooth", ZEBRA)]


@pytest.mark.parametrize("method", COMPARED, ids=NAMES)
def test_each_method_is_from_a_page_of_the_site(method: Compared) -> None:
    file, _, anchor = method.source.partition("#")
    page = (DOCS / file).read_text("utf-8")
    assert not anchor or f"{{ #{anchor} }}" in page


# The figures for many classes.


def test_the_figures_for_many_classes_are_those_of_the_package(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def says(first: float) -> dict[str, float]:
        return {"top1": first, "top5": 0.5, "median_rank": 4, "logit_above_gray": -1.25, "log_probability": -3.0}

    values = {
        **dict.fromkeys(("weights", "processor", "precision", "torch", "python", "command"), "known"),
        "network": "a network",
        "classes": 100,
        "threads": 1,
        "methods": {
            "plain": {
                "seconds": 2.5,
                "high_frequency_share": 0.75,
                "target": says(1.0),
                "a judge": says(0.25),
                "another": says(0.125),
            },
            "smooth": {
                "seconds": 0.5,
                "high_frequency_share": 0.0625,
                "target": says(0.9),
                "a judge": says(0.4),
                "another": says(0),
            },
        },
    }
    (tmp_path / "b.json").write_text(json.dumps(values), "utf-8")
    (tmp_path / "a.json").write_text(json.dumps({**values, "network": "the first"}), "utf-8")
    monkeypatch.setattr(comparison, "BENCHMARKS", tmp_path)
    first, found = comparison.benchmarks()
    assert (first.network, found.network, found.classes) == ("the first", "a network", 100)
    assert found.evaluation_networks == ["a judge", "another"]
    assert {name: (said["target"].top1, said["a judge"].top1) for name, said in found.methods.items()} == {
        "plain": (1.0, 0.25),
        "smooth": (0.9, 0.4),
    }
    said = found.methods["plain"]["another"]
    assert (said.top1, said.top5, said.median_rank, said.logit_above_gray) == (0.125, 0.5, 4, -1.25)
    assert (found.seconds, found.high_frequency_share) == (
        {"plain": 2.5, "smooth": 0.5},
        {"plain": 0.75, "smooth": 0.0625},
    )


def test_what_the_package_brings_is_about_the_methods_that_are_compared_and_known_networks() -> None:
    compact, other = comparison.benchmarks()
    assert compact.network == card("compact").title
    raw = json.loads((comparison.BENCHMARKS / "compact.json").read_text("utf-8"))
    assert raw["weights"] == resolve_weights("compact").digest  # of the very weights in the package
    assert list(compact.methods) == NAMES
    assert list(other.methods) == [name for name in NAMES if name != "statistics"]
    for found in (compact, other):
        assert [card(judge).family for judge in found.evaluation_networks] == ["timm", "timm"]
        assert found.seconds.keys() == found.high_frequency_share.keys() == found.methods.keys()
        parts = [part for said in found.methods.values() for one in said.values() for part in (one.top1, one.top5)]
        assert (
            0
            <= min(*parts, *found.high_frequency_share.values())
            <= max(*parts, *found.high_frequency_share.values())
            <= 1
        )
        assert all(one.top1 <= one.top5 for said in found.methods.values() for one in said.values())
