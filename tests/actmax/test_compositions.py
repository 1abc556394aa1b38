"""The listings of docs/compositions.md run as they stand there."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest
from nightly import smoke
from PIL import Image

PAGE = Path(__file__).parents[2] / "docs/compositions.md"
LISTINGS = re.findall(r"``` python\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)


def test_there_are_six() -> None:
    assert len(LISTINGS) == 6


@pytest.mark.parametrize("listing", smoke(LISTINGS, 2), ids=range(1, len(LISTINGS) + 1))
def test_a_listing_draws_something(listing: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    known: dict[str, object] = {}
    exec(listing, known)
    picture = known["picture"]
    activations = picture.activations  # type: ignore[attr-defined]
    assert activations[-1] > activations[0]
    for path in tmp_path.glob("*.png"):
        with Image.open(path) as image:
            assert np.asarray(image).std() > 1
