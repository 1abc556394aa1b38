"""What a published file does to a network, measured on the file."""

from __future__ import annotations

import io
from dataclasses import asdict, dataclass
from typing import Any

import torch
from PIL import Image
from torch import Tensor

from actmax.networks.network import Network, normalize
from actmax.recipe.target import parse, score


@dataclass(frozen=True)
class Measures:
    """What the network answers when it is shown one file, without any transform, in float32."""

    activation: float
    """The target's score."""
    top: tuple[tuple[int, float], ...]
    """The five most probable classes: (index, probability in [0, 1]), best first."""
    probability: float | None = None
    """Of the target class, in [0, 1]; this and the next two are None unless the target is a class."""
    rank: int | None = None
    """Place of the target among the classes, from 1."""
    margin: float | None = None
    """The target's logit less the best other one."""

    @property
    def failed(self) -> bool:
        """Whether a class drawing is not what the network says first."""
        return self.rank is not None and self.rank != 1

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> Measures:
        return cls(**{**values, "top": tuple((int(index), float(part)) for index, part in values["top"])})


def decode(encoded: bytes) -> Tensor:
    """A picture file -> RGB (1, 3, H, W) in [0, 1], float32."""
    with Image.open(io.BytesIO(encoded)) as image:
        rgb = image.convert("RGB")
        values = torch.frombuffer(bytearray(rgb.tobytes()), dtype=torch.uint8)
        return values.view(1, rgb.height, rgb.width, 3).permute(0, 3, 1, 2).float() / 255


@torch.inference_mode()
def measure(network: Network, target: str, rgb: Tensor) -> Measures:
    """Shows one picture to the network.

    Args:
        network: as loaded, in float32 on the processor.
        target: what the picture was drawn for.
        rgb: (1, 3, H, W) in [0, 1].
    """
    aim = parse(target)
    x = normalize(rgb).to(memory_format=torch.channels_last)
    logits = network.logits(x)
    probabilities = logits.softmax(1)[0]
    best = probabilities.topk(5)
    top = tuple(zip(best.indices.tolist(), best.values.tolist(), strict=True))
    if aim.layer not in ("logits", network.card.output):
        layer = network.up_to(aim.layer, torch.device("cpu"), torch.float32)
        return Measures(score([aim], layer(x)).item(), top)
    activation = score([aim], logits).item()
    if aim.unit is None:
        return Measures(activation, top)
    own = logits[0, aim.unit]
    others = torch.cat([logits[0, : aim.unit], logits[0, aim.unit + 1 :]])
    return Measures(
        activation,
        top,
        probability=probabilities[aim.unit].item(),
        rank=1 + int((others > own).sum().item()),
        margin=(own - others.max()).item(),
    )
