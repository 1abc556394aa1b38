"""The picture files that drawings start from: read once, and known by their content."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from PIL import Image

from actmax.errors import PictureError
from actmax.pictures import read_start
from gen.settings.faults import KEY, SettingsError
from gen.settings.schema import Settings


@dataclass(frozen=True)
class Starts:
    """The pictures that an author names."""

    names: Mapping[str, str] = field(default_factory=dict)
    """What the author calls a file -> what recipes call it."""
    pictures: Mapping[str, Image.Image] = field(default_factory=dict)
    """What recipes call it -> the picture."""


def read_starts(settings: Settings, root: Path) -> Starts:
    """Read them; ``root`` is the folder of mkdocs.yml.

    Raises:
        SettingsError: one of them is no picture.
    """
    wanted = {method.start: f"methods.{method.name}.start" for method in settings.methods.values() if method.start}
    if settings.photo:
        wanted.setdefault(settings.photo.picture, "photo.picture")
    names, pictures = {}, {}
    for named, key in wanted.items():
        try:
            name, picture = read_start(root / named)
        except PictureError as error:
            raise SettingsError(f"{KEY}.{key} in mkdocs.yml is {named!r}: {error}") from None
        names[named], pictures[name] = name, picture
    return Starts(names, pictures)
