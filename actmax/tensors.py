"""From PIL images to tensors."""

from __future__ import annotations

import numpy as np
import torch
from PIL import Image
from torch import Tensor


def image_to_tensor(image: Image.Image) -> Tensor:
    """Return the values of an 8-bit image as a uint8 tensor (C, H, W); ``L`` has one channel, ``RGB`` three.

    >>> image_to_tensor(Image.new("RGB", (4, 2), "red"))[:, 0, 0]
    tensor([255,   0,   0], dtype=torch.uint8)
    """
    return torch.from_numpy(np.array(image)).view(image.height, image.width, -1).permute(2, 0, 1)
