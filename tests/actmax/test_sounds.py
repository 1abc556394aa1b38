"""Sounds: synthesis, spectrograms, reconstruction, and drawings of a network."""

from __future__ import annotations

import io
import wave
from pathlib import Path

import numpy as np
import pytest
import torch
from nightly import smoke
from safetensors.torch import load_file

from actmax.networks.network import Network
from actmax.sounds import WEIGHTS
from actmax.sounds.drawing import draw, loudness
from actmax.sounds.hearing import hear
from actmax.sounds.models import SOUNDS
from actmax.sounds.network import network
from actmax.sounds.spectrogram import sound, spectrogram
from actmax.sounds.synthesis import KINDS, LENGTH, RATE, SIDE, make, to_16_bits, wav
from actmax.train.options import SoundOptions
from actmax.train.sounds import batch, train_sounds


@pytest.fixture(scope="module")
def classifier() -> Network:
    return network()


@pytest.mark.parametrize("kind", KINDS)
def test_a_sound_depends_on_its_random_numbers_alone(kind: str) -> None:
    first, again, other = (make(kind, np.random.default_rng(seed)) for seed in (3, 3, 4))
    assert first.shape == (LENGTH,)
    assert np.isfinite(first).all()
    assert 0.2 < np.abs(first).max() < 1.2
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)


def test_the_vibrato_of_a_flute_is_1_2_percent_of_its_pitch() -> None:
    """The spread of the frequencies of the first harmonic, found in a long window, is near 2.4 % of it."""
    for seed in range(3):
        samples = torch.from_numpy(make("flute", np.random.default_rng(seed)))
        spectrum = torch.stft(samples, 1024, 64, window=torch.hann_window(1024).double(), return_complex=True).abs()
        steady = spectrum[:, 40:80]
        frequencies = steady.argmax(0) * RATE / 1024
        assert (frequencies.max() - frequencies.min()) / frequencies.float().mean() < 0.045


@pytest.mark.parametrize("pitch", [250, 1000, 3000])
def test_a_tone_is_a_line_at_its_pitch(pitch: int) -> None:
    tone = torch.sin(2 * torch.pi * pitch * torch.arange(LENGTH) / RATE)
    (picture,) = spectrogram(tone[None])[0]
    assert picture.shape == (SIDE, SIDE)
    within = picture[:, 1:-1]  # at both ends the window extends beyond the tone
    assert (within.argmax(0) == SIDE - 1 - pitch * 2 * SIDE // RATE).all()
    assert picture.max() == pytest.approx(1, abs=0.02)  # a sine of amplitude 1 is white
    assert picture[:, SIDE // 2].median() == 0


def test_silence_is_black_and_stays_silent() -> None:
    black = spectrogram(torch.zeros(1, LENGTH))[0]
    assert black.max() == 0
    assert sound(black).abs().max() == 0


@pytest.mark.parametrize("kind", KINDS)
def test_a_sound_is_reconstructed_from_its_spectrogram(kind: str, classifier: Network) -> None:
    (picture,) = spectrogram(torch.from_numpy(make(kind, np.random.default_rng(1))).float()[None])
    again = spectrogram(sound(picture)[None])
    assert (again[0] - picture).abs().mean() < 0.05
    assert classifier.labels[int(classifier.logits(classifier.normalize(again))[0].argmax())] == kind


def test_a_file_holds_the_samples(tmp_path: Path) -> None:
    samples = np.sin(np.arange(LENGTH))
    with wave.open(io.BytesIO(wav(to_16_bits(samples)))) as file:
        assert (file.getnchannels(), file.getsampwidth(), file.getframerate(), file.getnframes()) == (
            1,
            2,
            RATE,
            LENGTH,
        )
        found = np.frombuffer(file.readframes(LENGTH), "<i2")
    assert np.allclose(found / 32767, 0.9 * samples / np.abs(samples).max(), atol=1e-4)


def test_the_network_of_the_package_classifies_new_sounds(classifier: Network) -> None:
    pictures, kinds = batch(200, np.random.default_rng(99))
    predicted = classifier.logits(classifier.normalize(pictures)).argmax(1)
    assert (predicted == kinds).float().mean() > 0.95
    assert WEIGHTS.stat().st_size < 1_000_000


@pytest.mark.parametrize("kind", smoke(["bird", "plucked string"]))
def test_a_drawing_is_classified_as_its_kind_and_the_rest_is_silent(kind: str, classifier: Network) -> None:
    drawing = draw(classifier, kind)
    probabilities = classifier.logits(classifier.normalize(drawing[None]))[0].softmax(0)
    assert classifier.labels[int(probabilities.argmax())] == kind
    assert probabilities.max() > 0.9
    assert loudness(drawing[None]) < 0.5
    assert torch.equal(draw(classifier, kind), drawing)


@pytest.mark.nightly
def test_every_kind_is_drawn_and_heard() -> None:
    examples = hear(WEIGHTS)
    assert len(examples) == len(KINDS)
    assert SOUNDS.type.validate_json(SOUNDS.type.dump_json(examples)) == examples
    assert sum(example.predicted == index for index, example in enumerate(examples)) >= len(KINDS) - 2


@pytest.mark.nightly
def test_training_learns(tmp_path: Path) -> None:
    assert train_sounds(tmp_path / "trained.safetensors", SoundOptions(steps=12, holdout=100)) > 1.5 / len(KINDS)


def test_training_can_be_repeated(tmp_path: Path) -> None:
    options = SoundOptions(steps=2, holdout=10)
    for name in ("first", "second"):
        train_sounds(tmp_path / f"{name}.safetensors", options)
    first, second = (load_file(tmp_path / f"{name}.safetensors") for name in ("first", "second"))
    assert all(torch.equal(first[name], second[name]) for name in first)
