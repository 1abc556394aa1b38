"""The page on which activation maximization is heard."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from PIL import Image

from actmax.pictures import encode_image
from actmax.sounds.models import SoundExample
from actmax.sounds.synthesis import KINDS, RATE, SIDE, wav
from gen.pages.anchors import keeping
from gen.pages.contents import Contents, File
from gen.pages.templating import render
from gen.plan import addresses


def sounds(contents: Contents, heard: Mapping[str, SoundExample]) -> Iterator[File]:
    """The page, and of each kind its pictures and sounds."""
    here = addresses.SOUNDS
    page = render(
        "sounds.md.jinja",
        here=here,
        heard=heard,
        kinds=list(KINDS),
        right=sum(list(KINDS)[one.predicted] == kind for kind, one in heard.items()),
        side=SIDE,
        rate=RATE,
        notes=contents.notes,
    )
    yield addresses.source(here), keeping(contents.published, here, page)
    for kind, one in heard.items():
        yield addresses.sound(kind, "made.wav"), wav(one.synthesized)
        yield addresses.sound(kind, "drawn.wav"), wav(one.reconstructed)
        pictures = {"made": one.synthesized_spectrogram, "drawing": one.drawing, "drawn": one.reconstructed_spectrogram}
        for name, pixels in pictures.items():
            yield addresses.sound(kind, f"{name}.webp"), _webp(pixels)


def _webp(pixels: bytes) -> bytes:
    return encode_image(Image.frombytes("L", (SIDE, SIDE), pixels), "WEBP", lossless=True)
