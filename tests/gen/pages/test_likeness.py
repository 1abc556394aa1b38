"""The order in which neighbours are alike."""

from __future__ import annotations

import io
import random

import pytest
from PIL import Image

from gen.pages.likeness import by_likeness


def plain(*colour: int) -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", (32, 32), colour).save(buffer, "PNG")
    return buffer.getvalue()


def test_shades_stand_from_one_end_to_the_other() -> None:
    shades = list(range(0, 250, 10))
    random.Random(0).shuffle(shades)
    places = by_likeness([plain(shade, shade, shade) for shade in shades])
    assert [shades[places.index(place)] for place in range(len(shades))] == sorted(shades)


def test_two_kinds_are_not_mixed() -> None:
    red = [plain(200, 10 + n, 10) for n in range(5)]
    blue = [plain(10, 10 + n, 200) for n in range(5)]
    places = by_likeness([picture for pair in zip(red, blue, strict=True) for picture in pair])
    assert {max(places[::2]) < min(places[1::2]), max(places[1::2]) < min(places[::2])} == {True, False}


@pytest.mark.parametrize("count", [0, 1, 2, 3, 7])
def test_each_has_a_place_of_its_own_even_if_all_are_equal(count: int) -> None:
    assert sorted(by_likeness([plain(9, 9, 9)] * count)) == list(range(count))


def test_the_order_is_the_same_every_time() -> None:
    pictures = [plain(*(random.Random(n).randrange(256) for _ in range(3))) for n in range(20)]
    assert by_likeness(pictures) == by_likeness(pictures)
