"""Drawings that start from a photo, with its features kept more or less."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from PIL import Image, ImageOps

from actmax.files import digest
from actmax.measure.models import Measures
from actmax.networks.labels import Label
from actmax.networks.weights import Source
from actmax.pictures import encode_image
from actmax.store.entry import Entry
from actmax.store.store import Store
from gen.plan import Plan
from gen.study.measures import measures


@dataclass(frozen=True)
class Photo:
    """A photo, and the drawings that start from it."""

    label: Label
    """The class whose logit is maximized."""
    picture: bytes
    """A PNG, as large as the drawings."""
    drawings: Mapping[float, Entry]
    """By feature weight, in descending order."""
    measures: Measures | None = None
    """Of the photo itself, by the target network."""
    evaluation: Measures | None = None
    """Of the photo itself, by the evaluation network, if the site has one."""


def photo(plan: Plan, entries: Mapping[str, Entry], evaluator: Source | None, store: Store) -> Photo | None:
    """Return the photo and its drawings, with measures of the photo; None where the settings have none.

    Args:
        plan: of the site.
        entries: the drawings, by the digests of their recipes.
        evaluator: the evaluation network, if the site has one.
        store: of measurements.

    Raises:
        ActmaxError: a network cannot be loaded.
    """
    wanted = plan.settings.photo
    if wanted is None:
        return None
    size, picture = plan.settings.size, plan.starts.pictures[plan.starts.names[wanted.picture]]
    start = ImageOps.fit(picture, (size, size), Image.Resampling.BICUBIC)  # as the recipe starts
    drawings = {weight: entries[drawing.digest] for weight, drawing in plan.from_photo.items()}
    png = encode_image(start, "PNG")
    name = digest(png)
    own = measures(name, lambda: png, plan.class_target(wanted.label), plan.source, store, resize=False)
    second = None
    if evaluator:
        target = f"{evaluator.card.output}:{wanted.label.index}"
        second = measures(name, lambda: png, target, evaluator, store, resize=True)
    return Photo(wanted.label, png, drawings, own, second)
