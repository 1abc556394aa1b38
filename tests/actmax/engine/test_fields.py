"""Every field of a recipe that belongs to a method changes what is drawn."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from PIL import Image
from recipes import changed, unchanged

from actmax.engine.render import render
from actmax.networks.load import load
from actmax.networks.network import Network
from actmax.networks.weights import resolve_weights
from actmax.recipe import Recipe

NAMES = {"algorithm", "network", "weights"}
"""Fields that say by which arithmetic and network; the digest alone depends on them here."""
ELSEWHERE = {"precision"}
"""Bfloat16 is not fast on every machine; tests/actmax/engine/test_company.py has the precision."""
SMALL: dict[str, Any] = {"size": 64, "steps": 4, "precision": "fp32"}
"""Of every recipe here, since it is drawn on a processor."""
VALUES: dict[str, Any] = {"size": 80, "steps": 5, "canvas": 64, "excess_variation_limit": 10.0}
"""Where that of tests/shared/recipes.py makes no difference, or takes long, in so small an image."""
BESIDES: dict[str, dict[str, Any]] = {
    "canvas": {"size": 80},
    **{field: {"start_sd": 3.0} for field in ("contrast_limit", "color_bound", "clip", "excess_variation_limit")},
}
"""What a field needs besides: bounds act on an image that is out of them."""


@pytest.fixture(scope="module")
def compact() -> Network:
    return load(resolve_weights("compact"))


def start(seed: int) -> Image.Image:
    colors = np.random.default_rng(seed).integers(40, 216, (5, 5, 3), dtype=np.uint8)
    return Image.fromarray(colors).resize((64, 64), Image.Resampling.BILINEAR)


@pytest.mark.parametrize("field", sorted(set(Recipe.model_fields) - NAMES - ELSEWHERE))
def test_pixels_change_with(compact: Network, field: str) -> None:
    small = {**SMALL, "weights": compact.weights, **BESIDES.get(field, {})}
    before = Recipe(**{**unchanged(field).model_dump(), **small})
    value = VALUES.get(field, getattr(changed(field), field))
    after = Recipe(**{**before.model_dump(), field: value})
    starts = {recipe.start: start(number) for number, recipe in enumerate((before, after)) if recipe.start}
    first, second = (next(iter(render([recipe], compact, starts=starts))).image for recipe in (before, after))
    changes = first.size != second.size or not np.array_equal(np.asarray(first), np.asarray(second))
    assert changes, f"{field} changes no pixel: connect it in actmax/engine/methods.py"
