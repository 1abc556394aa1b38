"""Drawings that start from a photo: of which picture, how much of it stays, and what a network without names can do."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from actmax import load
from actmax.engine.pictures import fit
from actmax.measure.measure import decode
from actmax.networks import labels
from actmax.networks.weights import Source
from actmax.recipe import Recipe
from actmax.store import Entry, Store
from gen.plan import Plan
from gen.study.photo import photo

Plans = Callable[..., Plan]
GROUPS = {"animals": ["zebra"]}
UNNAMED = Source("squeezenet1_0", "0123456789abcdef", Path("nowhere"))
"""A network whose layers have no names."""


@pytest.fixture
def cat(tmp_path: Path) -> str:
    """What recipes call a picture of noise, 90 × 60."""
    path = tmp_path / "cat.png"
    Image.fromarray(np.random.default_rng(0).integers(0, 256, (60, 90, 3), dtype=np.uint8)).save(path)
    return hashlib.sha256(path.read_bytes()).hexdigest()[:16]


def wanted(*keep: float, **values: Any) -> dict[str, Any]:
    return {"photo": {"picture": "cat.png", "class": "tiger", "feature_weights": list(keep)}, **values}


def recipes(made: Plan) -> dict[float, Recipe]:
    return {weight: one.recipe for weight, one in made.from_photo.items()}


def test_feature_weights_are_in_descending_order(planned: Plans, cat: str) -> None:
    found = recipes(planned(GROUPS, **wanted(0, 0.2, 0.5, 0.2, seeds=[7, 3])))
    assert list(found) == [0.5, 0.2, 0.0]
    assert [(one.feature_weight, one.feature_layer) for one in found.values()] == [
        (0.5, "conv3"),
        (0.2, "conv3"),
        (0.0, ""),
    ]
    assert {(one.start, one.start_sd, one.target, one.seed) for one in found.values()} == {(cat, 0.0, "fc8:292", 7)}


def test_without_the_setting_nothing_starts_from_a_photo(planned: Plans, store: Store) -> None:
    assert recipes(planned(GROUPS)) == {}
    assert photo(planned(GROUPS), {}, None, store) is None


def test_networks_without_layer_names_keep_no_features(planned: Plans, cat: str) -> None:
    found = recipes(planned(GROUPS, drawn_by=UNNAMED, **wanted(0.5, 0.2)))
    assert [(keep, one.feature_weight, one.feature_layer, one.start) for keep, one in found.items()] == [
        (0.0, 0.0, "", cat)
    ]


def test_the_photo_is_shown_as_the_recipes_start(
    planned: Plans, drawn: Callable[..., dict[str, Entry]], cat: str, store: Store
) -> None:
    made = planned(GROUPS, **wanted(0, 0.5))
    entries = drawn(made)
    found = photo(made, entries, made.source, store)
    assert found is not None
    assert found.measures is not None
    assert found.evaluation is not None
    tiger = labels.resolve_class("tiger")
    network = load("compact")
    logits = network.logits(network.normalize(decode(found.picture)))[0]
    assert found.measures.activation == pytest.approx(float(logits[tiger.index]), abs=1e-3)
    assert found.measures.rank == 1 + int((logits > logits[tiger.index]).sum())
    assert found.evaluation.activation != found.measures.activation  # at the size that the network was trained on
    assert photo(made, entries, None, store).evaluation is None  # type: ignore[union-attr]
    assert found.label == labels.resolve_class("tiger")
    assert torch.equal(decode(found.picture)[0], fit(made.starts.pictures[cat], (64, 64)))
    assert {keep: entry.recipe for keep, entry in found.drawings.items()} == recipes(made)
