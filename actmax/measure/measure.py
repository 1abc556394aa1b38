"""A network's response to an image file."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

from actmax.ascent.objectives import Outputs, of_targets
from actmax.errors import WeightsError
from actmax.measure.models import Measures
from actmax.networks.network import Network
from actmax.pictures import read_rgb
from actmax.recipe.target import parse
from actmax.tensors import image_to_tensor


def decode(encoded: bytes) -> Tensor:
    """Read an image file as RGB (1, 3, H, W) in [0, 1], float32.

    Raises:
        PictureError: it is not an image.
    """
    return image_to_tensor(read_rgb(encoded))[None].float() / 255


def resized(image: Tensor, size: tuple[int, int]) -> Tensor:
    """Resize an image (1, 3, H, W) in [0, 1] to (height, width), bicubically."""
    if image.shape[2:] == size:
        return image
    return functional.interpolate(image, size, mode="bicubic", antialias=True, align_corners=False).clamp(0, 1)


@torch.inference_mode()
def measure(network: Network, target: str, image: Tensor) -> Measures:
    """Measure a network's response to one image: the target's activation, and the classification.

    Args:
        network: as loaded, in float32 on the CPU.
        target: that the image was optimized for.
        image: (1, C, H, W) in [0, 1].

    Raises:
        RecipeError: the network cannot process an image of that size, or has no such channel or position.
        UnknownNameError: it has no such layer.
        WeightsError: its logits are not finite.
    """
    parsed = parse(target)
    _, _, height, width = image.shape
    size = (height, width)
    output = network.card.output
    names = (output,) if parsed.layer in network.card.outputs else (output, parsed.layer)
    outputs = network.submodel(names, size)(network.normalize(image))
    logits = outputs[output]
    if not logits.isfinite().all():
        raise WeightsError(f"The logits of {network.card.title} are infinite or NaN: its weights are damaged.")
    probabilities = logits.softmax(1)[0]
    best = probabilities.topk(min(5, len(probabilities)))
    top = tuple(zip(best.indices.tolist(), best.values.tolist(), strict=True))
    read = Outputs({parsed.layer: outputs[names[-1]]}, size, axis=network.channel_axis)
    activation = of_targets([parsed])(read).item()
    if parsed.layer not in network.card.outputs or parsed.unit is None:
        return Measures(activation=activation, top=top)
    own = logits[0, parsed.unit]
    others = torch.cat([logits[0, : parsed.unit], logits[0, parsed.unit + 1 :]])
    return Measures(
        activation=activation,
        top=top,
        probability=probabilities[parsed.unit].item(),
        rank=1 + int((others > own).sum().item()),
        margin=(own - others.max()).item(),
    )
