"""An image's values stand in the tensor where they stand in the image."""

from __future__ import annotations

import pytest
import torch
from PIL import Image

from actmax.tensors import image_to_tensor, standard_deviation


@pytest.mark.parametrize(("mode", "color", "channels"), [("RGB", (1, 2, 3), [1, 2, 3]), ("L", 7, [7])])
def test_the_tensor_has_the_channels_rows_and_columns_of_the_image(
    mode: str, color: int | tuple[int, ...], channels: list[int]
) -> None:
    image = Image.new(mode, (5, 4))
    image.putpixel((2, 1), color)

    values = image_to_tensor(image)

    assert values.shape == (len(channels), 4, 5)
    assert values.dtype == torch.uint8
    assert values[:, 1, 2].tolist() == channels
    assert values.count_nonzero() == len(channels)


def test_the_standard_deviation_is_torchs_for_each_image() -> None:
    values = 3 + torch.randn(4, 3, 20, 30, generator=torch.Generator().manual_seed(0))
    torch.testing.assert_close(standard_deviation(values), values.flatten(1).std(1))
    assert torch.equal(standard_deviation(values)[:1], standard_deviation(values[:1]))
    assert standard_deviation(torch.ones(1, 3, 4, 4)).tolist() == [0.0]
