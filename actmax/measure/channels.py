"""What a network's channels are for: how many there are, what they are connected to, what excites them, what they hand
on, and to which classes they matter."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise

import torch
from torch import Tensor

from actmax.ascent.objectives import channels_first, read
from actmax.networks.network import Network
from actmax.recipe.target import Target

Strongest = list[tuple[int, float]]
"""Channels with a number each: those above zero, the largest first, and then those below, the lowest first."""


def counts(network: Network, layers: Sequence[str], size: int) -> dict[str, int]:
    """How many channels layers have.

    Args:
        network: as loaded.
        layers: by name; those that return no map or vector for an image are left out.
        size: of the image, in pixels.
    """
    outputs = network.trace((size, size))
    return {
        layer: channels_first(layer, outputs[layer], (size, size)).shape[1]
        for layer in layers
        if layer in outputs and outputs[layer].ndim in (2, 4)
    }


@torch.inference_mode()
def connections(network: Network, below: str, layer: str, count: int) -> dict[str, list[Strongest]]:
    """The strongest weights between two layers, one right above the other.

    What connects two channels is the sum of a kernel's weights, or of those that see a channel's map: what a map of
    equal values adds.

    Args:
        network: as loaded.
        below: the lower layer.
        layer: the upper one, a convolution or linear.
        count: how many above zero, and how many below, for each channel.

    Returns:
        ``inputs``: for each channel of the upper layer those below that excite it most, the strongest first, and then
        those that silence it most; ``outputs``: for each of the lower one those above. Empty where they are not one
        above the other.
    """
    upper, lower = network.weights_of(layer), network.weights_of(below)
    if upper is None or lower is None or upper.shape[1] % lower.shape[0]:
        return {"inputs": [], "outputs": []}
    # A linear layer above a map has a weight for each of its places, channel by channel.
    joined = upper.flatten(1).view(upper.shape[0], lower.shape[0], -1).sum(2)
    return {"inputs": _strongest(joined, count), "outputs": _strongest(joined.T, count)}


def attribution(network: Network, image: Tensor, unit: int, layers: Sequence[str]) -> dict[str, list[float]]:
    """What each channel adds to a class's logit for a picture: gradient × activation, summed over the map
    (Shrikumar et al. 2017).

    In the last hidden layer that is what the logit is the sum of, but for its bias. After a ReLU and before it are the
    same, since what is off passes no slope.

    Args:
        network: as loaded.
        image: (1, C, H, W) in [0, 1].
        unit: the class.
        layers: by name.

    Returns:
        By layer, a number for each channel, to four significant digits.
    """
    x = network.normalize(image).requires_grad_()
    outputs, logits = network.outputs_of(layers, x)
    grads = torch.autograd.grad(logits[0, unit], [outputs[layer] for layer in layers])
    return {
        layer: _rounded((outputs[layer] * grad).reshape(grad.shape[1], -1).sum(1))
        for layer, grad in zip(layers, grads, strict=True)
    }


@torch.inference_mode()
def mean_activation(network: Network, image: Tensor, layers: Sequence[str]) -> dict[str, list[float]]:
    """How much a picture excites each channel of some layers: the mean of its activation over the map, which is what a
    drawing of the channel maximises.

    Args:
        network: as loaded.
        image: (1, C, H, W) in [0, 1].
        layers: by name.

    Returns:
        By layer, a number for each channel, to four significant digits.
    """
    return {
        layer: _rounded(read(Target(layer, ((0, 1.0),)), output)[0])
        for layer, output in _outputs(network, image, layers).items()
    }


@torch.inference_mode()
def mean_response(network: Network, image: Tensor, layers: Sequence[str]) -> dict[str, list[float]]:
    """How loudly each channel of some layers answers a picture: the mean over the map of what it hands on, which is its
    activation after the ReLU.

    Args:
        network: as loaded.
        image: (1, C, H, W) in [0, 1].
        layers: by name.

    Returns:
        By layer, a number for each channel, to four significant digits.
    """
    maps = {layer: output[0].relu() for layer, output in _outputs(network, image, layers).items()}
    return {layer: _rounded(found.reshape(len(found), -1).mean(1)) for layer, found in maps.items()}


def flow(network: Network, image: Tensor, shown: Mapping[str, Sequence[int]]) -> dict[str, list[list[float]]]:
    """What channels pass to those of the next layer: gradient × activation, as :func:`attribution` has it for a logit.

    Args:
        network: as loaded.
        image: (1, C, H, W) in [0, 1].
        shown: layers by name, from the image on, and which channels of each.

    Returns:
        By layer, from the second on, and for each of its channels: what each one of the layer before adds to it,
        summed over both maps, as a part of what it hands on; 0 where it hands on nothing.
    """
    layers = list(shown)
    outputs, _ = network.outputs_of(layers, network.normalize(image).requires_grad_())
    found: dict[str, list[list[float]]] = {}
    for below, layer in pairwise(layers):
        found[layer] = []
        for channel in shown[layer]:
            handed = outputs[layer][:, channel].relu().sum()
            (grad,) = torch.autograd.grad(handed, outputs[below], retain_graph=True)
            added = (outputs[below] * grad).reshape(grad.shape[1], -1).sum(1)
            parts = added[list(shown[below])] / handed if handed > 0 else added.new_zeros(len(shown[below]))
            found[layer].append(_rounded(parts.detach()))
    return found


def _outputs(network: Network, image: Tensor, layers: Sequence[str]) -> dict[str, Tensor]:
    """What some layers return for a picture (1, C, H, W) in [0, 1], with the channels first."""
    size = (image.shape[2], image.shape[3])
    outputs = network.submodel(layers, size)(network.normalize(image))
    return {layer: channels_first(layer, outputs[layer], size) for layer in layers}


def _rounded(values: Tensor) -> list[float]:
    return [float(f"{value:.4g}") for value in values.tolist()]


def _strongest(weights: Tensor, count: int) -> list[Strongest]:
    most = min(count, weights.shape[1])
    return [
        [(channel, value) for channel, value in zip(up.tolist(), _rounded(row[up]), strict=True) if value > 0]
        + [(channel, value) for channel, value in zip(down.tolist(), _rounded(row[down]), strict=True) if value < 0]
        for row, up, down in zip(
            weights, weights.topk(most).indices, weights.topk(most, largest=False).indices, strict=True
        )
    ]
