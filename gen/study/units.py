"""The channels that have pages: their connections, and the classes that go with them."""

from __future__ import annotations

import heapq
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from typing import TYPE_CHECKING

from actmax.measure import kinds
from actmax.measure.models import ChannelCounts, Connections, RankedChannels
from actmax.networks.cards import LOGITS
from actmax.networks.labels import Label
from actmax.networks.weights import Source
from actmax.pipeline.measurements import measured
from actmax.store.entry import Entry
from actmax.store.store import Store
from gen.plan import Plan
from gen.settings import KEY, Settings, SettingsError
from gen.settings.units import numbered
from gen.study.attribution import attribution, by_channel

if TYPE_CHECKING:
    from actmax.networks.network import Network

MAX_EXAMPLES = 6
"""Maximum number of classes on a channel's page."""
MAX_CONNECTIONS = 4
"""Maximum number of positive connections on a channel's page, and of negative ones."""
CHANNELS_PER_LAYER = 4
"""Contributing channels of each layer on a class's page."""
CONTRIBUTING_LAYERS = 4
"""Layers on a class's page, counted from the last: the channels of the first ones contribute to every class."""

Unit = tuple[str, int]
"""A layer's name, and the number of a channel; of a class with the layer ``logits``."""


@dataclass(frozen=True)
class Units:
    """Measurements of the channels that have pages."""

    inputs: Mapping[Unit, RankedChannels]
    """Channels of the layer below, with the weight that leads from them."""
    outputs: Mapping[Unit, RankedChannels]
    """Channels of the layer above, or classes, with the weight that leads to them."""
    classes: Mapping[Unit, Sequence[tuple[Label, float]]]
    """Classes to whose logits the channel contributes most in the gallery's drawings, with its attribution."""
    contributors: Mapping[Label, Mapping[str, RankedChannels]]
    """By class and layer, the channels that contribute most to the class's logit."""


def channels(settings: Settings, source: Source, store: Store) -> dict[str, list[int]]:
    """Select the channels that get a page: their numbers by layer, from the image on.

    Raises:
        SettingsError: the network has no such layer or channel.
        ActmaxError: the network cannot be loaded.
    """
    if settings.units is None:
        return {}
    wanted = settings.units.layers
    known = source.card
    layers = [*known.hidden, *(layer for layer in wanted or () if layer not in (*known.layers, *known.outputs))]
    size = settings.size

    def compute(network: Network) -> ChannelCounts:
        from actmax.measure.channels import channel_counts

        return channel_counts(network, layers, size)

    counts = measured(kinds.CHANNEL_COUNTS, {"layers": layers, "size": size}, compute, source, store)
    selected = numbered(wanted, {layer: counts[layer] for layer in layers if layer in counts}, known.title)
    if not selected:
        raise SettingsError(
            f"{KEY}.units in mkdocs.yml is 'all', and the layers of {known.title} have no names here: name them by "
            "their place in the module, such as `{layers: {features.3: all}}`."
        )
    return selected


def logit_count(source: Source, size: int, store: Store) -> int:
    """Count the logits of a network, or read their number from the store.

    Raises:
        ActmaxError: it cannot be loaded, or cannot process an image of that size.
    """

    def compute(network: Network) -> ChannelCounts:
        from actmax.measure.channels import channel_counts

        network.submodel([LOGITS], (size, size))  # raises why an image cannot be processed
        return channel_counts(network, [LOGITS], size)

    counts = measured(kinds.CHANNEL_COUNTS, {"layers": [LOGITS], "size": size}, compute, source, store)
    return counts.get(LOGITS, 0)


def units(plan: Plan, entries: Mapping[str, Entry], store: Store) -> Units | None:
    """Measure the channels that have pages; None where none has."""
    if not plan.units:
        return None
    inputs, outputs = _connections(plan, store)
    classes, contributors = _classes(plan, entries, store)
    return Units(inputs, outputs, classes, contributors)


def _connections(plan: Plan, store: Store) -> tuple[dict[Unit, RankedChannels], dict[Unit, RankedChannels]]:
    inputs: dict[Unit, RankedChannels] = {}
    outputs: dict[Unit, RankedChannels] = {}
    for below, layer in pairwise(plan.card.layers):
        if below not in plan.units and layer not in plan.units:
            continue

        def compute(network: Network, below: str = below, layer: str = layer) -> Connections:
            from actmax.measure.channels import connections

            return connections(network, below, layer, MAX_CONNECTIONS)

        about = {"below": below, "layer": layer, "count": MAX_CONNECTIONS}
        measurement = measured(kinds.CONNECTIONS, about, compute, plan.source, store)
        inputs |= {(layer, channel): ranked for channel, ranked in enumerate(measurement.inputs)}
        outputs |= {(below, channel): ranked for channel, ranked in enumerate(measurement.outputs)}
    return inputs, outputs


def _classes(
    plan: Plan, entries: Mapping[str, Entry], store: Store
) -> tuple[dict[Unit, list[tuple[Label, float]]], dict[Label, dict[str, RankedChannels]]]:
    """Return the classes of each channel, and the channels of each class."""
    widths = {layer: _width(plan, layer) for layer in plan.card.hidden if layer in plan.units}
    if not widths:
        return {}, {}
    labels = [plate.label for plate in plan.class_pages]
    values = []
    for plate in plan.class_pages:
        entry = entries[plate.main.digest]
        read = partial(entry.read, "drawing.png")
        values.append(attribution(entry.picture, read, plate.label, widths, plan.source, store))
    contributors = {
        label: {layer: _largest(by_layer[layer], CHANNELS_PER_LAYER) for layer in list(widths)[-CONTRIBUTING_LAYERS:]}
        for label, by_layer in zip(labels, values, strict=True)
    }
    classes: dict[Unit, list[tuple[Label, float]]] = {}
    for layer in widths:
        of_channels = by_channel(values, layer, widths[layer])
        for unit in plan.units[layer]:
            largest = _largest(of_channels[unit.channel].tolist(), MAX_EXAMPLES)
            classes[layer, unit.channel] = [(labels[index], value) for index, value in largest]
    return classes, contributors


def _width(plan: Plan, layer: str) -> int:
    """Return the number of a layer's channels up to the last that has a page."""
    return 1 + max(unit.channel for unit in plan.units[layer])


def _largest(values: Sequence[float], count: int) -> RankedChannels:
    """Return the indices of the largest positive values, with the values; of equal ones the lowest index."""
    best = heapq.nlargest(count, ((value, -index) for index, value in enumerate(values) if value > 0))
    return tuple((-index, value) for value, index in best)
