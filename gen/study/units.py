"""The channels that have pages: how many there are, what they are connected to, and what they matter to."""

from __future__ import annotations

import heapq
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from actmax.errors import ActmaxError
from actmax.files import digest
from actmax.measure import revisions
from actmax.networks.cards import card
from actmax.networks.labels import Label
from actmax.networks.weights import Source
from actmax.pictures import read_rgb
from actmax.pipeline.answers import Question
from actmax.recipe import parse
from actmax.store.entry import Entry
from actmax.store.store import Store
from gen.plan import Plan
from gen.settings import KEY, Settings, SettingsError
from gen.settings.units import numbered
from gen.study.answers import answer_to

if TYPE_CHECKING:
    from actmax.networks.network import Network

SHOWN = 6
"""Classes and photos that a page shows, at most."""
CONNECTED = 4
"""Connections above zero that a page shows, and below, at most."""
CARRIERS = 4
"""Channels of each layer that a class's page shows."""
CARRYING = 4
"""Of how many layers, from the last: the first ones' channels carry every class alike."""
SUFFIXES = (".webp", ".jpg", ".jpeg", ".png")
"""Of an author's photos."""
MOST_PHOTOS = 20_000
MOST_CHANNELS = 1_000_000
"""More than any layer has: a page for each would fill a disk."""

Strongest = list[tuple[Annotated[int, Field(ge=0)], float]]
"""Channels with a number each: those above zero, the largest first, and then those below, the lowest first."""
Unit = tuple[str, int]
"""A layer's name, and the number of a channel."""


class Connections(BaseModel):
    """The strongest weights between a layer and the one below it."""

    model_config = ConfigDict(frozen=True)

    inputs: list[Strongest]
    """For each channel of the layer, those below."""
    outputs: list[Strongest]
    """For each channel below, those of the layer."""


_COUNTS = TypeAdapter(dict[str, Annotated[int, Field(ge=1, le=MOST_CHANNELS)]])
_CONNECTIONS = TypeAdapter(Connections)
_NUMBERS = TypeAdapter(dict[str, list[float]])


@dataclass(frozen=True)
class Photo:
    """One of the author's pictures."""

    name: str
    """Of its content."""
    path: Path


@dataclass(frozen=True)
class Units:
    """All that is known of the channels that have pages, beside their drawings."""

    inputs: Mapping[Unit, Strongest]
    """The channels right below that weigh most for it."""
    outputs: Mapping[Unit, Strongest]
    """The channels right above, or the classes, for which it weighs most."""
    classes: Mapping[Unit, Sequence[tuple[Label, float]]]
    """The classes whose logit it adds most to, in the gallery's drawings of them, with what it adds."""
    carriers: Mapping[Label, Mapping[str, Strongest]]
    """By class and layer, the channels that add most to its logit."""
    photos: Mapping[Unit, Sequence[tuple[Photo, float]]]
    """The author's pictures that excite it most, with the mean of its activation over the map."""

    @property
    def shown(self) -> list[Photo]:
        """All pictures that some page shows, each once."""
        found = {photo.name: photo for some in self.photos.values() for photo, _ in some}
        return [found[name] for name in sorted(found)]


def channels(settings: Settings, source: Source, store: Store) -> dict[str, list[int]]:
    """By layer, from the image on, the numbers of the channels that are to have a page.

    Raises:
        SettingsError: a layer or a channel that the network does not have.
        ActmaxError: the network cannot be loaded.
    """
    if settings.units is None:
        return {}
    asked = settings.units.layers
    known = card(source.network)
    layers = [*known.hidden, *(layer for layer in asked or () if layer not in (*known.layers, *known.outputs))]
    size = settings.size

    def answer(network: Network) -> dict[str, int]:
        from actmax.measure.channels import counts

        return counts(network, layers, size)

    question = Question("channels", revisions.CHANNELS, {"layers": layers, "size": size})
    found = answer_to(question, answer, _COUNTS, source, store)
    wanted = numbered(asked, {layer: found[layer] for layer in layers if layer in found}, known.title)
    if not wanted:
        raise SettingsError(
            f"{KEY}.units in mkdocs.yml is 'all', and the layers of {known.title} have no names here: name them by "
            "their place in the module, such as `{layers: {features.3: all}}`."
        )
    return wanted


def units(plan: Plan, entries: Mapping[str, Entry], store: Store, root: Path) -> Units | None:
    """What is known of the channels; None where none has a page.

    Raises:
        SettingsError: the author's photos cannot be read.
    """
    if not plan.units:
        return None
    inputs, outputs = _connected(plan, store)
    classes, carriers = _classes(plan, entries, store)
    return Units(inputs, outputs, classes, carriers, _photos(plan, store, root))


