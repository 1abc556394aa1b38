"""Facets: the units that speak for a class are dealt, the logits stay what they are, and the slope goes by a share."""

from __future__ import annotations

import pytest
import torch

from actmax.engine.facets import by_facets, share
from actmax.networks.load import load
from actmax.networks.network import Network
from actmax.networks.weights import resolve_weights
from actmax.recipe import Recipe, compose

CPU = torch.device("cpu")
WEIGHTS = torch.tensor([3.0, -1.0, 2.0, 1.0, 0.0, 0.5])


@pytest.fixture(scope="module")
def compact() -> Network:
    return load(resolve_weights("compact"))


def recipe(network: Network, unit: int, **fields: object) -> Recipe:
    chosen = {"size": 64, **fields}
    return compose("robust", chosen, network=network.card.name, weights=network.weights, target=f"fc8:{unit}")


def test_units_that_speak_for_a_class_are_dealt_by_rank_and_the_others_are_in_every_share() -> None:
    assert share(WEIGHTS, 2, 0).tolist() == [1, 1, 0, 1, 1, 0]
    assert share(WEIGHTS, 2, 1).tolist() == [0, 1, 1, 0, 1, 1]
    assert share(WEIGHTS, 1, 0).tolist() == [1, 1, 1, 1, 1, 1]


@pytest.mark.parametrize("facets", [2, 3, 7])
def test_shares_are_parts_of_one_whole_and_about_as_strong(facets: int) -> None:
    weights = torch.randn(512, generator=torch.Generator().manual_seed(0))
    shares = torch.stack([share(weights, facets, facet) for facet in range(facets)])
    speaking = weights > 0
    assert (shares[:, speaking].sum(0) == 1).all()
    assert (shares[:, ~speaking] == 1).all()
    strengths = (shares * weights.clamp_min(0)).sum(1)
    assert strengths.max() < 1.2 * strengths.min()


def test_logits_are_the_networks_own_and_the_slope_is_that_of_each_images_share(compact: Network) -> None:
    recipes = [recipe(compact, unit, facets=3, facet=facet) for unit, facet in ((340, 0), (340, 2), (292, 1))]
    x = torch.randn(3, 3, 64, 64, generator=torch.Generator().manual_seed(0)).requires_grad_()
    logits = by_facets(compact, "fc8", recipes, CPU, torch.float32)(x)["fc8"]
    torch.testing.assert_close(logits, compact.logits(x), rtol=1e-4, atol=1e-4)
    (found,) = torch.autograd.grad(logits[0, 340] + logits[1, 340] + logits[2, 292], x)

    weights, _ = compact.linear("fc8")
    heard = compact.submodel(["fc6"], (64, 64))(x)["fc6"].relu()
    shared = [share(weights[unit], 3, facet) * weights[unit] for unit, facet in ((340, 0), (340, 2), (292, 1))]
    (expected,) = torch.autograd.grad((heard * torch.stack(shared)).sum(), x)
    torch.testing.assert_close(found, expected, rtol=1e-3, atol=1e-5)


def test_a_single_facet_is_the_slope_itself(compact: Network) -> None:
    x = torch.randn(1, 3, 64, 64, generator=torch.Generator().manual_seed(0)).requires_grad_()
    whole = by_facets(compact, "fc8", [recipe(compact, 340, facets=1, relu_leak=0.1)], CPU, torch.float32)(x)["fc8"]
    usual = compact.submodel(["fc8"], (64, 64), relu_leak=0.1)(x)["fc8"]
    grads = [torch.autograd.grad(logits[0, 340], x)[0] for logits in (whole, usual)]
    torch.testing.assert_close(*grads, rtol=1e-3, atol=1e-5)
