"""Every kind of sound: one that was made, one that the network drew, and what the network makes of it."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from actmax.networks.network import Network
from actmax.sounds.drawing import draw
from actmax.sounds.network import network
from actmax.sounds.spectrogram import sound, spectrogram
from actmax.sounds.synthesis import KINDS, as_16_bits, make

EXAMPLE = 5
"""The seed of the sounds that were made; none of the training's."""


def hear(weights: Path) -> list[dict[str, Any]]:
    """For each kind, in the order of KINDS, plain values: pictures and sounds as Base64.

    Args:
        weights: of the network.
    """
    listener = network(weights)
    return [_kind(listener, place, kind) for place, kind in enumerate(KINDS)]


def _kind(listener: Network, place: int, kind: str) -> dict[str, Any]:
    made = make(kind, np.random.default_rng(EXAMPLE))
    drawing = draw(listener, kind)
    drawn = sound(drawing)
    again = spectrogram(drawn[None])[0]
    of_drawing, of_sound = (_probabilities(listener, picture) for picture in (drawing, again))
    return {
        "made": _text(as_16_bits(made)),
        "picture_of_made": _pixels(spectrogram(torch.from_numpy(made).float()[None])[0]),
        "drawing": _pixels(drawing),
        "drawn": _text(as_16_bits(drawn.double().numpy())),
        "picture_of_drawn": _pixels(again),
        "probability": of_drawing[place].item(),
        "probability_heard": of_sound[place].item(),
        "heard_as": int(of_sound.argmax()),
        "probability_heard_as": of_sound.max().item(),
    }


@torch.inference_mode()
def _probabilities(listener: Network, picture: Tensor) -> Tensor:
    return listener.logits(listener.normalize(picture[None]))[0].softmax(0)


def _pixels(picture: Tensor) -> str:
    return _text((picture * 255).round().byte().numpy().tobytes())


def _text(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")
