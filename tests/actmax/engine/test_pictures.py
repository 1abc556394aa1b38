"""Between tensors and pictures: what is taken of a picture at the start, and what a mask shows."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from PIL import Image

from actmax.engine.pictures import enlarged, shown, to_masks
from actmax.errors import RecipeError


def thirds(width: int, height: int) -> Image.Image:
    """Red, grey and blue, from left to right."""
    image = Image.new("RGB", (width, height), (102, 102, 102))
    image.paste((255, 0, 0), (0, 0, width // 3, height))
    image.paste((0, 0, 255), (width - width // 3, 0, width, height))
    return image


def test_the_centre_of_a_picture_is_shown_as_large_as_it_can_be() -> None:
    values = shown(thirds(192, 64), (32, 32))
    assert values.shape == (3, 32, 32)
    torch.testing.assert_close(values[:, :, 2:-2], torch.full((3, 32, 28), 0.4))
    left, right = shown(thirds(192, 64), (16, 48))[:, 8, [2, -3]].T
    assert left.tolist() == [1.0, 0.0, 0.0]
    assert right.tolist() == [0.0, 0.0, 1.0]


def test_a_picture_is_shown_in_grey_where_images_have_one_channel() -> None:
    assert shown(thirds(64, 64), (64, 64), 1)[0, 32, [2, 32, 61]].tolist() == pytest.approx(
        [76 / 255, 0.4, 29 / 255], abs=0.005
    )
    with pytest.raises(RecipeError, match="No picture has 5 channels: an ascent on such images starts from noise"):
        shown(thirds(64, 64), (64, 64), 5)


def test_a_mask_is_black_for_the_less_touched_half_and_white_for_the_most_touched_tenth() -> None:
    # Tenths from left to right, each touched once more, in wide stripes that the blur leaves alone.
    gradient_magnitude = (torch.arange(100) // 10).float().expand(2, 50, 100).clone()
    gradient_magnitude[1] *= 1000
    masks = to_masks(gradient_magnitude)
    assert [mask.mode for mask in masks] == ["L", "L"]
    assert masks[0].tobytes() == masks[1].tobytes()
    found = np.asarray(masks[0])[25, 5::10].astype(int).tolist()
    assert found[:5] == [0] * 5
    assert found[5:9] == sorted(found[5:9])
    assert 0 < found[6] < 255
    assert found[9] == 255


def test_what_was_touched_alike_everywhere_has_no_place_of_its_own() -> None:
    assert np.asarray(to_masks(torch.full((1, 20, 30), 3.0))[0]).max() == 0


@pytest.mark.parametrize("size", [(1, 1), (1, 300), (2, 900), (40, 4)])
def test_a_mask_has_any_shape(size: tuple[int, int]) -> None:
    (mask,) = to_masks(torch.rand(1, *size))
    assert mask.size == size[::-1]


def test_pictures_are_enlarged_only_where_they_are_smaller() -> None:
    image = thirds(32, 32)
    assert enlarged([image], 32)[0] is image
    assert enlarged([image], 48)[0].size == (48, 48)
