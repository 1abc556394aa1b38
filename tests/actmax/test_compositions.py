"""The listings of docs/compositions.md, and its table for users of other libraries, run as they stand there."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from actmax import Result

PAGE = Path(__file__).parents[2] / "docs/compositions.md"
*LISTINGS, PREAMBLE = re.findall(r"``` python\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)
ROWS = re.findall(r"^\| `.*` \| `(.*)` \|$", PAGE.read_text("utf-8"), re.MULTILINE)


def test_nothing_was_missed() -> None:
    assert len(LISTINGS) == 10
    assert len(ROWS) == PAGE.read_text("utf-8").count("\n| `") == 33


@pytest.mark.parametrize("listing", LISTINGS, ids=range(1, len(LISTINGS) + 1))
def test_a_listing_increases_the_objective_and_saves_an_image(
    listing: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    names: dict[str, Any] = {}
    exec(listing, names)
    activations = names["result"].activations
    assert (activations[:, -3:].amax(1) > activations[:, 0]).all()
    assert list(tmp_path.glob("*.png")) or "save" not in listing
    for path in tmp_path.glob("*.png"):
        with Image.open(path) as image:
            assert np.asarray(image).std() > 1


@pytest.fixture(scope="module")
def names() -> dict[str, Any]:
    found: dict[str, Any] = {}
    exec(PREAMBLE, found)
    return found


@pytest.mark.parametrize("row", ROWS)
def test_a_row_of_the_table_runs(row: str, names: dict[str, Any]) -> None:
    value = eval(row, names)
    if isinstance(value, Result):
        assert value.values.isfinite().all()
    elif callable(value):
        size = (64, 64)
        forward = names["net"].submodel(["conv1", "conv4", "conv5", "logits"], size)
        with torch.inference_mode():
            assert value(forward(torch.rand(2, 3, *size))).shape == (2,)
