"""The page of all classes, and the same for machines."""

from __future__ import annotations

from collections.abc import Iterator

from actmax.networks.labels import slugify
from gen.pages import data, pictures
from gen.pages.anchors import keeping
from gen.pages.contents import Contents, File
from gen.pages.templating import render
from gen.plan import addresses
from gen.settings import Member


def index(contents: Contents) -> Iterator[File]:
    """``gallery/index.md``, ``gallery/index.json``, and what that leads to."""
    page = render(
        "index.md.jinja",
        here=addresses.GALLERY,
        plan=contents.plan,
        network=contents.network,
        second=contents.second,
        witnessed=contents.witnessed,
        drawings=contents.drawings,
        shown=pictures.SHOWN,
        searched=searched,
    )
    yield addresses.source(addresses.GALLERY), keeping(contents.published, addresses.GALLERY, page)
    yield from data.index(contents)


def searched(member: Member) -> str:
    """The words by which the script finds a class besides the name on the page and the index, spelt as it spells what
    a reader types: all its other names."""
    label = member.label
    shown = slugify(member.word).split("-")
    words = (word for name in (label.name, label.wnid, *label.synonyms) for word in slugify(name).split("-"))
    return " ".join(word for word in dict.fromkeys(words) if word not in shown)
