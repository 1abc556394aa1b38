"""Pictures derived from a drawing: the large one has all of its pixels, the small ones are no larger than it."""

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


@pytest.mark.parametrize(("size", "width"), [(64, 64), (160, 160), (223, 223), (224, 224), (512, 224)])
def test_a_thumbnail_is_never_wider_than_the_drawing(stored: Stored, size: int, width: int) -> None:
    entry = stored(size)
    assert opened(pictures.thumbnail(entry)).size == (width, width)
    assert opened(pictures.thumbnail(entry, 96)).size == (min(96, size),) * 2


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


# Cutouts.


def test_a_cutout_is_opaque_where_the_mask_is_white_and_transparent_where_it_is_black(store: Store) -> None:
    recipe = compose("robust", network="compact", weights="x", target="fc8:1", size=64)
    picture = Image.new("RGB", (64, 64), (200, 40, 90))
    picture.paste((20, 120, 220), (0, 32, 64, 64))
    mask = Image.new("L", (64, 64), 0)
    mask.paste(255, (32, 0, 64, 64))
    data = {"drawing.png": encode.png(picture, recipe), "mask.webp": encode.mask(mask)}
    cut = pictures.cutout(store.put(data, fakes.record(recipe)))
    assert cut is not None
    with Image.open(io.BytesIO(cut)) as image:
        assert (image.format, image.mode, image.size) == ("WEBP", "RGBA", (64, 64))
        pixels = {position: image.getpixel(position) for position in ((48, 16), (48, 48), (16, 16), (16, 48))}
    assert pixels[48, 16] == pytest.approx((200, 40, 90, 255), abs=6)
    assert pixels[48, 48] == pytest.approx((20, 120, 220, 255), abs=6)
    assert [pixels[16, y][3] for y in (16, 48)] == [0, 0]  # type: ignore[index]


def test_a_drawing_without_a_mask_has_no_cutout(stored: Stored) -> None:
    assert pictures.cutout(stored(64)) is None


# Filmstrips.


def png(side: int, *color: int) -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", (side, side), color).save(buffer, "PNG")
    return buffer.getvalue()


def test_a_filmstrip_shows_its_pictures_side_by_side() -> None:
    colors = [(200, 40, 90), (20, 120, 220), (240, 240, 240)]
    filmstrip = opened(pictures.filmstrip([png(64, *color) for color in colors]))
    assert filmstrip.size == (3 * 64, 64)
    for index, color in enumerate(colors):
        assert filmstrip.getpixel((64 * index + 32, 32)) == pytest.approx(color, abs=6)


def test_a_filmstrip_that_is_too_wide_for_webp_is_scaled_down() -> None:
    frames = [png(2048, 200, 40, 90)] * 8 + [png(2048, 20, 120, 220)]
    filmstrip = opened(pictures.filmstrip(frames))
    side = pictures.MAX_WEBP_SIDE // 9
    assert filmstrip.size == (9 * side, side)
    assert filmstrip.getpixel((8 * side + side // 2, side // 2)) == pytest.approx((20, 120, 220), abs=6)
