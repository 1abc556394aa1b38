"""The page of drawings that start from a photo."""

from __future__ import annotations

from collections.abc import Iterator

from gen.pages import pictures
from gen.pages.anchors import keeping
from gen.pages.contents import Contents, File
from gen.pages.templating import render
from gen.plan import addresses
from gen.study.photo import Photo


def from_a_photo(contents: Contents, photo: Photo) -> Iterator[File]:
    """Yield the page, its pictures, and the filmstrip of the slider."""
    here, settings = addresses.PHOTO, contents.plan.settings
    page = render(
        "photo.md.jinja",
        here=here,
        photo=photo,
        opinions=contents.evaluations,
        network=contents.network,
        second=contents.second,
        size=settings.size,
        credit=settings.photo.credit if settings.photo else "",
    )
    yield addresses.source(here), keeping(contents.published, here, page)
    frames = [photo.picture, *(entry.read("drawing.png") for entry in photo.drawings.values())]
    yield addresses.FROM_PHOTO_STRIP, pictures.filmstrip(frames)
    for weight, entry in photo.drawings.items():
        yield addresses.from_photo(weight), pictures.lossless(entry)
