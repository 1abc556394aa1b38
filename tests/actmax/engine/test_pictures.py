"""Between tensors and images: what a start is cropped to, and what a mask consists of."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from PIL import Image

from actmax.engine.pictures import enlarged, fit, to_images, to_masks
from actmax.errors import RecipeError


def thirds(width: int, height: int) -> Image.Image:
    """Red, gray and blue, from left to right."""
    image = Image.new("RGB", (width, height), (102, 102, 102))
    image.paste((255, 0, 0), (0, 0, width // 3, height))
    image.paste((0, 0, 255), (width - width // 3, 0, width, height))
    return image


def test_an_image_is_cropped_to_its_center_and_resized() -> None:
    values = fit(thirds(192, 64), (32, 32))
    assert values.shape == (3, 32, 32)
    torch.testing.assert_close(values[:, :, 2:-2], torch.full((3, 32, 28), 0.4))
    left, right = fit(thirds(192, 64), (16, 48))[:, 8, [2, -3]].T
    assert left.tolist() == [1.0, 0.0, 0.0]
    assert right.tolist() == [0.0, 0.0, 1.0]


def test_one_channel_is_gray_and_five_are_refused() -> None:
    assert fit(thirds(64, 64), (64, 64), 1)[0, 32, [2, 32, 61]].tolist() == pytest.approx(
        [76 / 255, 0.4, 29 / 255], abs=0.005
    )
    with pytest.raises(RecipeError, match="No image file has 5 channels: start from noise or from a tensor"):
        fit(thirds(64, 64), (64, 64), 5)


def test_a_mask_is_black_for_the_smaller_half_of_the_magnitude_and_white_for_the_largest_tenth() -> None:
    # Tenths from left to right, each with a larger magnitude, in stripes wider than the blur.
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


def test_a_constant_magnitude_is_black() -> None:
    assert np.asarray(to_masks(torch.full((1, 20, 30), 3.0))[0]).max() == 0


@pytest.mark.parametrize("size", [(1, 1), (1, 300), (2, 900), (40, 4)])
def test_a_mask_may_have_any_shape(size: tuple[int, int]) -> None:
    (mask,) = to_masks(torch.rand(1, *size))
    assert mask.size == size[::-1]


def test_images_are_enlarged_only_where_they_are_smaller() -> None:
    image = thirds(32, 32)
    assert enlarged([image], 32)[0] is image
    assert enlarged([image], 48)[0].size == (48, 48)


def test_tensors_become_images_of_one_or_three_channels() -> None:
    (gray,), (rgb,) = (to_images(torch.full((1, channels, 4, 6), 0.4)) for channels in (1, 3))
    assert (gray.mode, gray.size, rgb.mode, rgb.getpixel((0, 0))) == ("L", (6, 4), "RGB", (102, 102, 102))
    with pytest.raises(RecipeError, match="No image file has 5 channels: take the tensor"):
        to_images(torch.zeros(1, 5, 4, 6))
