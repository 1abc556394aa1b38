"""Fake drawings for tests of code that stores or shows drawings.

``pyproject.toml`` puts this folder on pytest's path: ``import fakes``.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from PIL import Image

from actmax.measure.models import Measures
from actmax.pipeline import encode
from actmax.pipeline.publish import PUBLISHED
from actmax.recipe import Recipe, parse
from actmax.store import Provenance, Record, Wins

PROVENANCE = Provenance(
    device="no device",
    precision="fp32",
    threads=2,
    batch=8,
    actmax="0",
    torch="0",
    torchvision="0",
    pillow="0",
    drawn=datetime(2026, 1, 1, tzinfo=UTC),
    seconds=0.1,
)


def measures(unit: int | None, rank: int = 1, probability: float = 0.9) -> Measures:
    """Return measurements in which a class has this rank, or, without a class, those of a channel."""
    others = [((unit or 0) + 37 * step) % 1000 for step in range(1, 6)]
    if unit is None:
        return Measures(activation=3.21, top=tuple((index, 0.09) for index in others))
    top = [(index, 0.09 / number) for number, index in enumerate(others, 1)]
    own = probability if rank == 1 else 0.015
    top.insert(rank - 1, (unit, own))  # of which five are kept
    return Measures(
        activation=12.34 if rank == 1 else -1.5,
        top=tuple(top[:5]),
        probability=own,
        rank=rank,
        margin=4.5 if rank == 1 else -2.5,
    )


def record(recipe: Recipe, rank: int = 1, **fields: Any) -> Record:
    """Return a record as that of a recipe's drawing; any field can be given instead."""
    unit = parse(recipe.target).unit
    usual = {
        "recipe": recipe,
        # The network is less certain of the JPEG.
        "measures": dict(zip(PUBLISHED, (measures(unit, rank), measures(unit, rank, 0.5)), strict=True)),
        "frames": tuple(sorted({1, min(2, recipe.steps), recipe.steps})),
        "activations": (0.5,) * recipe.steps,
        "wins": None if unit is None else Wins(first=1, stays=1),
        "provenance": PROVENANCE,
    }
    return Record(**{**usual, **fields})


def files(recipe: Recipe) -> Mapping[str, bytes]:
    """Return the files of a drawing of a single color, which depends on class, seed and number of steps."""
    unit = parse(recipe.target).unit or 0
    image = Image.new("RGB", (recipe.size, recipe.size), (unit % 256, recipe.seed % 256, recipe.steps % 256))
    frames = len(record(recipe).frames)
    return {
        "drawing.png": encode.png(image, recipe),
        "drawing.jpg": encode.jpeg(image),
        "frames.webp": encode.filmstrip([image] * frames),
    }
