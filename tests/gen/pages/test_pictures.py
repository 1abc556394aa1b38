"""The pictures beside the master: the large one has every pixel of it, the small ones are no larger than it is."""

from __future__ import annotations

import io
from collections.abc import Callable

import fakes
import numpy as np
import pytest
from PIL import Image

from actmax.pipeline import encode
from actmax.recipe import compose
from actmax.store import Entry, Store
from gen.pages import pictures

Stored = Callable[[int], Entry]


@pytest.fixture
def stored(store: Store) -> Stored:
    """An entry whose picture is noise of a size, which no lossy format keeps."""

    def made(size: int) -> Entry:
        recipe = compose("robust", network="compact", weights="x", target="fc8:1", size=size)
        noise = np.random.default_rng(size).integers(0, 256, (size, size, 3), dtype=np.uint8)
        return store.put({"drawing.png": encode.png(Image.fromarray(noise), recipe)}, fakes.record(recipe))

    return made


def opened(data: bytes) -> Image.Image:
    with Image.open(io.BytesIO(data)) as image:
        assert image.format in ("PNG", "WEBP")
        return image.convert("RGB")


@pytest.mark.parametrize("size", [64, 97, 224])
def test_the_lossless_picture_has_every_pixel_of_the_master(stored: Stored, size: int) -> None:
    entry = stored(size)
    data = pictures.lossless(entry)
    assert data[8:12] == b"WEBP"
    assert np.array_equal(np.asarray(opened(data)), np.asarray(opened(entry.read("drawing.png"))))


@pytest.mark.parametrize(
    ("size", "widths"),
    [(64, [64]), (96, [96]), (160, [160]), (161, [160, 161]), (224, [160, 224]), (320, [160, 320]), (512, [160, 320])],
)
def test_a_thumbnail_is_as_wide_as_it_says_and_never_wider_than_the_drawing(
    stored: Stored, size: int, widths: list[int]
) -> None:
    entry = stored(size)
    assert pictures.thumbnails(size) == widths
    assert [opened(pictures.thumbnail(entry, width)).size for width in widths] == [(width, width) for width in widths]


def test_a_thumbnail_is_made_once_and_is_lighter_than_the_drawing(
    stored: Stored, monkeypatch: pytest.MonkeyPatch
) -> None:
    entry = stored(224)
    first = pictures.thumbnail(entry, 160)
    assert len(first) < len(pictures.lossless(entry)) / 3
    monkeypatch.setattr(pictures, "_webp", lambda *_, **__: b"made again")
    assert pictures.thumbnail(entry, 160) == first


def test_another_revision_is_made_anew(stored: Stored, monkeypatch: pytest.MonkeyPatch) -> None:
    entry = stored(64)
    first = pictures.lossless(entry)
    monkeypatch.setattr(pictures, "REVISION", pictures.REVISION + 1)
    monkeypatch.setattr(pictures, "_webp", lambda *_, **__: b"newer")
    assert (pictures.lossless(entry), first[:4]) == (b"newer", b"RIFF")
