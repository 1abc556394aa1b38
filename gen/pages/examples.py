"""The author's photos on the pages of channels and classes."""

from __future__ import annotations

from collections.abc import Iterator

from actmax.measure.models import Box
from gen.pages import pictures
from gen.pages.contents import Contents, File
from gen.plan import addresses
from gen.study.examples import shown_photos

PHOTO_WIDTH = 128
"""Width of a photo on a page, in pixels."""
WHOLE = 0.6
"""Part of a photo from which a region counts as the whole of it."""


def examples(contents: Contents) -> Iterator[File]:
    """Yield the photos that some page shows."""
    for photo in shown_photos(contents.examples):
        yield addresses.photo(photo.name), pictures.photo(photo.path, PHOTO_WIDTH)


def where(box: Box) -> str:
    """Return in words where in a photo a region is.

    >>> where((0.0, 0.0, 0.2, 0.3)), where((0.4, 0.4, 0.6, 0.6)), where((0.0, 0.1, 1.0, 0.9))
    ('in the upper left', 'in the center', 'nearly everywhere')
    """
    left, top, right, bottom = box
    if (right - left) * (bottom - top) > WHOLE:
        return "nearly everywhere"
    across, down = (left + right) / 2, (top + bottom) / 2
    column = "left" if across < 1 / 3 else "right" if across > 2 / 3 else ""
    row = "upper" if down < 1 / 3 else "lower" if down > 2 / 3 else ""
    return "in the " + (f"{row} {column or 'middle'}" if row else f"{column} half" if column else "center")
