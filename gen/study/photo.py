"""Drawings that start from a photo, and hold on to it more or less."""

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
    """The photo, and what became of it."""

    label: Label
    """The class that it is drawn towards."""
    picture: bytes
    """A PNG, as large as the drawings."""
    drawings: Mapping[float, Entry]
    """By how much of it was to stay, the most first."""


def photo(plan: Plan, entries: Mapping[str, Entry]) -> Photo | None:
    """The photo and its drawings; None where none is asked for."""
    wanted = plan.settings.photo
    if wanted is None:
        return None
    size, picture = plan.settings.size, plan.starts.pictures[plan.starts.names[wanted.picture]]
    start = ImageOps.fit(picture, (size, size), Image.Resampling.BICUBIC)  # as the ascent saw it
    drawings = {keep: entries[drawing.recipe.digest()] for keep, drawing in plan.from_photo.items()}
    return Photo(wanted.label, encode_image(start, "PNG"), drawings)
