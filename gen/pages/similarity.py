"""Order pictures by similarity."""

from __future__ import annotations

import io
from collections.abc import Sequence

import numpy as np
from PIL import Image

COMPARED_WIDTH = 8
"""Pixels to which pictures are reduced for comparison."""


def similarity_ranks(pictures: Sequence[bytes]) -> list[int]:
    """Return each picture's rank, from 0, along the first principal component of the reduced pixels.

    Args:
        pictures: square image files.
    """
    if len(pictures) < 3:
        return list(range(len(pictures)))
    reduced = np.stack([_reduced(picture) for picture in pictures])
    centered = reduced - reduced.mean(0)
    _, directions = np.linalg.eigh(centered.T @ centered)  # ascending eigenvalues
    component = directions[:, -1] * np.sign(directions[:, -1].sum() or 1.0)  # the sign of an eigenvector is arbitrary
    order = np.argsort(centered @ component, kind="stable")
    ranks = np.empty(len(pictures), dtype=int)
    ranks[order] = np.arange(len(pictures))
    return [int(rank) for rank in ranks]


def _reduced(picture: bytes) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    with Image.open(io.BytesIO(picture)) as opened:
        small = opened.convert("RGB").resize((COMPARED_WIDTH, COMPARED_WIDTH), Image.Resampling.BOX)
    return np.asarray(small, dtype=np.float64).ravel()
