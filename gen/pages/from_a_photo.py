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
    """The page, its pictures, and all of them side by side for the slider."""
    here, size = addresses.PHOTO, contents.plan.settings.size
    page = render(
        "photo.md.jinja",
        here=here,
        photo=photo,
        opinions=contents.evaluation.measures if contents.evaluation else {},
        network=contents.network,
        second=contents.second,
        size=size,
        credit=contents.plan.settings.photo.credit if contents.plan.settings.photo else "",
    )
    yield addresses.source(here), keeping(contents.published, here, page)
    yield (
        addresses.FROM_PHOTO_STRIP,
        pictures.strip([photo.picture, *(entry.read("drawing.png") for entry in photo.drawings.values())]),
    )
    for keep, entry in photo.drawings.items():
        yield addresses.from_photo(keep), pictures.lossless(entry)
