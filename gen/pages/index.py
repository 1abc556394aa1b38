"""The page of all classes, and the same for machines."""

from __future__ import annotations

from collections.abc import Iterator

from actmax.networks.labels import slugify
from gen.pages import data, pictures
from gen.pages.anchors import keeping
from gen.pages.contents import Contents, File
from gen.pages.templating import render
from gen.plan import addresses
from gen.settings.resolve import Member


def index(contents: Contents) -> Iterator[File]:
    """``gallery/index.md`` and ``gallery/index.json``."""
    page = render(
        "index.md.jinja",
        here=addresses.GALLERY,
        plan=contents.plan,
        network=contents.network,
        second=contents.second,
        witnessed=contents.witnessed,
        drawings=contents.drawings,
        thumbnails=pictures.thumbnails,
        searched=searched,
    )
    yield addresses.source(addresses.GALLERY), keeping(contents.published, addresses.GALLERY, page)
    yield addresses.INDEX, data.index(contents)


def searched(member: Member) -> str:
    """The words by which the script finds a class, spelt as it spells what a reader types: all its names."""
    label = member.label
    names = (member.word, label.name, str(label.index), label.wnid, *label.synonyms)
    return " ".join(dict.fromkeys(word for name in names for word in slugify(name).split("-")))
