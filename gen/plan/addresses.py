"""Every URL of the site, every path below docs/, every file name and every anchor: made here and nowhere else.

An *address* is a URL from the site's root without a slash in front. That of a page ends with one, ``gallery/zebra/``;
the front page's is empty. What was published once stays: change nothing here but by adding to it.
"""

from __future__ import annotations

import posixpath
import re
from urllib.parse import urlsplit

from actmax.files import DIGITS
from actmax.networks.labels import Label, slugify

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

ASSETS = "assets/"
STYLE = "assets/site.css"
LIVE = "assets/live/"
"""Where the engine lies that draws in a reader's browser."""
FIGURES = "assets/activation_maximization/"
"""Where the write-up's figures lie, by the draft's own paths."""
STUDY = "assets/study/"
"""Where the pictures of the study lie: the walk's picture, channels, variations."""
STUDY_PICTURE = f"{STUDY}picture.png"
STUDY_FILTERS = f"{STUDY}filters.png"
STUDY_FRAMES = f"{STUDY}over-the-steps.webp"

COMPARED = "assets/methods/"
"""Where the drawings by each method lie."""
FROM_PHOTO = "assets/photo/"
FROM_PHOTO_STRIP = f"{FROM_PHOTO}strip.webp"
DIVERSE = "assets/diversity/"

SEGMENT = r"(?!\.\.?(?:/|$))[^\s/:\\\"'<>&`{}|?#\x00-\x1f\x7f\ud800-\udfff]{1,120}"
_ADDRESS = re.compile(rf"(?:{SEGMENT}/){{0,20}}(?:{SEGMENT})?")
_ANCHOR = re.compile(r"[^\s\\\"'<>&`{}|\x00-\x1f\x7f\ud800-\udfff]{1,200}")
_DRAWING_ANCHOR = re.compile(r"[a-z0-9-]+-seed-[0-9]+")
_ALIAS = re.compile(r"gallery/[a-z0-9-]+/")
_OF_NETWORK = re.compile(rf"{re.escape(NETWORK)}(?:[a-z0-9-]+/(?:[0-9]+/)?)?")
_MASTER = re.compile(rf"{re.escape(DRAWINGS)}[0-9a-f]{{{DIGITS}}}\.png")


def is_address(text: str) -> bool:
    """Whether this can be an address of the site: relative, within the site, and safe inside a page."""
    return _ADDRESS.fullmatch(text) is not None and len(text) <= 1000


def is_anchor(text: str) -> bool:
    """Whether this can be an anchor, which is an id that a link can name and a page can hold."""
    return _ANCHOR.fullmatch(text) is not None


def is_target(text: str) -> bool:
    """Whether a redirect may lead there: an address, perhaps with an anchor, or a whole URL of the web."""
    if re.match(r"https?://", text):
        try:
            return bool(urlsplit(text).hostname) and is_anchor(text)
        except ValueError:
            return False
    address, sign, anchor = text.partition("#")
    return is_address(address) and (not sign or is_anchor(anchor))


def is_drawing(anchor: str) -> bool:
    """Whether an anchor is that of a drawing: ``robust-seed-0``."""
    return _DRAWING_ANCHOR.fullmatch(anchor) is not None


def is_alias(address: str) -> bool:
    """Whether an address can be another name of a class's page."""
    return _ALIAS.fullmatch(address) is not None


def is_of_network(address: str) -> bool:
    """Whether an address can be that of the network's map, of a layer or of a channel."""
    return _OF_NETWORK.fullmatch(address) is not None


def is_master(address: str) -> bool:
    """Whether an address is that of a picture that citations point to."""
    return _MASTER.fullmatch(address) is not None


def of_class(label: Label) -> str:
    """The page of a class: ``gallery/zebra/``."""
    return of_name(label.slug)


def of_name(name: str) -> str:
    """Another address of a class's page: by its index, its WNID, or a word of the author's."""
    return f"{GALLERY}{slugify(name)}/"


def names(label: Label, words: tuple[str, ...] = ()) -> tuple[str, ...]:
    """By what a class is found besides its own name: index, WNID, the author's words."""
    return (str(label.index), label.wnid, *map(slugify, words))


def of_drawing(method: str, seed: int) -> str:
    """A drawing's anchor on its page, and the stem of its files: ``robust-seed-0``."""
    return f"{method}-seed-{seed}"


def of_group(group: str) -> str:
    """A group's anchor on the index."""
    return slugify(group)


