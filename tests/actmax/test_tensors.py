"""An image's values stand in the tensor where they stand in the image."""

from __future__ import annotations

import pytest
import torch
from PIL import Image

from actmax.tensors import image_to_tensor


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
