"""The page of all classes, its JSON, and the page that compares two classes."""

from __future__ import annotations

from collections.abc import Iterator

from actmax.networks.labels import url_name
from gen.pages import data, pictures
from gen.pages.contents import Contents, File
from gen.pages.rendering import render_page
from gen.plan import addresses
from gen.settings import Member


def index(contents: Contents) -> Iterator[File]:
    """Yield ``gallery/index.md``, ``gallery/index.json``, and the files that it lists."""
    width = pictures.THUMBNAIL_ON_PAGE
    yield render_page(contents, addresses.GALLERY, "index.md.jinja", thumbnail_width=width, search_words=search_words)
    yield from data.index(contents)


def compare(contents: Contents) -> File:
    """Return the compare page: a script fills it, without one it lists every class."""
    return render_page(contents, addresses.COMPARE, "compare.md.jinja")


def search_words(member: Member) -> str:
    """Return the words by which the script finds a class besides its word on the page."""
    label = member.label
    shown = url_name(member.word).split("-")
    words = (word for name in (label.name, label.wnid, *label.synonyms) if name for word in url_name(name).split("-"))
    return " ".join(word for word in dict.fromkeys(words) if word not in shown)
