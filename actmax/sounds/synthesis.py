"""Eight kinds of sound, each made by a few lines of arithmetic from random numbers: no recording is needed."""

from __future__ import annotations

import io
import wave
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

Sound = NDArray[np.floating[Any]]
"""(LENGTH,): the pressure, about -1 to 1."""
Chance = np.random.Generator

RATE = 8000
"""Samples in a second: what is heard ends at half of it, 4 kHz."""
LENGTH = 8192
"""Samples of a sound: 1.024 seconds."""
SIDE = 128
"""Height and width of a sound's picture: pitches from 0 to RATE / 2, and moments."""
TIME = np.arange(LENGTH) / RATE


def make(kind: str, chance: Chance) -> Sound:
    """A sound of a kind, with a pitch, a moment and a loudness of its own, over a faint hiss.

    Args:
        kind: one of KINDS.
        chance: where its numbers come from; the same give the same sound.

    Raises:
        KeyError: there is no such kind.
    """
    sound = KINDS[kind](chance)
    loudest = np.abs(sound).max() or 1.0
    hiss = 10 ** chance.uniform(-4, -2) * chance.standard_normal(LENGTH)
    return sound / loudest * chance.uniform(0.3, 1.0) + hiss


def as_16_bits(samples: Sound) -> bytes:
    """Two bytes for each sample, as loud as they can be without being cut."""
    peak = np.abs(samples).max() or 1.0
    return (samples / peak * 0.9 * 32767).astype("<i2").tobytes()


def wav(samples: bytes) -> bytes:
    """A WAV file, one channel, of samples of 16 bits."""
    buffer = io.BytesIO()
    with wave.open(buffer, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes(samples)
    return buffer.getvalue()


def _bell(chance: Chance) -> Sound:
    """Partials that fit no scale, struck at once; the higher, the sooner gone."""
    pitch, struck = chance.uniform(250, 600), chance.uniform(0, 0.3)
    partials = np.array([0.56, 0.92, 1.19, 1.71, 2.0, 2.74, 3.76, 4.07])
    fading = 3.0 * partials
    return _struck(pitch * partials, fading, 1 / np.sqrt(partials), struck)


def _string(chance: Chance) -> Sound:
    """Plucked: whole multiples of a pitch, struck at once; the higher, the sooner gone."""
    pitch, struck = chance.uniform(110, 330), chance.uniform(0, 0.4)
    partials = np.arange(1, 1 + int(3500 / pitch))
    return _struck(pitch * partials, 2.0 + 1.2 * partials, 1 / partials, struck)


def _drum(chance: Chance) -> Sound:
    """A low tone that falls, with a burst of noise; a few blows."""
    sound = np.zeros(LENGTH)
    for struck in np.sort(chance.uniform(0, 0.8, chance.integers(1, 4))):
        since = np.maximum(TIME - struck, 0)
        low = chance.uniform(60, 110)
        fall = np.sin(2 * np.pi * (low * since + 6 * (1 - np.exp(-since * 25))))
        noise = chance.standard_normal(LENGTH) * np.exp(-since * 60)
        sound += (struck <= TIME) * (fall * np.exp(-since * 12) + 0.7 * noise)
    return sound


def _flute(chance: Chance) -> Sound:
    """A steady tone with few multiples, a tremor of its pitch, and breath."""
    pitch, tremor = chance.uniform(400, 1100), chance.uniform(4, 7)
    phase = 2 * np.pi * pitch * TIME + pitch * 0.012 / tremor * 2 * np.pi * np.sin(2 * np.pi * tremor * TIME)
    tone = np.sin(phase) + 0.3 * np.sin(2 * phase) + 0.1 * np.sin(3 * phase)
    return _swell(chance) * (tone + 0.05 * chance.standard_normal(LENGTH))


def _siren(chance: Chance) -> Sound:
    """A pitch that rises and falls, slowly and far."""
    middle, turns, start = chance.uniform(800, 1400), chance.uniform(1.5, 3), chance.uniform(0, 1)
    pitch = middle * 2 ** (0.7 * np.sin(2 * np.pi * (turns * TIME + start)))
    phase = 2 * np.pi * np.cumsum(pitch) / RATE
    return np.sin(phase) + 0.4 * np.sin(2 * phase)


def _bird(chance: Chance) -> Sound:
    """Short high calls, each with a fall or a rise."""
    sound, call = np.zeros(LENGTH), chance.uniform(0.06, 0.12)
    pitch, rise = chance.uniform(2000, 3000), chance.choice([-1, 1]) * chance.uniform(500, 900)
    for begun in np.arange(chance.uniform(0, 0.1), 1.0, chance.uniform(0.14, 0.25)):
        part = (TIME - begun) / call
        within = (part >= 0) & (part < 1)
        phase = 2 * np.pi * call * (pitch * part + rise * part**2 / 2)
        sound += within * np.sin(phase) * np.sin(np.pi * np.clip(part, 0, 1))
    return sound


def _wind(chance: Chance) -> Sound:
    """Noise about a pitch that wanders."""
    spectrum = np.fft.rfft(chance.standard_normal(LENGTH))
    heard = np.fft.rfftfreq(LENGTH, 1 / RATE)
    low, high = (np.fft.irfft(spectrum * np.exp(-(((heard - at) / 250) ** 2)), LENGTH) for at in (500, 1000))
    mixed = 0.5 + 0.5 * np.sin(2 * np.pi * (chance.uniform(0.5, 1.2) * TIME + chance.uniform()))
    return mixed * low + (1 - mixed) * high


def _clock(chance: Chance) -> Sound:
    """Clicks, evenly far apart."""
    sound, mean_cosine_distance = np.zeros(LENGTH), chance.uniform(0.12, 0.25)
    for struck in np.arange(chance.uniform(0, mean_cosine_distance), 1.0, mean_cosine_distance):
        since = np.maximum(TIME - struck, 0)
        sound += (struck <= TIME) * np.exp(-since * 400) * chance.standard_normal(LENGTH)
    return sound


def _struck(pitches: Sound, fading: Sound, loud: Sound, at: float) -> Sound:
    since = np.maximum(TIME - at, 0)
    heard = pitches < RATE / 2
    tones = loud[heard, None] * np.exp(-fading[heard, None] * since) * np.sin(2 * np.pi * pitches[heard, None] * since)
    result: Sound = (at <= TIME) * tones.sum(0)
    return result


def _swell(chance: Chance) -> Sound:
    begun, ended = chance.uniform(0, 0.2), chance.uniform(0.7, 1.0)
    result: Sound = np.clip((TIME - begun) / 0.08, 0, 1) * np.clip((ended - TIME) / 0.08, 0, 1)
    return result


KINDS: dict[str, Callable[[Chance], Sound]] = {
    "bell": _bell,
    "bird": _bird,
    "clock": _clock,
    "drum": _drum,
    "flute": _flute,
    "plucked string": _string,
    "siren": _siren,
    "wind": _wind,
}
"""By name, in the order of the network's logits."""
