"""What a network's layers are, and what becomes of a logit without some units."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from actmax.networks.network import Network


def layers(network: Network, size: int) -> list[dict[str, Any]]:
    """The layers that the network's card names, from the image on; none where it names none.

    Args:
        network: as loaded.
        size: of the image, in pixels.

    Returns:
        For each: ``name``, ``shape`` of its output for one image (C, H, W) or (C), and how many
        ``parameters`` it has.
    """
    outputs = network.trace((size, size)) if network.card.layers else {}
    return [
        {"name": name, "shape": list(outputs[name].shape[1:]), "parameters": network.parameters(name)}
        for name in network.card.layers
        if name in outputs
    ]


@torch.inference_mode()
def without_units(
    network: Network, pictures: list[tuple[Tensor, int]], counts: list[int], seed: int = 0
) -> list[dict[str, Any]]:
    """How class logits change when units of the last hidden layer are silenced.

    A logit is a weighted sum of that layer's activations after the ReLU, so what a unit adds is
    exactly its weight times its activation, and silencing a set takes their sum away.

    Args:
        network: one whose card names at least two layers, the last two of them linear.
        pictures: each (1, C, H, W) in [0, 1], with the class whose logit is asked for.
        counts: how many units to silence.
        seed: of the random choices.

    Returns:
        For each picture the ``logit`` as it is; ``active``, how many of the ``units`` are not zero;
        and for each way of choosing the changes in logit, one for each count: the ``most`` active,
        the ``least`` active that are not zero, and units at ``random`` (the mean over 100 choices
        among those that are not zero).
    """
    hidden = network.card.hidden[-1]
    weights, bias = network.linear(network.card.output)
    found = []
    for image, unit in pictures:
        _, _, height, width = image.shape
        activations = network.cut([hidden], (height, width))(network.normalize(image))[hidden][0].relu()
        added = weights[unit] * activations
        alive = activations.argsort(descending=True)[: int((activations > 0).sum())]
        generator = torch.Generator().manual_seed(seed)
        shuffled = alive[torch.stack([torch.randperm(len(alive), generator=generator) for _ in range(100)])]
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
