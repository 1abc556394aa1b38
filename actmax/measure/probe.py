"""What a network does with one picture, layer by layer: its shapes, its strongest channels, and what units add."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from actmax.ascent.objectives import channels_first, read
from actmax.networks.network import Network
from actmax.recipe.target import Target


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
def strongest(network: Network, image: Tensor, names: Sequence[str], count: int) -> dict[str, list[tuple[int, float]]]:
    """The channels of some layers that a picture excites most.

    Args:
        network: as loaded.
        image: (1, C, H, W) in [0, 1].
        names: of the layers; outputs are those before the ReLU.
        count: how many channels of each.

    Returns:
        For each layer, best first, (channel, mean activation over space), which is what a drawing of the
        channel maximises.
    """
    if not names:
        return {}
    _, _, height, width = image.shape
    size = (height, width)
    outputs = network.cut(names, size)(network.normalize(image))
    found = {}
    for name in names:
        means = read(Target(name, ((0, 1.0),)), channels_first(name, outputs[name], size))[0]
        best = means.topk(min(count, len(means)))
        found[name] = list(zip(best.indices.tolist(), best.values.tolist(), strict=True))
    return found


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
        among all units).
    """
    hidden = network.card.hidden[-1]
    weights, bias = network.linear(network.card.output)
    generator = torch.Generator().manual_seed(seed)
    shuffled = torch.stack([torch.randperm(weights.shape[1], generator=generator) for _ in range(100)])
    found = []
    for image, unit in pictures:
        _, _, height, width = image.shape
        activations = network.cut([hidden], (height, width))(network.normalize(image))[hidden][0].relu()
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
