"""Eight kinds of sound, each synthesized from random numbers: no recording is needed."""

from __future__ import annotations

import io
import wave
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

Sound = NDArray[np.floating[Any]]
"""(LENGTH,): the sound pressure, about -1 to 1."""
Generator = np.random.Generator

RATE = 8000
"""Samples in a second: the highest frequency is half of it, 4 kHz."""
LENGTH = 8192
"""Samples of a sound: 1.024 seconds."""
SIDE = 128
"""Height and width of a spectrogram: frequencies from 0 to RATE / 2, and times."""
TIME = np.arange(LENGTH) / RATE


def make(kind: str, rng: Generator) -> Sound:
    """Synthesize a sound of a kind, with a random pitch, onset and loudness, over faint white noise.

    Args:
        kind: one of KINDS.
        rng: the same numbers give the same sound.

    Raises:
        KeyError: there is no such kind.
    """
    sound = KINDS[kind](rng)
    peak = np.abs(sound).max() or 1.0
    noise = 10 ** rng.uniform(-4, -2) * rng.standard_normal(LENGTH)
    return sound / peak * rng.uniform(0.3, 1.0) + noise


def to_16_bits(samples: Sound) -> bytes:
    """Encode samples in 16 bits, scaled to 0.9 of the full range."""
    peak = np.abs(samples).max() or 1.0
    return (samples / peak * 0.9 * 32767).astype("<i2").tobytes()


def wav(samples: bytes) -> bytes:
    """Encode 16-bit samples as a WAV file of one channel."""
    buffer = io.BytesIO()
    with wave.open(buffer, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes(samples)
    return buffer.getvalue()


def _bell(rng: Generator) -> Sound:
    """Inharmonic partials with a common onset; higher ones decay faster."""
    pitch, onset = rng.uniform(250, 600), rng.uniform(0, 0.3)
    partials = np.array([0.56, 0.92, 1.19, 1.71, 2.0, 2.74, 3.76, 4.07])
    decay = 3.0 * partials
    return _partials(pitch * partials, decay, 1 / np.sqrt(partials), onset)


def _string(rng: Generator) -> Sound:
    """Harmonics of a plucked string with a common onset; higher ones decay faster."""
    pitch, onset = rng.uniform(110, 330), rng.uniform(0, 0.4)
    partials = np.arange(1, 1 + int(3500 / pitch))
    return _partials(pitch * partials, 2.0 + 1.2 * partials, 1 / partials, onset)


def _drum(rng: Generator) -> Sound:
    """One to three strokes: a low tone of falling pitch with a burst of noise."""
    sound = np.zeros(LENGTH)
    for onset in np.sort(rng.uniform(0, 0.8, rng.integers(1, 4))):
        time = np.maximum(TIME - onset, 0)
        low = rng.uniform(60, 110)
        tone = np.sin(2 * np.pi * (low * time + 6 * (1 - np.exp(-time * 25))))
        noise = rng.standard_normal(LENGTH) * np.exp(-time * 60)
        sound += (onset <= TIME) * (tone * np.exp(-time * 12) + 0.7 * noise)
    return sound


def _flute(rng: Generator) -> Sound:
    """A steady tone with few harmonics, a vibrato of ±1.2 % of its pitch, and breath noise."""
    pitch, rate = rng.uniform(400, 1100), rng.uniform(4, 7)
    phase = 2 * np.pi * pitch * TIME + 0.012 * pitch / rate * np.sin(2 * np.pi * rate * TIME)
    tone = np.sin(phase) + 0.3 * np.sin(2 * phase) + 0.1 * np.sin(3 * phase)
    return _envelope(rng) * (tone + 0.05 * rng.standard_normal(LENGTH))


def _siren(rng: Generator) -> Sound:
    """A pitch that slowly rises and falls by more than an octave."""
    center, rate, start = rng.uniform(800, 1400), rng.uniform(1.5, 3), rng.uniform(0, 1)
    pitch = center * 2 ** (0.7 * np.sin(2 * np.pi * (rate * TIME + start)))
    phase = 2 * np.pi * np.cumsum(pitch) / RATE
    return np.sin(phase) + 0.4 * np.sin(2 * phase)


def _bird(rng: Generator) -> Sound:
    """Short high calls of falling or rising pitch."""
    sound, duration = np.zeros(LENGTH), rng.uniform(0.06, 0.12)
    pitch, rise = rng.uniform(2000, 3000), rng.choice([-1, 1]) * rng.uniform(500, 900)
    for onset in np.arange(rng.uniform(0, 0.1), 1.0, rng.uniform(0.14, 0.25)):
        part = (TIME - onset) / duration
        within = (part >= 0) & (part < 1)
        phase = 2 * np.pi * duration * (pitch * part + rise * part**2 / 2)
        sound += within * np.sin(phase) * np.sin(np.pi * np.clip(part, 0, 1))
    return sound


def _wind(rng: Generator) -> Sound:
    """Noise around a frequency that varies."""
    spectrum = np.fft.rfft(rng.standard_normal(LENGTH))
    frequency = np.fft.rfftfreq(LENGTH, 1 / RATE)
    bands = (np.exp(-(((frequency - center) / 250) ** 2)) for center in (500, 1000))
    low, high = (np.fft.irfft(spectrum * band, LENGTH) for band in bands)
    mix = 0.5 + 0.5 * np.sin(2 * np.pi * (rng.uniform(0.5, 1.2) * TIME + rng.uniform()))
    return mix * low + (1 - mix) * high


def _clock(rng: Generator) -> Sound:
    """Clicks at equal intervals."""
    sound, interval = np.zeros(LENGTH), rng.uniform(0.12, 0.25)
    for onset in np.arange(rng.uniform(0, interval), 1.0, interval):
        time = np.maximum(TIME - onset, 0)
        sound += (onset <= TIME) * np.exp(-time * 400) * rng.standard_normal(LENGTH)
    return sound


def _partials(frequencies: Sound, decay: Sound, amplitudes: Sound, onset: float) -> Sound:
    """Add up decaying sines, below the highest frequency, from an onset on."""
    time = np.maximum(TIME - onset, 0)
    kept = frequencies < RATE / 2
    sines = np.sin(2 * np.pi * frequencies[kept, None] * time)
    tones = amplitudes[kept, None] * np.exp(-decay[kept, None] * time) * sines
    result: Sound = (onset <= TIME) * tones.sum(0)
    return result


def _envelope(rng: Generator) -> Sound:
    onset, end = rng.uniform(0, 0.2), rng.uniform(0.7, 1.0)
    result: Sound = np.clip((TIME - onset) / 0.08, 0, 1) * np.clip((end - TIME) / 0.08, 0, 1)
    return result


KINDS: dict[str, Callable[[Generator], Sound]] = {
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
