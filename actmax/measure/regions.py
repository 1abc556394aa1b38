"""Where in an image channels and classes are active."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor
from torch.nn.functional import avg_pool2d

from actmax.ascent.objectives import channels_first
from actmax.measure.models import Box, Regions
from actmax.networks.cards import LOGITS
from actmax.networks.network import Network

ACTIVE = 0.5
"""Part of the maximum from which a position counts as active."""


def active_regions(network: Network, image: Tensor, selected: Mapping[str, Sequence[int]]) -> Regions:
    """Find the region around each channel's maximum in which it is active: at least half as much, without a gap.

    In a map, what is active is the activation after the ReLU. A unit of a vector and a class have no positions of their
    own; for them it is gradient × activation in the last map below, summed over its channels and averaged over 3 × 3
    positions.

    Args:
        network: as loaded.
        image: (1, C, H, W) in [0, 1].
        selected: by layer, the channels; classes by the layer ``logits``.

    Returns:
        By layer, for each of its channels, a box, or None where it is active nowhere or nothing has positions.
    """
    size = (image.shape[2], image.shape[3])
    hidden = [layer for layer in selected if layer != LOGITS]
    vectors = [*network.card.hidden] if LOGITS in selected or set(hidden) & set(network.card.hidden) else []
    read, logits = network.outputs_of([*dict.fromkeys((*vectors, *hidden))], network.normalize(image).requires_grad_())
    outputs = {
        layer: channels_first(layer, output, size, network.channel_axis(layer)) for layer, output in read.items()
    } | {LOGITS: logits}
    regions: Regions = {}
    for layer, channels in selected.items():
        if outputs[layer].ndim == 4:
            regions[layer] = tuple(_around_maximum(outputs[layer][0, channel].detach()) for channel in channels)
            continue
        below = vectors[: vectors.index(layer)] if layer in vectors else vectors if layer == LOGITS else []
        maps = [outputs[name] for name in below if outputs[name].ndim == 4]
        regions[layer] = tuple(_contributing(outputs[layer][0, channel], maps[-1:]) for channel in channels)
    return regions


def _contributing(value: Tensor, maps: Sequence[Tensor]) -> Box | None:
    for last in maps:
        (grad,) = torch.autograd.grad(value, last, retain_graph=True, allow_unused=True)
        # A position contributes together with its neighbors: the weights above see them all.
        return None if grad is None else _around_maximum(avg_pool2d((last * grad).sum(1).detach(), 3, 1, 1)[0])
    return None


def _around_maximum(values: Tensor) -> Box | None:
    """Return the box of the active positions (H, W) that hang together with the maximum."""
    height, width = values.shape
    highest = values.max().item()
    if not highest > 0 or min(height, width) < 2:
        return None
    active = (values >= ACTIVE * highest).tolist()
    start = divmod(int(values.argmax()), width)
    reached, edge = {start}, [start]
    while edge:
        row, column = edge.pop()
        for near in ((row - 1, column), (row + 1, column), (row, column - 1), (row, column + 1)):
            if near not in reached and 0 <= near[0] < height and 0 <= near[1] < width and active[near[0]][near[1]]:
                reached.add(near)
                edge.append(near)
    rows, columns = ([position[axis] for position in reached] for axis in (0, 1))
    box = (min(columns) / width, min(rows) / height, (max(columns) + 1) / width, (max(rows) + 1) / height)
    left, top, right, bottom = (round(side, 3) for side in box)
    return left, top, right, bottom
