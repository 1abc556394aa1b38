"""What a published file does to a network, measured on the file."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

from actmax.ascent.objectives import of_targets
from actmax.errors import WeightsError
from actmax.networks.network import Network
from actmax.pictures import read_rgb
from actmax.recipe.target import parse
from actmax.store.record import Measures
from actmax.tensors import image_to_tensor


def decode(encoded: bytes) -> Tensor:
    """A picture file -> RGB (1, 3, H, W) in [0, 1], float32.

    Raises:
        PictureError: it is none.
    """
    return image_to_tensor(read_rgb(encoded))[None].float() / 255


def resized(image: Tensor, size: tuple[int, int]) -> Tensor:
    """A picture (1, 3, H, W) in [0, 1] at another height and width, bicubically."""
    if image.shape[2:] == size:
        return image
    return functional.interpolate(image, size, mode="bicubic", antialias=True, align_corners=False).clamp(0, 1)


@torch.inference_mode()
def measure(network: Network, target: str, image: Tensor) -> Measures:
    """Shows one picture to the network.

    Args:
        network: as loaded, in float32 on the processor.
        target: what the picture was drawn for.
        image: (1, C, H, W) in [0, 1].

    Raises:
        RecipeError: the network cannot be shown a picture of that size, or has no such channel or place.
        UnknownNameError: it has no such layer.
        WeightsError: it answers with numbers that are not finite.
    """
    aim = parse(target)
    _, _, height, width = image.shape
    size = (height, width)
    output = network.card.output
    names = (output,) if aim.layer in network.card.outputs else (output, aim.layer)
    outputs = network.submodel(names, size)(network.normalize(image))
    logits = outputs[output]
    if not logits.isfinite().all():
        raise WeightsError(
            f"{network.card.title} answers a picture with numbers that are infinite or no numbers: its weights are "
            "damaged."
        )
    probabilities = logits.softmax(1)[0]
    best = probabilities.topk(min(5, len(probabilities)))
    top = tuple(zip(best.indices.tolist(), best.values.tolist(), strict=True))
    values = outputs[names[-1]]
    activation = of_targets([aim], size)({aim.layer: values}).item()
    if aim.layer not in network.card.outputs or aim.unit is None:
        return Measures(activation=activation, top=top)
    own = logits[0, aim.unit]
    others = torch.cat([logits[0, : aim.unit], logits[0, aim.unit + 1 :]])
    return Measures(
        activation=activation,
        top=top,
        probability=probabilities[aim.unit].item(),
        rank=1 + int((others > own).sum().item()),
        margin=(own - others.max()).item(),
    )
