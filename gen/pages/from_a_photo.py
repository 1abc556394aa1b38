"""The page of drawings that start from a photo."""

from __future__ import annotations

from collections.abc import Iterator

from gen.pages import pictures
from gen.pages.contents import Contents, File
from gen.pages.drawing import enlargement
from gen.pages.live import live_widget, quiz
from gen.pages.rendering import render_page
from gen.plan import addresses
from gen.study.photo import Photo


def from_a_photo(contents: Contents, photo: Photo) -> Iterator[File]:
    """Yield the page, its pictures, and the filmstrip of the slider."""
    yield render_page(
        contents,
        addresses.PHOTO,
        "photo.md.jinja",
        photo=photo,
        live_widget=live_widget(contents, "photo", addresses.PHOTO, photo.label),
        quiz=quiz(contents, addresses.PHOTO),
        scale=enlargement(contents.plan.settings.size),
        # The smallest weight that keeps anything of the photo.
        shown=max(1, sum(weight > 0 for weight in photo.drawings)),
    )
    frames = [photo.picture, *(entry.read("drawing.png") for entry in photo.drawings.values())]
    yield addresses.FROM_PHOTO_STRIP, pictures.filmstrip(frames)
    for weight, entry in photo.drawings.items():
        yield addresses.from_photo(weight), pictures.lossless(entry)
