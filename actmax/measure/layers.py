"""The layers of a network and the filters of its first one."""

from __future__ import annotations

from actmax.measure.models import Filters, LayerInfo
from actmax.networks.network import Network


def layers(network: Network, size: int) -> tuple[LayerInfo, ...]:
    """List the layers that the network's card names, from the image on.

    Args:
        network: as loaded.
        size: of the image, in pixels.

    Returns:
        Empty where the card names none.
    """
    outputs = network.trace((size, size)) if network.card.layers else {}
    return tuple(
        LayerInfo(name=name, shape=tuple(outputs[name].shape[1:]), parameters=network.parameters(name))
        for name in network.card.layers
        if name in outputs
    )


def filters(network: Network, layer: str) -> Filters | None:
    """Turn the weights of a convolution that sees the image itself into RGB images.

    Args:
        network: as loaded.
        layer: by name.

    Returns:
        None for any other layer.
    """
    weights = network.weights_of(layer)
    if weights is None or weights.ndim != 4 or weights.shape[1] != 3 or weights.shape[2] != weights.shape[3]:
        return None
    largest = weights.abs().flatten(1).amax(1).clamp_min(1e-12).view(-1, 1, 1, 1)
    pixels = (127.5 + 127.5 * weights / largest).round().byte().permute(0, 2, 3, 1).contiguous()
    return Filters(side=weights.shape[2], pixels=tuple(filter_.numpy().tobytes() for filter_ in pixels))
