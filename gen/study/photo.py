"""Drawings that start from a photo, with its features kept more or less."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from PIL import Image, ImageOps

from actmax.networks.labels import Label
from actmax.pictures import encode_image
from actmax.store.entry import Entry
from gen.plan import Plan


@dataclass(frozen=True)
class Photo:
    """A photo, and the drawings that start from it."""

    label: Label
    """The class whose logit is maximized."""
    picture: bytes
    """A PNG, as large as the drawings."""
    drawings: Mapping[float, Entry]
    """By feature weight, in descending order."""


def photo(plan: Plan, entries: Mapping[str, Entry]) -> Photo | None:
    """Return the photo and its drawings; None where the settings have none."""
    wanted = plan.settings.photo
    if wanted is None:
        return None
    size, picture = plan.settings.size, plan.starts.pictures[plan.starts.names[wanted.picture]]
    start = ImageOps.fit(picture, (size, size), Image.Resampling.BICUBIC)  # as the recipe starts
    drawings = {weight: entries[drawing.recipe.digest()] for weight, drawing in plan.from_photo.items()}
    return Photo(wanted.label, encode_image(start, "PNG"), drawings)
