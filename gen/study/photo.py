"""Drawings that start from a photo, and hold on to it more or less."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from PIL import Image, ImageOps

from actmax.networks.labels import Label
from actmax.pictures import encode_image
from actmax.recipe import ACCENTUATION, DEFAULT, Recipe, accentuation
from actmax.store.entry import Entry
from gen.plan.plan import Plan


@dataclass(frozen=True)
class Photo:
    """The photo, and what became of it."""

    label: Label
    """The class that it is drawn towards."""
    picture: bytes
    """A PNG, as large as the drawings."""
    drawings: Mapping[float, Entry]
    """By how much of it was to stay, the most first."""


def recipes(plan: Plan) -> dict[float, Recipe]:
    """What is drawn, by how much is to stay; empty where no photo is asked for.

    Where the layers of a network have no names, nothing can hold on to what they make of the photo: of such a network
    there is only the drawing that lets it go.
    """
    wanted, label = plan.settings.photo, plan.asked.photo
    if wanted is None or label is None:
        return {}
    strengths = sorted(set(wanted.feature_weights), reverse=True)
    if ACCENTUATION["feature_layer"] not in plan.card.layers:
        strengths = [0.0]
    start = plan.starts.names[wanted.picture]
    return {
        keep: plan.recipe(plan.class_target(label), DEFAULT, accentuation(start, keep), plan.settings.seeds[0])
        for keep in strengths
    }


def photo(plan: Plan, entries: Mapping[str, Entry]) -> Photo | None:
    """The photo and its drawings; None where none is asked for."""
    wanted, label = plan.settings.photo, plan.asked.photo
    if wanted is None or label is None:
        return None
    size, picture = plan.settings.size, plan.starts.pictures[plan.starts.names[wanted.picture]]
    start = ImageOps.fit(picture, (size, size), Image.Resampling.BICUBIC)  # as the ascent saw it
    drawings = {keep: entries[recipe.digest()] for keep, recipe in recipes(plan).items()}
    return Photo(label, encode_image(start, "PNG"), drawings)
