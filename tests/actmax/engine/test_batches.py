"""Recipes of one batch differ in seed, channel, facet and start image alone."""

from __future__ import annotations

from typing import Any

import pytest
from recipes import changed, robust, unchanged

from actmax.engine.batches import batches
from actmax.recipe import Recipe


def together(first: Recipe, second: Recipe) -> bool:
    return len(batches([first, second])) == 1


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ({"seed": 0}, {"seed": 1}),
        ({"target": "fc8:340"}, {"target": "fc8:292"}),
        ({"target": "conv5:1@3,7"}, {"target": "conv5:2@3,7"}),
        ({"target": "fc8:340"}, {"target": "fc8:340 - 0.5*fc8:292"}),
        ({"target": "conv5"}, {"target": "conv5", "seed": 7}),
        ({"start": "0" * 16}, {"start": "1" * 16}),
        ({"facets": 3, "facet": 0}, {"facets": 3, "facet": 2}),
    ],
)
def test_recipes_that_differ_in_what_each_image_has_of_its_own_share_a_batch(
    first: dict[str, Any], second: dict[str, Any]
) -> None:
    assert together(robust(**first), robust(**second))


@pytest.mark.parametrize("field", sorted(set(Recipe.model_fields) - {"seed", "target", "facet"}))
def test_no_batch_is_shared_by_recipes_that_differ_in(field: str) -> None:
    # The start differs as an image and noise here; two images share a batch.
    assert not together(changed(field), unchanged(field))


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("conv5:12", "conv4:12"),
        ("conv5:12", "conv5"),
        ("conv5:12", "conv5:12@center"),
        ("conv5:12@3,7", "conv5:12@7,3"),
    ],
)
def test_no_batch_is_shared_by_targets_of_other_layers_or_positions(first: str, second: str) -> None:
    assert not together(robust(target=first), robust(target=second))


def test_no_batch_is_shared_by_a_class_with_a_margin_and_a_group_without() -> None:
    assert not together(robust(margin_weight=0.5), robust(margin_weight=0.5, target="fc8:340 - 0.5*fc8:292"))
