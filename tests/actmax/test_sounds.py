"""Sounds: what is made, what is seen of it, what is heard again, and what a network draws."""

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
from actmax.sounds.synthesis import KINDS, LENGTH, RATE, SIDE, as_16_bits, make, wav
from actmax.train.options import SoundOptions
from actmax.train.sounds import batch, train_sounds


@pytest.fixture(scope="module")
def listener() -> Network:
    return network()


@pytest.mark.parametrize("kind", KINDS)
def test_a_sound_is_the_same_for_the_same_numbers_and_another_for_others(kind: str) -> None:
    one, again, other = (make(kind, np.random.default_rng(seed)) for seed in (3, 3, 4))
    assert one.shape == (LENGTH,)
    assert np.isfinite(one).all()
    assert 0.2 < np.abs(one).max() < 1.2
    assert np.array_equal(one, again)
    assert not np.array_equal(one, other)


@pytest.mark.parametrize("pitch", [250, 1000, 3000])
def test_a_tone_is_a_line_at_its_pitch(pitch: int) -> None:
    tone = torch.sin(2 * torch.pi * pitch * torch.arange(LENGTH) / RATE)
    (picture,) = spectrogram(tone[None])[0]
    assert picture.shape == (SIDE, SIDE)
    within = picture[:, 1:-1]  # at both ends the window looks beyond the tone
    assert (within.argmax(0) == SIDE - 1 - pitch * 2 * SIDE // RATE).all()
    assert picture.max() == pytest.approx(1, abs=0.02)  # a sine of amplitude 1 is white
    assert picture[:, SIDE // 2].median() == 0


def test_silence_is_black_and_stays_silent() -> None:
    black = spectrogram(torch.zeros(1, LENGTH))[0]
    assert black.max() == 0
    assert sound(black).abs().max() == 0


@pytest.mark.parametrize("kind", KINDS)
def test_a_sound_is_found_again_from_its_picture(kind: str, listener: Network) -> None:
    (picture,) = spectrogram(torch.from_numpy(make(kind, np.random.default_rng(1))).float()[None])
    heard = sound(picture)
    assert (spectrogram(heard[None])[0] - picture).abs().mean() < 0.05
    assert listener.labels[int(listener.logits(listener.normalize(spectrogram(heard[None])))[0].argmax())] == kind


def test_a_file_holds_the_samples(tmp_path: Path) -> None:
    samples = np.sin(np.arange(LENGTH))
    with wave.open(io.BytesIO(wav(as_16_bits(samples)))) as file:
        assert (file.getnchannels(), file.getsampwidth(), file.getframerate(), file.getnframes()) == (
            1,
            2,
            RATE,
            LENGTH,
        )
        found = np.frombuffer(file.readframes(LENGTH), "<i2")
    assert np.allclose(found / 32767, 0.9 * samples / np.abs(samples).max(), atol=1e-4)


def test_the_network_of_the_package_knows_new_sounds(listener: Network) -> None:
    pictures, kinds = batch(200, np.random.default_rng(99))
    said = listener.logits(listener.normalize(pictures)).argmax(1)
    assert (said == kinds).float().mean() > 0.95
    assert WEIGHTS.stat().st_size < 1_000_000


@pytest.mark.parametrize("kind", smoke(["bird", "plucked string"]))
def test_a_drawing_is_taken_for_its_kind_and_leaves_the_rest_silent(kind: str, listener: Network) -> None:
    drawing = draw(listener, kind)
    parts = listener.logits(listener.normalize(drawing[None]))[0].softmax(0)
    assert listener.labels[int(parts.argmax())] == kind
    assert parts.max() > 0.9
    assert loudness(drawing[None]) < 0.5
    assert torch.equal(draw(listener, kind), drawing)


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
