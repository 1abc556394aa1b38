"""What a network does with one picture, layer by layer: its shapes, its strongest channels, and what units add."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from actmax.networks.network import Network, normalize
from actmax.recipe.target import Target, read

CPU = torch.device("cpu")


@torch.inference_mode()
def layers(network: Network, size: int) -> list[dict[str, Any]]:
    """The named layers of a network, from the image on.

    Args:
        network: as loaded.
        size: of the image, in pixels.

    Returns:
        For each: ``name``, ``shape`` of its output for one image (C, H, W) or (C), and how many
        ``parameters`` it has.
    """
    image = torch.zeros(1, 3, size, size)
    found = []
    for name in network.card.layers or [network.card.output]:
        output = network.up_to(name, CPU, torch.float32)(image)
        found.append({"name": name, "shape": list(output.shape[1:]), "parameters": network.parameters(name)})
    return found


@torch.inference_mode()
def strongest(network: Network, rgb: Tensor, layer: str, count: int) -> list[tuple[int, float]]:
    """The channels of a layer that a picture excites most, best first.

    Args:
        network: as loaded.
        rgb: (1, 3, H, W) in [0, 1].
        layer: its name; outputs are those before the ReLU.
        count: how many channels.

    Returns:
        (channel, mean activation over space), which is what a drawing of the channel maximises.
    """
    means = read(Target(layer, ((0, 1.0),)), network.up_to(layer, CPU, torch.float32)(normalize(rgb)))[0]
    best = means.topk(min(count, len(means)))
    return list(zip(best.indices.tolist(), best.values.tolist(), strict=True))


@torch.inference_mode()
def without_units(
    network: Network, pictures: list[tuple[Tensor, int]], counts: list[int], seed: int = 0
) -> list[dict[str, Any]]:
    """How class logits change when units of the last hidden layer are silenced.

    A logit is a weighted sum of that layer's activations after the ReLU, so what a unit adds is
    exactly its weight times its activation, and silencing a set takes their sum away.

    Args:
        network: one whose card names at least two layers, the last of them linear.
        pictures: each (1, 3, H, W) in [0, 1], with the class whose logit is asked for.
        counts: how many units to silence.
        seed: of the random choices.

    Returns:
        For each picture the ``logit`` as it is; ``active``, how many of the ``units`` are not zero;
        and for each way of choosing the changes in logit, one for each count: the ``most`` active,
        the ``least`` active that are not zero, and units at ``random`` (the mean over 100 choices
        among all units).
    """
    hidden = list(network.card.layers)[-2]
    cut = network.up_to(hidden, CPU, torch.float32)
    weights, bias = network.linear(network.card.output)
    generator = torch.Generator().manual_seed(seed)
    shuffled = torch.stack([torch.randperm(weights.shape[1], generator=generator) for _ in range(100)])
    found = []
    for rgb, unit in pictures:
        activations = cut(normalize(rgb))[0].relu()
        added = weights[unit] * activations
        alive = activations.argsort(descending=True)[: int((activations > 0).sum())]
        found.append(
            {
                "layer": hidden,
                "logit": (added.sum() + bias[unit]).item(),
                "units": len(added),
                "active": len(alive),
                "most": [-added[alive[:count]].sum().item() for count in counts],
                "least": [-added[alive[-count:]].sum().item() for count in counts],
                "random": [-added[shuffled[:, :count]].sum(1).mean().item() for count in counts],
            }
        )
    return found
