"""The page on activation maximization of sounds."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from PIL import Image

from actmax.pictures import encode_image
from actmax.sounds.models import SoundExample
from actmax.sounds.synthesis import KINDS, RATE, SIDE, wav
from gen.pages.contents import Contents, File
from gen.pages.rendering import render_page
from gen.plan import addresses


def sounds(contents: Contents, examples: Mapping[str, SoundExample]) -> Iterator[File]:
    """Yield the page, and the spectrograms and sounds of each kind."""
    kinds = list(KINDS)
    yield render_page(
        contents,
        addresses.SOUNDS,
        "sounds.md.jinja",
        examples=examples,
        kinds=kinds,
        recognized=sum(kinds[example.predicted] == kind for kind, example in examples.items()),
        side=SIDE,
        rate=RATE,
    )
    for kind, example in examples.items():
        yield addresses.sound(kind, "made.wav"), wav(example.synthesized)
        yield addresses.sound(kind, "drawn.wav"), wav(example.reconstructed)
        spectrograms = {
            "made": example.synthesized_spectrogram,
            "drawing": example.drawing,
            "drawn": example.reconstructed_spectrogram,
        }
        for name, pixels in spectrograms.items():
            picture = Image.frombytes("L", (SIDE, SIDE), pixels)
            yield addresses.sound(kind, f"{name}.webp"), encode_image(picture, "WEBP", lossless=True)
