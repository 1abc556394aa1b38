"""How probable a class is in each frame of its drawing."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from actmax.measure.kinds import MEASURES
from actmax.measure.models import Measures
from actmax.networks.weights import Source
from actmax.pictures import encode_image, read_rgb
from actmax.pipeline.measurements import measured
from actmax.store.entry import Entry
from actmax.store.store import Store

if TYPE_CHECKING:
    from actmax.networks.network import Network


def frame_probabilities(entry: Entry, source: Source, store: Store) -> list[float]:
    """Return the probability of a drawing's class, by its target network, for each frame of the filmstrip."""
    recipe = entry.recipe
    return [
        measured(
            MEASURES,
            {"picture": entry.picture, "target": recipe.target, "frame": step},
            _measure_frame(entry, index),
            source,
            store,
        ).probability
        or 0
        for index, step in enumerate(entry.record.frames)
    ]


def _measure_frame(entry: Entry, index: int) -> Callable[[Network], Measures]:
    def compute(network: Network) -> Measures:
        from actmax.measure.measure import decode, measure

        strip = read_rgb(entry.read("frames.webp"))
        frame = strip.crop((index * strip.height, 0, (index + 1) * strip.height, strip.height))
        return measure(network, entry.recipe.target, decode(encode_image(frame, "PNG")))

    return compute
