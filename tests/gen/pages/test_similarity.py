"""Pictures are ordered by similarity."""

from __future__ import annotations

import io
import random

import pytest
from PIL import Image

from gen.pages.similarity import similarity_ranks


def plain(*color: int) -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", (32, 32), color).save(buffer, "PNG")
    return buffer.getvalue()


def test_shades_of_gray_are_ordered_by_brightness() -> None:
    shades = list(range(0, 250, 10))
    random.Random(0).shuffle(shades)
    ranks = similarity_ranks([plain(shade, shade, shade) for shade in shades])
    assert [shades[ranks.index(rank)] for rank in range(len(shades))] == sorted(shades)


def test_red_and_blue_pictures_are_not_mixed() -> None:
    red = [plain(200, 10 + n, 10) for n in range(5)]
    blue = [plain(10, 10 + n, 200) for n in range(5)]
    ranks = similarity_ranks([picture for pair in zip(red, blue, strict=True) for picture in pair])
    assert {max(ranks[::2]) < min(ranks[1::2]), max(ranks[1::2]) < min(ranks[::2])} == {True, False}


@pytest.mark.parametrize("count", [0, 1, 2, 3, 7])
def test_each_rank_is_given_once_even_if_all_pictures_are_equal(count: int) -> None:
    assert sorted(similarity_ranks([plain(9, 9, 9)] * count)) == list(range(count))


def test_the_order_is_the_same_every_time() -> None:
    pictures = [plain(*(random.Random(n).randrange(256) for _ in range(3))) for n in range(20)]
    assert similarity_ranks(pictures) == similarity_ranks(pictures)
