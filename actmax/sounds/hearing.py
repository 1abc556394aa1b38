"""Each class of sounds: a synthesized example, the network's drawing of the class, and its predictions for both."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from actmax.networks.network import Network
from actmax.sounds.drawing import draw
from actmax.sounds.models import SoundExample
from actmax.sounds.network import network
from actmax.sounds.spectrogram import sound, spectrogram
from actmax.sounds.synthesis import KINDS, make, to_16_bits

EXAMPLE_SEED = 5
"""Of the synthesized sounds; training never uses it."""


def hear(weights: Path) -> tuple[SoundExample, ...]:
    """Synthesize, draw and reconstruct a sound of each class, in the order of KINDS.

    Args:
        weights: of the network that classifies sounds.
    """
    classifier = network(weights)
    return tuple(_example(classifier, index, kind) for index, kind in enumerate(KINDS))


def _example(classifier: Network, index: int, kind: str) -> SoundExample:
    synthesized = make(kind, np.random.default_rng(EXAMPLE_SEED))
    drawing = draw(classifier, kind)
    reconstructed = sound(drawing)
    spectrum = spectrogram(reconstructed[None])[0]
    of_drawing, of_sound = (_probabilities(classifier, picture) for picture in (drawing, spectrum))
    return SoundExample(
        synthesized=to_16_bits(synthesized),
        synthesized_spectrogram=_pixels(spectrogram(torch.from_numpy(synthesized).float()[None])[0]),
        drawing=_pixels(drawing),
        reconstructed=to_16_bits(reconstructed.double().numpy()),
        reconstructed_spectrogram=_pixels(spectrum),
        drawing_probability=of_drawing[index].item(),
        reconstructed_probability=of_sound[index].item(),
        predicted=int(of_sound.argmax()),
        predicted_probability=of_sound.max().item(),
    )


@torch.inference_mode()
def _probabilities(classifier: Network, picture: Tensor) -> Tensor:
    return classifier.logits(classifier.normalize(picture[None]))[0].softmax(0)


def _pixels(picture: Tensor) -> bytes:
    return (picture * 255).round().byte().numpy().tobytes()
