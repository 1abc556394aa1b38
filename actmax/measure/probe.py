"""What a network's layers are, what its first one looks for, and what becomes of a logit without some units."""

from __future__ import annotations

import base64
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


def filters(network: Network, layer: str) -> dict[str, Any] | None:
    """The weights of a layer that sees the image itself, as pictures: grey is 0, and each filter is as strong as it can
    be. None for a layer that sees something else than colours.

    Args:
        network: as loaded.
        layer: by name.

    Returns:
        ``side`` in pixels, and ``pixels``: of each filter, row by row, three numbers from 0 to 255 each, as Base64.
    """
    weights = network.weights_of(layer)
    if weights is None or weights.ndim != 4 or weights.shape[1] != 3 or weights.shape[2] != weights.shape[3]:
        return None
    strongest = weights.abs().flatten(1).amax(1).clamp_min(1e-12).view(-1, 1, 1, 1)
    pixels = (127.5 + 127.5 * weights / strongest).round().byte().permute(0, 2, 3, 1).contiguous()
    return {"side": weights.shape[2], "pixels": [base64.b64encode(one.numpy().tobytes()).decode() for one in pixels]}


@torch.inference_mode()
def ablation(
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
        activations = network.submodel([hidden], (height, width))(network.normalize(image))[hidden][0].relu()
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
