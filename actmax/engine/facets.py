"""Facets of a class: drawings that climb by different shares of the units which speak for it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor, nn

from actmax.errors import RecipeError
from actmax.networks.frozen import freeze
from actmax.networks.network import Forward, Network
from actmax.recipe.recipe import Recipe
from actmax.recipe.target import parse


def by_facets(
    network: Network, layer: str, recipes: Sequence[Recipe], device: torch.device, dtype: torch.dtype
) -> Forward:
    """A network whose logits are what they are, and whose slope reaches only one share of the units for a class.

    A class's logit is a sum over the units of the last hidden layer, each with its weight. Those with a weight above
    zero speak for the class: they are ranked by it, and dealt in turn, so that all shares are as strong. Units that
    speak against it are in all of them. Whatever other drawings there are, a facet is the same: so facets are kept
    apart without being drawn together, unlike the diversity term of Olah et al. 2017 and the clusters of Nguyen,
    Yosinski & Clune 2016, which need photographs.

    Args:
        network: one whose card names the layers of its head.
        layer: of the logits.
        recipes: of a batch; all with as many facets.
        device: where it runs.
        dtype: in which arithmetic.

    Raises:
        RecipeError: the network has no hidden layer with a name, or the target is no class.
    """
    card, asked = network.card, recipes[0]
    if not card.hidden or card.hidden[-1] not in card.layers:
        raise RecipeError(
            f"facets: {card.title} has no last hidden layer that is known by name; AlexNet and the compact one have."
        )
    if layer not in card.outputs:
        raise RecipeError(f"facets: {asked.target} is no class; only a class's logit is a sum over units.")
    hidden = card.hidden[-1]
    weights, bias = network.linear(card.output)
    shares = torch.stack([share(weights[_unit(recipe)], recipe.facets, recipe.facet) for recipe in recipes])
    head = nn.Sequential(nn.ReLU(), _Share(shares), nn.Linear(weights.shape[1], weights.shape[0]))
    head[2].weight, head[2].bias = (nn.Parameter(value.clone(), requires_grad=False) for value in (weights, bias))
    head = head.to(device, dtype)
    freeze(head, asked.relu_leak)
    forward = network.submodel([hidden], (asked.side, asked.side), device, dtype, asked.relu_leak)

    def looked(x: Tensor) -> Mapping[str, Tensor]:
        return {layer: head(forward(x)[hidden])}

    return looked


def _unit(recipe: Recipe) -> int:
    unit = parse(recipe.target).unit
    if unit is None:  # a recipe says so itself
        raise RecipeError(f"facets: {recipe.target} is no class.")
    return unit


def share(weights: Tensor, facets: int, facet: int) -> Tensor:
    """Which units a facet climbs by.

    Args:
        weights: (units), of the class.
        facets: how many shares.
        facet: which.

    Returns:
        (units), 1 or 0.
    """
    rank = weights.argsort(descending=True, stable=True).argsort()
    return ((weights <= 0) | (rank % facets == facet)).float()


class _Share(nn.Module):
    shares: Tensor

    def __init__(self, shares: Tensor) -> None:
        super().__init__()
        self.register_buffer("shares", shares)

    def forward(self, x: Tensor) -> Tensor:
        result: Tensor = _Shared.apply(x, self.shares)
        return result


class _Shared(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: Tensor, shares: Tensor) -> Tensor:
        ctx.save_for_backward(shares)
        return x.view_as(x)

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor, None]:
        (shares,) = ctx.saved_tensors
        return grad * shares, None
