"""Every URL of the site, every path below docs/, every file name and every anchor: made here and nowhere else.

An *address* is a URL from the site's root without a slash in front. That of a page ends with one, ``gallery/zebra/``;
the front page's is empty. What was published once stays: change nothing here but by adding to it.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable

from actmax.networks.labels import Label, url_name

GALLERY = "gallery/"
"""The page of all classes; below it lies all that is generated but assets and the walk."""
COMPARE = "gallery/compare/"
INDEX = "gallery/index.json"
LEDGER = "gallery/ledger.json"
DRAWINGS = "gallery/drawings/"
"""Where the pictures lie that citations point to, each under the name of its content."""
RESERVED = ("index", "compare", "drawings")
"""Names under gallery/ that are not classes."""
TITLE = "gallery"
"""The anchor of the index page's own title."""

WRITE_UP = "write-ups/activation-maximization/"
WALK = "write-ups/from-picture-to-prediction/"
LOW_ACTIVATIONS = "literature/Low_Activations/"
BIBLIOGRAPHY = "literature/bibliography/"
NOTES = (WRITE_UP, LOW_ACTIVATIONS, BIBLIOGRAPHY)
"""Pages of the author's that generated ones refer to where a site has them."""

METHODS = "write-ups/methods/"
"""The methods of the literature side by side."""
PHOTO = "write-ups/from-a-photo/"
DIVERSITY = "write-ups/diversity/"
SOUNDS = "write-ups/sounds/"

NETWORK = "network/"
"""The map of the network; below it lies a page for each layer, and one for each channel."""
UNITS = "network/units.json"

GENERATED = (GALLERY, NETWORK, WALK, METHODS, PHOTO, DIVERSITY, SOUNDS)
"""With these begin the addresses of all generated pages."""

ASSETS = "assets/"
STYLE = "assets/site.css"
SCRIPT = "assets/gallery.js"
GUEST_STYLE = "assets/gallery-page.css"
"""The style of generated pages in somebody else's site."""
ICON = "assets/icon.png"
CARD = "assets/card.jpg"
"""The picture in previews of links to pages that have none of their own."""
ROBOTS = "robots.txt"
WORDS = "assets/words.json"
WORDS_LICENSE = "assets/words.txt"
LIVE = "assets/live/"
"""Where the engine lies that draws in a reader's browser."""
FIGURES = "assets/activation_maximization/"
"""Where the write-up's figures lie, by the draft's own paths."""
STUDY = "assets/study/"
"""Where the pictures of the study lie: the walk's picture, channels, variations."""
STUDY_PICTURE = f"{STUDY}picture.png"
STUDY_PICTURE_SHOWN = f"{STUDY}picture.webp"
STUDY_FILTERS = f"{STUDY}filters.png"
STUDY_FRAMES = f"{STUDY}over-the-steps.webp"
PHOTOGRAPH = f"{STUDY}photograph.webp"
PHOTOGRAPH_GRADIENT = f"{STUDY}photograph-gradient.webp"
PHOTOGRAPH_AFTER = f"{STUDY}photograph-after.webp"
SCRIPT_OUTPUT = f"{STUDY}script.png"

COMPARED = "assets/methods/"
"""Where the drawings by each method lie."""
FROM_PHOTO = "assets/photo/"
FROM_PHOTO_STRIP = f"{FROM_PHOTO}strip.webp"
DIVERSE = "assets/diversity/"


def _at(pattern: str) -> Callable[..., str]:
    """Return a function that fills the parts into a pattern, in order.

    ``page`` is an address and ``file`` the name of a file, which stay as they are; any other part becomes a slug.
    """
    names = re.findall(r"{(\w+)}", pattern)

    def fill(*parts: str | float) -> str:
        texts = (f"{part:g}" if isinstance(part, float) else str(part) for part in parts)
        slugs = (text if name in ("page", "file") else url_name(text) for name, text in zip(names, texts, strict=True))
        return pattern.format(**dict(zip(names, slugs, strict=True)))

    return fill


# Pages.
of_name = _at(GALLERY + "{name}/")
"""A class's page, by its slug, index, WNID, or a word of the author's: ``gallery/zebra/``."""
of_layer = _at(NETWORK + "{layer}/")
of_unit = _at(NETWORK + "{layer}/{channel}/")

