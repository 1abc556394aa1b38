"""What the sounds page shows of each class of sounds. Needs no torch."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, TypeAdapter

from actmax.measure.kinds import Kind
from actmax.measure.models import Frozen, Probability
from actmax.sounds.synthesis import KINDS, LENGTH, SIDE

Spectrogram = Annotated[bytes, Field(min_length=SIDE * SIDE, max_length=SIDE * SIDE)]
"""8-bit gray, row by row, the highest frequency first."""
Samples = Annotated[bytes, Field(min_length=2 * LENGTH, max_length=2 * LENGTH)]
"""16-bit signed integers, little-endian."""


class SoundExample(Frozen):
    """A class of sounds: a synthesized sound, the network's drawing, and the sound of that drawing."""

    synthesized: Samples
    """A sound as in the network's training set."""
    synthesized_spectrogram: Spectrogram
    drawing: Spectrogram
    """That maximizes the class's logit."""
    reconstructed: Samples
    """The drawing as a sound."""
    reconstructed_spectrogram: Spectrogram
    """Of that sound. It differs from the drawing, since not every image is the spectrogram of a sound."""
    drawing_probability: Probability
    """Of the class, for the drawing."""
    reconstructed_probability: Probability
    """Of the class, for the reconstructed sound."""
    predicted: Annotated[int, Field(ge=0, lt=len(KINDS))]
    """Index of the predicted class of the reconstructed sound."""
    predicted_probability: Probability


SOUNDS: Kind[tuple[SoundExample, ...]] = Kind(
    "sounds", 1, TypeAdapter(Annotated[tuple[SoundExample, ...], Field(min_length=len(KINDS), max_length=len(KINDS))])
)
