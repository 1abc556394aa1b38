"""The channels of a network: how many there are, their weights, their response to an image, their attribution to a
class, and their ablation."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from itertools import pairwise

import torch
from torch import Tensor

from actmax.ascent.objectives import PREFIX_TOKENS, channels_first, read
from actmax.measure.models import Ablation, ChannelCounts, ChannelValues, Connections, Flow, RankedChannels
from actmax.networks.network import Network
from actmax.recipe.target import Target

MIN_TOKENS = 4
"""Of an image: fewer are rather the rows of something else."""


def channel_counts(network: Network, layers: Sequence[str], size: int) -> ChannelCounts:
    """Count the channels of layers.

    Args:
        network: as loaded.
        layers: by name; those whose output is no map, no vector and no tokens are left out.
        size: of the image, in pixels.
    """
    outputs = network.trace((size, size))
    return {
        layer: channels_first(layer, outputs[layer], (size, size), network.channel_axis(layer)).shape[1]
        for layer in layers
        if layer in outputs and (outputs[layer].ndim in (2, 4) or _are_tokens(outputs[layer]))
    }


def _are_tokens(output: Tensor) -> bool:
    """Whether an output is (B, N, C), with a token for each cell of a square grid and perhaps a few besides."""
    cells = [output.shape[1] - prefix for prefix in PREFIX_TOKENS if output.ndim == 3]
    return any(count >= MIN_TOKENS and math.isqrt(count) ** 2 == count for count in cells)


@torch.inference_mode()
def connections(network: Network, below: str, layer: str, count: int) -> Connections:
    """Find the strongest weights between two layers, one right above the other.

    The weight between two channels is the sum of a kernel's weights, or of the weights that see a channel's map: the
    contribution of a constant map.

    Args:
        network: as loaded.
        below: the lower layer.
        layer: the upper one, a convolution or a linear layer.
        count: the maximum number of positive weights, and of negative weights, for each channel.

    Returns:
        Empty where one layer is not right above the other.
    """
    upper, lower = network.weights_of(layer), network.weights_of(below)
    if upper is None or lower is None or upper.shape[1] % lower.shape[0]:
        return Connections()
    # A linear layer above a map has a weight for each position, channel by channel.
    joined = upper.flatten(1).view(upper.shape[0], lower.shape[0], -1).sum(2)
    return Connections(inputs=_ranked(joined, count), outputs=_ranked(joined.T, count))


def attribution(network: Network, image: Tensor, unit: int, layers: Sequence[str]) -> ChannelValues:
    """Attribute a class's logit to channels: gradient × activation, summed over the map.

    The linear approximation of Olah et al. 2018, "The Building Blocks of Interpretability".

    For the last hidden layer these are the summands of the logit, without its bias. Values before and after a ReLU are
    the same: where the ReLU is off, its gradient is zero.

    Args:
        network: as loaded.
        image: (1, C, H, W) in [0, 1].
        unit: the class.
        layers: by name.

    Returns:
        Values to four significant digits.
    """
    x = network.normalize(image).requires_grad_()
    outputs, logits = network.outputs_of(layers, x)
    grads = torch.autograd.grad(logits[0, unit], [outputs[layer] for layer in layers])
    return {
        layer: _rounded((outputs[layer] * grad).reshape(grad.shape[1], -1).sum(1))
        for layer, grad in zip(layers, grads, strict=True)
    }


@torch.inference_mode()
def mean_activation(network: Network, image: Tensor, layers: Sequence[str]) -> ChannelValues:
    """Average each channel's activation over the map, before the ReLU: the objective of a drawing of the channel.

    Args:
        network: as loaded.
        image: (1, C, H, W) in [0, 1].
        layers: by name.

    Returns:
        Values to four significant digits.
    """
    return {
        layer: _rounded(read(Target(layer, ((0, 1.0),)), output)[0])
        for layer, output in _outputs(network, image, layers).items()
    }


@torch.inference_mode()
def mean_response(network: Network, image: Tensor, layers: Sequence[str]) -> ChannelValues:
    """Average each channel's activation over the map, after the ReLU.

    Args:
        network: as loaded.
        image: (1, C, H, W) in [0, 1].
        layers: by name.

    Returns:
        Values to four significant digits.
    """
    maps = {layer: output[0].relu() for layer, output in _outputs(network, image, layers).items()}
    return {layer: _rounded(responses.reshape(len(responses), -1).mean(1)) for layer, responses in maps.items()}


def flow(network: Network, image: Tensor, selected: Mapping[str, Sequence[int]]) -> Flow:
    """Attribute channels to channels of the layer before: gradient × activation, as in :func:`attribution`.

    Args:
        network: as loaded.
        image: (1, C, H, W) in [0, 1].
        selected: by layer, from the image on, the channels between which to measure.

    Returns:
        By layer, from the second on, and for each of its channels: the contribution of each channel of the layer
        before, summed over both maps, divided by the channel's own response; 0 where that is 0.
    """
    layers = list(selected)
    outputs, _ = network.outputs_of(layers, network.normalize(image).requires_grad_())
    contributions: Flow = {}
    for below, layer in pairwise(layers):
        rows = []
        for channel in selected[layer]:
            response = outputs[layer][:, channel].relu().sum()
            (grad,) = torch.autograd.grad(response, outputs[below], retain_graph=True)
            added = (outputs[below] * grad).reshape(grad.shape[1], -1).sum(1)[list(selected[below])]
            rows.append(_rounded((added / response if response > 0 else torch.zeros_like(added)).detach()))
        contributions[layer] = tuple(rows)
    return contributions


@torch.inference_mode()
def ablation(network: Network, image: Tensor, unit: int, counts: Sequence[int], seed: int = 0) -> Ablation:
    """Set units of the last hidden layer to zero and measure how a class's logit changes.

    The logit is a weighted sum of that layer's activations after the ReLU, so a unit contributes its weight times its
    activation, and the ablation of a set of units subtracts their sum.

    Args:
        network: its card names at least two layers, the last two of them linear.
        image: (1, C, H, W) in [0, 1].
        unit: the class.
        counts: how many units to set to zero.
        seed: of the random selections.
    """
    hidden = network.card.hidden[-1]
    weights, bias = network.linear(network.card.output)
    _, _, height, width = image.shape
    activations = network.submodel([hidden], (height, width))(network.normalize(image))[hidden][0].relu()
    added = weights[unit] * activations
    active = activations.argsort(descending=True)[: int((activations > 0).sum())]
    generator = torch.Generator().manual_seed(seed)
    shuffled = active[torch.stack([torch.randperm(len(active), generator=generator) for _ in range(100)])]
    return Ablation(
        layer=hidden,
        logit=(added.sum() + bias[unit]).item(),
        units=len(added),
        active=len(active),
        counts=tuple(counts),
        most=tuple(-added[active[:count]].sum().item() for count in counts),
        least=tuple(-added[active[-count:]].sum().item() for count in counts),
        random=tuple(-added[shuffled[:, :count]].sum(1).mean().item() for count in counts),
    )


def _outputs(network: Network, image: Tensor, layers: Sequence[str]) -> dict[str, Tensor]:
    """The outputs of layers for an image (1, C, H, W) in [0, 1], channels first."""
    size = (image.shape[2], image.shape[3])
    outputs = network.submodel(layers, size)(network.normalize(image))
    return {layer: channels_first(layer, outputs[layer], size, network.channel_axis(layer)) for layer in layers}


def _rounded(values: Tensor) -> tuple[float, ...]:
    return tuple(float(f"{value:.4g}") for value in values.tolist())


def _ranked(weights: Tensor, count: int) -> tuple[RankedChannels, ...]:
    count = min(count, weights.shape[1])
    largest, lowest = weights.topk(count).indices, weights.topk(count, largest=False).indices
    return tuple(
        tuple((channel, value) for channel, value in zip(up.tolist(), _rounded(row[up]), strict=True) if value > 0)
        + tuple(
            (channel, value) for channel, value in zip(down.tolist(), _rounded(row[down]), strict=True) if value < 0
        )
        for row, up, down in zip(weights, largest, lowest, strict=True)
    )
