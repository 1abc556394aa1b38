"""The front page's row: drawings that the evaluation network recognizes come first, failed ones last."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import fakes

from gen.pages import Contents, filled_in
from gen.study import Evaluation

PAGE = "---\nmeasured: true\n---\n{{ best(2) }}\n"


def order(contents: Contents) -> list[str]:
    return [plate.label.name for plate in contents.best]


def test_failed_drawings_come_last(planned: Callable[..., Any], collected: Callable[..., Contents]) -> None:
    plan = planned({"animals": ["zebra", "tiger", "goldfish"]})
    assert order(collected(plan, failed=[340])) == ["tiger", "goldfish", "zebra"]


def test_the_evaluation_network_counts_before_the_target_network(
    planned: Callable[..., Any], collected: Callable[..., Contents]
) -> None:
    plan = planned({"animals": ["zebra", "tiger", "goldfish"]})
    ranks = {340: 9, 292: 3, 1: 1}
    measures = {
        plate.variants[0].recipe.digest(): fakes.measures(plate.label.index, ranks[plate.label.index])
        for plate in plan.class_pages
    }
    contents = collected(plan, evaluation=Evaluation(plan.card, measures))
    assert order(contents) == ["goldfish", "tiger", "zebra"]
    row = filled_in(contents, "index.md", PAGE)
    assert row is not None
    assert re.findall(r'href="([^"]+)"', row) == ["gallery/goldfish/", "gallery/tiger/"]
