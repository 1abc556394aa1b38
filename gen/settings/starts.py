"""The picture files that drawings start from: read once, and known by their content."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from PIL import Image

from actmax.errors import PictureError
from actmax.pictures import read_start
from gen.settings.resolve import Gallery, start_path
from gen.settings.schema import KEY, SettingsError


@dataclass(frozen=True)
class Starts:
    """The pictures that an author names."""

    names: Mapping[str, str] = field(default_factory=dict)
    """What the author calls a file -> what recipes call it."""
    pictures: Mapping[str, Image.Image] = field(default_factory=dict)
    """What recipes call it -> the picture."""


def read_starts(gallery: Gallery, root: Path) -> Starts:
    """Reads them; ``root`` is where mkdocs.yml lies.

    Raises:
        SettingsError: one of them is no picture.
    """
    wanted = {method.start: f"methods.{method.name}.start" for method in gallery.methods if method.start}
    if gallery.settings.photo:
        wanted.setdefault(gallery.settings.photo.picture, "photo.picture")
    names, pictures = {}, {}
    for named, key in wanted.items():
        try:
            name, picture = read_start(start_path(named, root, key))
        except PictureError as error:
            raise SettingsError(f"{KEY}.{key} in mkdocs.yml is {named!r}: {error}") from None
        names[named], pictures[name] = name, picture
    return Starts(names, pictures)