def of_neighbours(group: str) -> str:
    """The anchor on a class's page of the other classes of a group."""
    return f"also-{slugify(group)}"


def master(picture: str) -> str:
    """The PNG of a drawing, named by the first digits of its SHA-256."""
    return f"{DRAWINGS}{picture}.png"


def listed(number: int) -> str:
    """A part of what is known of all classes, for machines: ``gallery/index-1.json``."""
    return f"{GALLERY}index-{number}.json"


def picture(page: str, anchor: str) -> str:
    """The large picture beside a channel's page."""
    return f"{page}{anchor}.jpg"


def frames(page: str, anchor: str) -> str:
    """The filmstrip beside its page."""
    return f"{page}{anchor}.frames.webp"


def data(page: str, anchor: str) -> str:
    """The JSON of a drawing beside its page."""
    return f"{page}{anchor}.json"


def thumbnail(page: str) -> str:
    """A small picture beside the page of a class."""
    return f"{page}thumbnail.webp"


def figure(group: str, word: str, steps: int) -> str:
    """A figure of the write-up: ``assets/activation_maximization/vehicles/ambulance_1000.jpg``."""
    return f"{FIGURES}{slugify(group)}/{slugify(word)}_{steps}.jpg"


def channel(layer: str, number: int, small: bool = False) -> str:
    """The drawing of a channel in the study, or a lighter picture of it."""
    return f"{STUDY}{slugify(layer)}-{number}{'.webp' if small else '.png'}"


def variation(name: str) -> str:
    """A variation in the study."""
    return f"{STUDY}{slugify(name)}.png"


def heard(kind: str, name: str) -> str:
    """A picture or a sound on the page of sounds: ``assets/sounds/bell-drawn.wav``."""
    return f"{ASSETS}sounds/{slugify(kind)}-{name}"


def compared(method: str, label: Label, small: bool = False) -> str:
    """A drawing on the page of methods: ``assets/methods/maco/zebra.webp``."""
    return f"{COMPARED}{method}/{label.slug}{'-small' if small else ''}.webp"


def from_photo(keep: float) -> str:
    """A drawing that started from the photo: ``assets/photo/keep-0-25.webp``."""
    return f"{FROM_PHOTO}keep-{slugify(f'{keep:g}')}.webp"


def diverse(kind: str, number: int) -> str:
    """One of the drawings of a class that is drawn often: ``assets/diversity/facet-2.webp``."""
    return f"{DIVERSE}{kind}-{number}.webp"


def cutout(page: str, anchor: str) -> str:
    """A drawing without what its steps hardly touched, beside its page."""
    return f"{page}{anchor}.cutout.webp"


def of_layer(layer: str) -> str:
    """The page of a layer: ``network/conv4/``."""
    return f"{NETWORK}{slugify(layer)}/"


def of_unit(layer: str, channel: int) -> str:
    """The page of a channel: ``network/conv4/117/``."""
    return f"{of_layer(layer)}{channel}/"


def units(layer: str) -> str:
    """What is known of a layer's channels, for machines."""
    return f"{of_layer(layer)}units.json"


def strip(layer: str) -> str:
    """A row of small drawings on the map of the network."""
    return f"{of_layer(layer)}strip.webp"


def small(page: str) -> str:
    """A small picture of a channel, beside its page."""
    return f"{page}small.webp"


def sheet(layer: str, number: int) -> str:
    """One of the pictures that hold many small drawings of a layer's channels."""
    return f"{of_layer(layer)}sheet-{number}.webp"


def photo(name: str) -> str:
    """One of the author's pictures, small, under the name of its content."""
    return f"{ASSETS}photos/{name}.webp"


def asset(name: str) -> str:
    """A script or a style."""
    return f"{ASSETS}{name}"


def source(page: str) -> str:
    """The Markdown file of a page, below docs/.

    What has links in HTML is the index of a folder: those links start at the page's address under MkDocs, and at its
    file under Zensical, which then is the same.
    """
    indexes = page in ("", WRITE_UP, WALK, METHODS, PHOTO, DIVERSITY, SOUNDS) or page.startswith((GALLERY, NETWORK))
    return f"{page}index.md" if indexes else f"{page.removesuffix('/')}.md"


def of_source(file: str) -> str:
    """The address of a page whose Markdown file, below docs/, is this."""
    stem = file.removesuffix(".md")
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
