"""A network's response to one image."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from actmax.measure.kinds import MEASURES
from actmax.measure.models import Measures
from actmax.networks.weights import Source
from actmax.pipeline.measurements import measured
from actmax.store.store import Store

if TYPE_CHECKING:
    from actmax.networks.network import Network


def measures(
    picture: str, read: Callable[[], bytes], target: str, source: Source, store: Store, *, resize: bool
) -> Measures:
    """Return a network's response to an image, stored or computed now.

    Args:
        picture: digest of the image file.
        read: returns the file.
        target: of the network.
        source: the network.
        store: where measurements are kept.
        resize: to the size that the network was trained on, as drawings are for the evaluation network.
    """

    def compute(network: Network) -> Measures:
        from actmax.measure.measure import decode, measure, resized

        image = decode(read())
        return measure(network, target, resized(image, network.size) if resize else image)

    return measured(MEASURES, {"picture": picture, "target": target, "resized": resize}, compute, source, store)
