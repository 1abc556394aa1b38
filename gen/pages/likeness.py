"""Small pictures in an order in which neighbours are alike."""

from __future__ import annotations

import io
from collections.abc import Sequence

import numpy as np
from PIL import Image

GRAIN = 8
"""Pixels at which pictures are compared."""


def by_likeness(pictures: Sequence[bytes]) -> list[int]:
    """The places of pictures along the direction in which they differ most: the first principal component of their
    coarse pixels.

    Args:
        pictures: files, square.

    Returns:
        For each picture its place, from 0.
    """
    if len(pictures) < 3:
        return list(range(len(pictures)))
    coarse = np.stack([_coarse(picture) for picture in pictures])
    centred = coarse - coarse.mean(0)
    _, directions = np.linalg.eigh(centred.T @ centred)  # rising
    main = directions[:, -1] * np.sign(directions[:, -1].sum() or 1.0)  # a direction has no sign of its own
    order = np.argsort(centred @ main, kind="stable")
    places = np.empty(len(pictures), dtype=int)
    places[order] = np.arange(len(pictures))
    return [int(place) for place in places]


def _coarse(picture: bytes) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    with Image.open(io.BytesIO(picture)) as opened:
        small = opened.convert("RGB").resize((GRAIN, GRAIN), Image.Resampling.BOX)
    return np.asarray(small, dtype=np.float64).ravel()