# Anchors.
of_drawing = _at("{method}-seed-{seed}")
"""A drawing's anchor on its page, and the stem of its files: ``robust-seed-0``."""
of_group = _at("{group}")
"""A group, on the index."""
of_neighbors = _at("also-{group}")
"""The other classes of a group, on a class page."""

# Files of the gallery and of the network's map; after a page, those that lie beside it.
master = _at(DRAWINGS + "{digest}.png")
index_part = _at(GALLERY + "index-{number}.json")
thumbnail = _at("{page}thumbnail.webp")
card = _at("{page}card.jpg")
"""The large preview of links to a class."""
data = _at("{page}{anchor}.json")
frames = _at("{page}{anchor}.frames.webp")
"""The filmstrip of a drawing's steps."""
cutout = _at("{page}{anchor}.cutout.webp")
"""A drawing without the pixels that its gradients hardly changed."""
small_drawing = _at("{page}{anchor}.small.webp")
"""A drawing among several on its page."""
picture = _at("{page}{anchor}.jpg")
small = _at("{page}small.webp")
units = _at(NETWORK + "{layer}/units.json")
strip = _at(NETWORK + "{layer}/strip.webp")
"""A row of small drawings on the map."""
sheet = _at(NETWORK + "{layer}/sheet-{number}.webp")
"""Small drawings of many channels in one image."""

# Files of the other pages.
asset = _at(ASSETS + "{file}")
photo = _at(ASSETS + "photos/{digest}.webp")
"""An image of the author's, small."""
figure = _at(FIGURES + "{group}/{word}_{steps}.jpg")
"""A figure of the write-up: ``assets/activation_maximization/vehicles/ambulance_1000.jpg``."""
channel = _at(STUDY + "{layer}-{number}.png")
channel_cell = _at(STUDY + "{layer}-{number}-small.webp")
variation = _at(STUDY + "{name}.png")
sound = _at(ASSETS + "sounds/{kind}-{file}")
compared = _at(COMPARED + "{method}/{label}.webp")
compared_thumbnail = _at(COMPARED + "{method}/{label}-small.webp")
from_photo = _at(FROM_PHOTO + "keep-{weight}.webp")
diverse = _at(DIVERSE + "{kind}-{number}.webp")


def of_class(label: Label) -> str:
    """The page of a class: ``gallery/zebra/``."""
    return of_name(label.slug)


def names(label: Label, words: tuple[str, ...] = ()) -> tuple[str, ...]:
    """What leads to a class besides its own name: index, WNID, the author's words."""
    return (*label.keys, *map(url_name, words))


def source(page: str) -> str:
    """The Markdown file of a page, below docs/.

    What has links in HTML is the index of a folder: those links start at the page's address under MkDocs, and at its
    file under Zensical, which then is the same.
    """
    indexes = page in ("", WRITE_UP, WALK, METHODS, PHOTO, DIVERSITY, SOUNDS) or page.startswith((GALLERY, NETWORK))
    return f"{page}index.md" if indexes else f"{page.removesuffix('/')}.md"


def of_source(file: str) -> str:
    """The address of a page whose Markdown file, below docs/, is this."""
    stem = posixpath.splitext(file)[0]
    return stem.removesuffix("index") if stem == "index" or stem.endswith("/index") else f"{stem}/"


def html(address: str) -> str:
    """The file that stands at an address of the built site."""
    return f"{address}index.html" if address == "" or address.endswith("/") else address


def of_html(file: str) -> str:
    """The address of a file of the built site, as links are written: without the index.html of a folder."""
    return re.sub(r"(^|/)index\.html$", r"\1", file)


def link(here: str, there: str) -> str:
    """How a page links to an address: ``link("gallery/zebra/", "gallery/tiger/")`` is ``../tiger/``."""
    path, sign, rest = there.partition("#") if "#" in there else there.partition("?")
    base = here if here == "" or here.endswith("/") else posixpath.dirname(here)
    relative = posixpath.relpath(f"/{path}", f"/{base}")
    slash = "/" if path == "" or path.endswith("/") else ""
    return f"{relative}{slash}{sign}{rest}"


def markdown_link(here: str, there: str) -> str:
    """How a page's Markdown file links to another page's, or to a file, so that the site's generator checks it."""
    file = source(there) if there == "" or there.endswith("/") else there
    return posixpath.relpath(f"/{file}", posixpath.dirname(f"/{source(here)}"))
