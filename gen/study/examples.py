"""The author's photos that excite each channel and class most and least."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from actmax.errors import ActmaxError
from actmax.files import below, digest
from actmax.measure import kinds
from actmax.measure.models import Box, ChannelValues, Regions
from actmax.networks.cards import LOGITS
from actmax.pictures import SUFFIXES, read_rgb
from actmax.pipeline.measurements import measured
from actmax.store.store import Store
from gen.plan import Plan
from gen.settings import KEY, SettingsError
from gen.study.attribution import by_channel, covers
from gen.study.units import Unit

if TYPE_CHECKING:
    from actmax.networks.network import Network

STRONGEST, WEAKEST = 6, 3
"""Maximum number of photos on a page that excite a channel most, and least."""
MAX_PHOTOS = 20_000


@dataclass(frozen=True)
class Photo:
    """One of the author's photos."""

    name: str
    """Digest of the file."""
    path: Path


@dataclass(frozen=True)
class Example:
    """A photo, and a channel's response to it."""

    photo: Photo
    activation: float
    """Mean over the map, before the ReLU; for a class its logit."""
    region: Box | None = None
    """Where in the photo's central square the channel is active; None: nowhere."""


@dataclass(frozen=True)
class Examples:
    """Photos for the page of a channel or a class."""

    strongest: Sequence[Example]
    """In descending order of activation."""
    weakest: Sequence[Example]
    """In ascending order."""
    photos: int
    """From so many they were selected."""


def examples(plan: Plan, store: Store, root: Path) -> Mapping[Unit, Examples]:
    """Select photos for each channel and class that has a page; none without the setting ``photos``.

    Raises:
        SettingsError: the photos cannot be read.
    """
    shown = {layer: [page.channel for page in pages] for layer, pages in plan.units.items()}
    if plan.class_pages:
        shown |= {LOGITS: [page.label.index for page in plan.class_pages]}
    if plan.settings.photos is None or not shown:
        return {}
    folder = root / plan.settings.photos
    try:
        paths = [path for path in below(folder) if path.suffix.lower() in SUFFIXES and path.is_file()]
        photos = [Photo(digest(path.read_bytes()), path) for path in paths[:MAX_PHOTOS]]
    except OSError:
        photos = []
    if not photos:
        raise SettingsError(f"{KEY}.photos in mkdocs.yml is {plan.settings.photos!r}: no pictures can be read there.")
    try:
        return _selected(plan, store, photos, shown)
    except ActmaxError as error:
        raise SettingsError(f"{KEY}.photos in mkdocs.yml: {error}") from None


def shown_photos(selected: Mapping[Unit, Examples]) -> list[Photo]:
    """Return all photos of some page, without duplicates."""
    every = (example for found in selected.values() for example in (*found.strongest, *found.weakest))
    by_name = {example.photo.name: example.photo for example in every}
    return [by_name[name] for name in sorted(by_name)]


def _selected(
    plan: Plan, store: Store, photos: Sequence[Photo], shown: Mapping[str, Sequence[int]]
) -> dict[Unit, Examples]:
    widths = {layer: 1 + max(channels) for layer, channels in shown.items()}
    activations = [_mean_activation(plan, photo, widths, store) for photo in photos]
    few = min(WEAKEST, len(photos) // 2)
    many = min(STRONGEST, len(photos) - few)
    ranked: dict[Unit, tuple[list[int], list[int], np.ndarray]] = {}
    wanted: dict[int, dict[str, list[int]]] = {}
    for layer, channels in shown.items():
        values = by_channel(activations, layer, widths[layer])
        for channel in channels:
            order = np.argsort(-values[channel], kind="stable").tolist()  # a mean may be negative for every photo
            best, worst = order[:many], order[len(order) - few :][::-1]
            ranked[layer, channel] = best, worst, values[channel]
            for index in (*best, *worst):
                wanted.setdefault(index, {}).setdefault(layer, []).append(channel)
    boxes: dict[tuple[int, Unit], Box | None] = {}
    for index, selected in wanted.items():
        for layer, regions in _regions(plan, photos[index], selected, store).items():
            boxes |= {(index, (layer, channel)): box for channel, box in zip(selected[layer], regions, strict=True)}

    def chosen(unit: Unit, indices: Sequence[int], values: np.ndarray) -> list[Example]:
        return [Example(photos[index], float(values[index]), boxes[index, unit]) for index in indices]

    return {
        unit: Examples(chosen(unit, best, values), chosen(unit, worst, values), len(photos))
        for unit, (best, worst, values) in ranked.items()
    }


def _mean_activation(plan: Plan, photo: Photo, widths: Mapping[str, int], store: Store) -> ChannelValues:
    """Return the mean activation of each channel for a photo."""

    def compute(network: Network) -> ChannelValues:
        from actmax.engine.pictures import fit
        from actmax.measure.channels import mean_activation

        return mean_activation(network, fit(read_rgb(photo.path), network.size)[None], list(widths))

    inputs = {"picture": photo.name, "layers": list(widths)}
    return measured(kinds.MEAN_ACTIVATION, inputs, compute, plan.source, store, partial(covers, widths=widths))


def _regions(plan: Plan, photo: Photo, selected: Mapping[str, Sequence[int]], store: Store) -> Regions:
    """Return where in a photo the selected channels are active."""

    def compute(network: Network) -> Regions:
        from actmax.engine.pictures import fit
        from actmax.measure.regions import active_regions

        return active_regions(network, fit(read_rgb(photo.path), network.size)[None], selected)

    def complete(regions: Regions) -> bool:
        return {layer: len(boxes) for layer, boxes in regions.items()} == {
            layer: len(channels) for layer, channels in selected.items()
        }

    inputs = {"picture": photo.name, "channels": {layer: list(channels) for layer, channels in selected.items()}}
    return measured(kinds.ACTIVE_REGIONS, inputs, compute, plan.source, store, complete)
