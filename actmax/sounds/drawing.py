"""What the listener draws when it is asked for a kind of sound: gradient ascent on a spectrogram."""

from __future__ import annotations

import torch
from torch import Tensor

from actmax.ascent import fourier, jitter, total_variation
from actmax.engine.ascend import ascend
from actmax.networks.network import Network

STEPS, SHAKE, SMOOTH, QUIET = 128, 6, 0.3, 0.3
"""Steps; how far the picture is shifted at each, in moments and pitches; what roughness costs, and what loudness does,
as parts of the objective's slope."""


def loudness(picture: Tensor) -> Tensor:
    """(B, 1, H, W) -> (B,): the mean of the picture, so that what the kind does not need stays silent."""
    return picture.flatten(1).mean(1)


def draw(network: Network, kind: str, seed: int = 0) -> Tensor:
    """A spectrogram (1, SIDE, SIDE) in [0, 1] that excites the kind's logit.

    Args:
        network: the listener.
        kind: one of its labels.
        seed: of the noise that it begins with.
    """
    picture = ascend(
        network,
        kind,
        params=fourier(decay_power=1.0, decorrelate=False),
        transforms=[jitter(SHAKE)],
        relative_penalties=[(SMOOTH, total_variation), (QUIET, loudness)],
        steps=STEPS,
        seed=seed,
    )
    return torch.as_tensor(picture.values).float() / 255
