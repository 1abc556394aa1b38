"""Draw a kind of sound: gradient ascent on a spectrogram."""

from __future__ import annotations

from torch import Tensor

from actmax.ascent.optimize import Method
from actmax.ascent.params import fourier
from actmax.ascent.penalties import total_variation
from actmax.ascent.transforms import jitter
from actmax.engine.ascend import ascend
from actmax.networks.network import Network


def loudness(images: Tensor) -> Tensor:
    """Return the mean of each image, (B, 1, H, W) -> (B,): as a penalty it silences what the kind does not need."""
    return images.flatten(1).mean(1)


METHOD = Method(
    params=fourier(decay_power=1.0),
    steps=128,
    transforms=[jitter(6)],  # in moments and in pitches
    relative_penalties=[(0.3, total_variation), (0.3, loudness)],
)


def draw(network: Network, kind: str, seed: int = 0) -> Tensor:
    """Return a spectrogram (1, SIDE, SIDE) in [0, 1], of 256 levels, that maximizes the kind's logit.

    Args:
        network: the sound classifier.
        kind: one of its labels.
        seed: of the noise at the start.
    """
    values = ascend(network, kind, METHOD, seeds=[seed]).values[0]
    return (values * 255).round() / 255
