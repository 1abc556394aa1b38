"""Encodings: a lossless PNG with its recipe, a nearly lossless JPEG, a small filmstrip and mask."""

from __future__ import annotations

import io
import json

import numpy as np
import pytest
from PIL import Image

from actmax.pipeline.encode import CELL, filmstrip, jpeg, mask, png
from actmax.recipe import Recipe, compose


def noise(size: int) -> Image.Image:
    """The hardest picture to compress."""
    values = np.random.default_rng(0).integers(0, 256, (size, size, 3), dtype=np.uint8)
    return Image.fromarray(values)


def gradient(size: int, blue: int = 0) -> Image.Image:
    """A smooth picture."""
    ramp = np.linspace(0, 255, size, dtype=np.uint8)
    red, green = np.meshgrid(ramp, ramp)
    return Image.fromarray(np.dstack([red, green, np.full_like(red, blue)]))


def decoded(data: bytes) -> Image.Image:
    return Image.open(io.BytesIO(data))


def pixels(image: Image.Image) -> np.ndarray:
    return np.asarray(image.convert("RGB"), dtype=int)


@pytest.fixture
def recipe() -> Recipe:
    return compose("robust", network="compact", weights="0123456789abcdef", target="fc8:340 - 0.5*fc8:292")


def test_the_png_is_lossless(recipe: Recipe) -> None:
    image = noise(64)
    found = decoded(png(image, recipe))
    assert (found.format, found.mode) == ("PNG", "RGB")
    assert (pixels(found) == pixels(image)).all()


def test_the_png_contains_its_recipe(recipe: Recipe) -> None:
    found = decoded(png(noise(64), recipe))
    inside = Recipe(**json.loads(found.info["actmax:recipe"]))
    assert inside == recipe
    assert inside.digest() == recipe.digest()


def test_encoding_is_deterministic(recipe: Recipe) -> None:
    assert png(noise(64), recipe) == png(noise(64), recipe)


@pytest.mark.parametrize("image", [gradient(64), gradient(224, blue=255)], ids=["64", "224"])
def test_the_jpeg_is_close_to_the_image(image: Image.Image) -> None:
    found = decoded(jpeg(image))
    assert found.format == "JPEG"
    assert found.size == image.size
    assert abs(pixels(found) - pixels(image)).mean() < 1.5


def test_the_jpeg_keeps_colors_of_single_pixels() -> None:
    stripes = np.zeros((64, 64, 3), dtype=np.uint8)
    stripes[:, ::2, 0] = stripes[:, 1::2, 2] = 255  # red beside blue, which a subsampled JPEG turns to purple
    found = pixels(decoded(jpeg(Image.fromarray(stripes))))
    assert abs(found - stripes).mean() < 20


@pytest.mark.parametrize(
    ("count", "size", "cell"), [(1, 64, 64), (5, 64, 64), (3, CELL, CELL), (2, 300, CELL), (16, 512, CELL)]
)
def test_a_filmstrip_is_as_many_cells_wide_as_it_has_frames(count: int, size: int, cell: int) -> None:
    found = decoded(filmstrip([gradient(size)] * count))
    assert found.format == "WEBP"
    assert found.size == (count * cell, cell)


@pytest.mark.parametrize("size", [64, 512])
def test_a_filmstrip_shows_its_frames_in_order(size: int) -> None:
    blues = [0, 120, 255]
    strip = pixels(decoded(filmstrip([gradient(size, blue) for blue in blues])))
    cells = np.split(strip[..., 2], len(blues), axis=1)
    assert [round(cell.mean()) for cell in cells] == pytest.approx(blues, abs=12)


def test_the_mask_is_close_to_the_gradient_magnitude_and_small() -> None:
    gradient_magnitude = gradient(224).getchannel("R")
    data = mask(gradient_magnitude)
    found = decoded(data)
    assert (found.format, found.size) == ("WEBP", (224, 224))
    assert abs(pixels(found) - pixels(gradient_magnitude)).mean() < 3
    assert len(data) < 20_000