def _connected(plan: Plan, store: Store) -> tuple[dict[Unit, Strongest], dict[Unit, Strongest]]:
    inputs: dict[Unit, Strongest] = {}
    outputs: dict[Unit, Strongest] = {}
    for below, layer in pairwise(plan.card.layers):
        if below not in plan.units and layer not in plan.units:
            continue

        def answer(network: Network, below: str = below, layer: str = layer) -> dict[str, Any]:
            from actmax.measure.channels import connections

            return connections(network, below, layer, CONNECTED)

        about = {"below": below, "layer": layer, "count": CONNECTED}
        question = Question("connections", revisions.CONNECTIONS, about)
        found = answer_to(question, answer, _CONNECTIONS, plan.source, store)
        inputs |= {(layer, channel): strongest for channel, strongest in enumerate(found.inputs)}
        outputs |= {(below, channel): strongest for channel, strongest in enumerate(found.outputs)}
    return inputs, outputs


def _classes(
    plan: Plan, entries: Mapping[str, Entry], store: Store
) -> tuple[dict[Unit, list[tuple[Label, float]]], dict[Label, dict[str, Strongest]]]:
    """By unit the classes, and by class the units."""
    layers = [layer for layer in plan.card.hidden if layer in plan.units]
    if not layers:
        return {}, {}
    labels = [plate.label for plate in plan.class_pages]
    found = [_added(plan, entries[plate.variants[0].recipe.digest()], layers, store) for plate in plan.class_pages]
    carriers = {
        label: {layer: _largest(numbers[layer], CARRIERS) for layer in layers[-CARRYING:]}
        for label, numbers in zip(labels, found, strict=True)
    }
    of_unit: dict[Unit, list[tuple[Label, float]]] = {}
    for layer in layers:
        by_channel = _by_channel(found, layer, plan)
        for unit in plan.units[layer]:
            largest = _largest(by_channel[unit.channel].tolist(), SHOWN)
            of_unit[layer, unit.channel] = [(labels[place], value) for place, value in largest]
    return of_unit, carriers


def _added(plan: Plan, entry: Entry, layers: list[str], store: Store) -> dict[str, list[float]]:
    """What each channel adds to the logit of the class that a drawing is of."""
    target = entry.recipe.target

    def answer(network: Network) -> dict[str, list[float]]:
        from actmax.measure.channels import attribution
        from actmax.measure.measure import decode

        return attribution(network, decode(entry.read("drawing.png")), parse(target).unit or 0, layers)

    about = {"picture": entry.picture, "target": target, "layers": layers}
    question = Question("matters", revisions.ATTRIBUTION, about)
    return answer_to(question, answer, _NUMBERS, plan.source, store, lambda found: _covers(found, layers, plan))


def _photos(plan: Plan, store: Store, root: Path) -> dict[Unit, list[tuple[Photo, float]]]:
    if plan.settings.photos is None:
        return {}
    folder = root / plan.settings.photos
    try:
        paths = sorted(path for path in folder.rglob("*") if path.suffix.lower() in SUFFIXES and path.is_file())
        photos = [Photo(digest(path.read_bytes()), path) for path in paths[:MOST_PHOTOS]]
    except OSError:
        photos = []
    if not photos:
        raise SettingsError(f"{KEY}.photos in mkdocs.yml is {plan.settings.photos!r}: no pictures can be read there.")
    try:
        found = [_excitement(plan, photo, store) for photo in photos]
    except ActmaxError as error:
        raise SettingsError(f"{KEY}.photos in mkdocs.yml: {error}") from None
    best: dict[Unit, list[tuple[Photo, float]]] = {}
    for layer, plates in plan.units.items():
        by_channel = _by_channel(found, layer, plan)
        for unit in plates:
            numbers = by_channel[unit.channel]
            places = np.argsort(-numbers, kind="stable")[:SHOWN]  # a mean may be below zero for every picture
            best[layer, unit.channel] = [(photos[place], float(numbers[place])) for place in places]
    return best


def _excitement(plan: Plan, photo: Photo, store: Store) -> dict[str, list[float]]:
    """How much a photo excites each channel."""
    layers = list(plan.units)

    def answer(network: Network) -> dict[str, list[float]]:
        from actmax.engine.pictures import shown
        from actmax.measure.channels import mean_activation

        return mean_activation(network, shown(read_rgb(photo.path), network.size)[None], layers)

    about = {"picture": photo.name, "layers": layers}
    question = Question("excited", revisions.MEAN_ACTIVATION, about)
    return answer_to(question, answer, _NUMBERS, plan.source, store, lambda found: _covers(found, layers, plan))


def _covers(found: Mapping[str, Sequence[float]], layers: Sequence[str], plan: Plan) -> bool:
    """Whether there is a number for each channel of these layers that has a page."""
    return all(len(found.get(layer, ())) >= _width(plan, layer) for layer in layers)


def _by_channel(found: Sequence[Mapping[str, Sequence[float]]], layer: str, plan: Plan) -> np.ndarray:
    """(channels, pictures): the numbers of a layer's channels, up to the last that has a page."""
    return np.array([numbers[layer][: _width(plan, layer)] for numbers in found]).T


def _width(plan: Plan, layer: str) -> int:
    return 1 + max(unit.channel for unit in plan.units[layer])


def _largest(numbers: Sequence[float], count: int) -> Strongest:
    """The places of the largest numbers above zero, with them; of equal ones the first."""
    best = heapq.nlargest(count, ((value, -place) for place, value in enumerate(numbers) if value > 0))
    return [(-place, value) for value, place in best]
