"""Attribution of a class's logit to channels, for one image."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from actmax.measure import kinds
from actmax.measure.models import ChannelValues
from actmax.networks.labels import Label
from actmax.networks.weights import Source
from actmax.pipeline.measurements import measured
from actmax.store.store import Store

if TYPE_CHECKING:
    from actmax.networks.network import Network


def attribution(
    picture: str, read: Callable[[], bytes], label: Label, widths: Mapping[str, int], source: Source, store: Store
) -> ChannelValues:
    """Return the attribution of a class's logit to channels, stored or computed now.

    Args:
        picture: digest of the image file.
        read: returns the file.
        label: the class.
        widths: by layer, how many channels it has at least.
        source: the target network.
        store: where measurements are kept.
    """
    layers = list(widths)

    def compute(network: Network) -> ChannelValues:
        from actmax.measure.channels import attribution
        from actmax.measure.measure import decode

        return attribution(network, decode(read()), label.index, layers)

    inputs = {"picture": picture, "class": label.index, "layers": layers}
    return measured(kinds.ATTRIBUTION, inputs, compute, source, store, lambda values: covers(values, widths))


def covers(values: ChannelValues, widths: Mapping[str, int]) -> bool:
    """Check that each layer has values for so many channels at least."""
    return all(len(values.get(layer, ())) >= width for layer, width in widths.items())


def by_channel(images: Sequence[ChannelValues], layer: str, width: int) -> np.ndarray:
    """Return the values of a layer's first channels: (width, images)."""
    return np.array([values[layer][:width] for values in images]).T
