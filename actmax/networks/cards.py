"""The networks that the project knows by name, as plain data: titles and layers. Needs no torch."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Card:
    """What can be said of a network without loading it."""

    name: str
    """Identity in recipes, on the command line and in settings."""
    title: str
    """What a reader sees."""
    output: str = "logits"
    """The layer of the class logits."""
    layers: Mapping[str, str] = field(default_factory=dict)
    """The field's name of a layer -> its place in the module. Outputs are those before the ReLU."""
    note: str = ""
    """One plain sentence for the reader on what this network is, where it is not the obvious one."""


_CONVOLUTIONS = {
    "conv1": "features.0",
    "conv2": "features.3",
    "conv3": "features.6",
    "conv4": "features.8",
    "conv5": "features.10",
}

_CARDS = {
    "alexnet": Card(
        "alexnet",
        "AlexNet (torchvision, ImageNet-1k)",
        output="fc8",
        layers=_CONVOLUTIONS | {"fc6": "classifier.1", "fc7": "classifier.4", "fc8": "classifier.6"},
    ),
    "compact": Card(
        "compact",
        "the compact AlexNet",
        output="fc8",
        layers=_CONVOLUTIONS | {"fc6": "classifier.0", "fc8": "classifier.2"},
        note="The compact AlexNet learnt ImageNet's classes from a larger network's answers, not from ImageNet itself.",
    ),
}


def card(name: str) -> Card:
    """The card of a network; a torchvision classifier that has none of its own gets a plain one."""
    return _CARDS.get(name) or Card(name, f"{name} (torchvision, ImageNet-1k)")
