"""Diversity of the drawings of one class: the drawings and their distances."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from torch import nn

from actmax.measure.distance import mean_cosine_distance
from actmax.networks.weights import Source, resolve_weights
from actmax.networks.wrapping import wrap
from actmax.pipeline.publish import load
from actmax.store import Entry, Store
from gen.plan import Plan
from gen.study.diversity import diversity

Plans = Callable[..., Plan]
GROUPS = {"animals": ["zebra", "tiger"]}
WANTED = {"class": "zebra", "seeds": 2, "facets": 3}


def test_one_class_is_drawn_from_seeds_and_facets(planned: Plans) -> None:
    made = planned(GROUPS, diversity=WANTED, seeds=[7, 3], methods={"smooth": None})
    seeds, facets = ([one.recipe for one in some] for some in (made.by_seeds, made.by_facets))
    assert [(one.seed, one.facets) for one in seeds] == [(7, 0), (8, 0)]
    assert [(one.seed, one.facets, one.facet) for one in facets] == [(7, 3, 0), (7, 3, 1), (7, 3, 2)]
    assert {one.target for one in (*seeds, *facets)} == {"fc8:340"}
    assert seeds[0] == made.class_pages[0].variants[0].recipe  # the gallery's own


def test_without_the_setting_there_is_no_diversity(planned: Plans, store: Store) -> None:
    assert (planned(GROUPS).by_seeds, planned(GROUPS).by_facets) == ((), ())
    assert diversity(planned(GROUPS), {}, resolve_weights("compact"), store) is None


def test_a_network_whose_layers_have_no_names_has_no_facets(planned: Plans) -> None:
    other = Source("squeezenet1_0", "0123456789abcdef", Path("nowhere"))
    made = planned(GROUPS, drawn_by=other, diversity=WANTED)
    assert ([one.recipe.target for one in made.by_seeds], made.by_facets) == (["logits:340"] * 2, ())


def test_distance_of_equal_drawings_is_zero_and_of_others_positive(
    planned: Plans, drawn: Callable[..., dict[str, Entry]], store: Store
) -> None:
    """A fake's colour depends on class, seed and steps, so that all facets are one picture; the cosine of two of them
    is rounded to more than 1."""
    made = planned(GROUPS, diversity=WANTED)
    found = diversity(made, drawn(made), made.source, store)
    assert found is not None
    assert found.facet_distance == pytest.approx(0, abs=1e-6)
    assert found.class_distance is not None
    assert found.class_distance > found.seed_distance > 1e-6
    assert (found.classes, len(found.seeds), len(found.facets)) == (2, 2, 3)


def test_a_gallery_of_one_class_has_no_class_distance(
    planned: Plans, drawn: Callable[..., dict[str, Entry]], store: Store
) -> None:
    made = planned({"animals": ["zebra"]}, diversity=WANTED)
    found = diversity(made, drawn(made), made.source, store)
    assert found is not None
    assert (found.class_distance, found.classes) == (None, 1)


# The distance.


def test_distance_does_not_depend_on_the_order() -> None:
    network = load(resolve_weights("compact"))
    images = torch.rand(3, 1, 3, 64, 64, generator=torch.Generator().manual_seed(0)).unbind()
    distance = mean_cosine_distance(network, images)
    assert distance > 0.001
    assert mean_cosine_distance(network, images[::-1]) == pytest.approx(distance, abs=1e-6)


def test_features_are_the_last_layers_input() -> None:
    network = load(resolve_weights("compact"))
    weight, bias = network.linear("fc8")
    x = network.normalize(torch.rand(2, 3, 96, 96, generator=torch.Generator().manual_seed(0)))
    features = network.features(x)
    assert features.shape == (2, weight.shape[1])
    torch.testing.assert_close(features @ weight.T + bias, network.logits(x))


def test_features_of_a_map_are_its_mean() -> None:
    last = nn.Conv2d(4, 5, 1)
    network = wrap(nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU(), last, nn.AdaptiveAvgPool2d(1), nn.Flatten()), size=16)
    x = torch.rand(2, 3, 16, 16)
    features = network.features(x)
    assert features.shape == (2, 4)
    assert last.bias is not None
    torch.testing.assert_close(features @ last.weight.flatten(1).T + last.bias, network.logits(x))
