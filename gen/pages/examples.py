"""The author's photos on the pages of channels and classes."""

from __future__ import annotations

from collections.abc import Iterator

from gen.pages import pictures
from gen.pages.contents import Contents, File
from gen.plan import addresses
from gen.study.examples import shown_photos

PHOTO_WIDTH = 128
"""Width of a photo on a page, in pixels."""


def examples(contents: Contents) -> Iterator[File]:
    """Yield the photos that some page shows."""
    for photo in shown_photos(contents.examples):
        yield addresses.photo(photo.name), pictures.photo(photo.path, PHOTO_WIDTH)
