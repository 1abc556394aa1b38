"""The page of all classes, its JSON, and the page that compares two classes."""

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
    """Yield ``gallery/index.md``, ``gallery/index.json``, and the files that it lists."""
    here = addresses.GALLERY
    page = render(
        "index.md.jinja",
        here=here,
        plan=contents.plan,
        network=contents.network,
        second=contents.second,
        recognition=contents.recognition,
        drawings=contents.drawings,
        thumbnail_width=pictures.THUMBNAIL_ON_PAGE,
        search_words=search_words,
    )
    yield addresses.source(here), keeping(contents.published, here, page)
    yield from data.index(contents)


def compare(contents: Contents) -> File:
    """Return the compare page: a script fills it, without one it lists every class."""
    here = addresses.COMPARE
    return addresses.source(here), render("compare.md.jinja", here=here, plan=contents.plan, network=contents.network)


def search_words(member: Member) -> str:
    """Return the words by which the script finds a class besides its word on the page, normalized as the script
    normalizes what a reader types."""
    label = member.label
    shown = slugify(member.word).split("-")
    words = (word for name in (label.name, label.wnid, *label.synonyms) for word in slugify(name).split("-"))
    return " ".join(word for word in dict.fromkeys(words) if word not in shown)
