"""All generated files except the author's own pages."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain

from gen.pages.assets import assets
from gen.pages.card import card
from gen.pages.class_page import class_page
from gen.pages.contents import Contents, File
from gen.pages.diversity import diversity
from gen.pages.examples import examples
from gen.pages.from_a_photo import from_a_photo
from gen.pages.gone import gone
from gen.pages.index import compare, index
from gen.pages.live import live
from gen.pages.methods import methods
from gen.pages.sounds import sounds
from gen.pages.units import network
from gen.pages.walk import walk
from gen.pages.words import words
from gen.plan import addresses


def files(contents: Contents) -> Iterator[File]:
    """Yield each path once, with its content.

    Raises:
        StoreError: a drawing was replaced, removed or damaged meanwhile.
    """
    if contents.plan.class_pages:
        yield from assets(contents)
        yield from words(contents)
        yield from live(contents)
        if not contents.site.guest:
            yield from card(contents)
    if contents.plan.indexed:
        yield from index(contents)
        yield compare(contents)
    # The PNGs, at the addresses that citations contain.
    shown = map(contents.drawing, contents.plan.shown.values())
    masters = {drawing.master: drawing.entry for drawing in chain(*contents.drawings.values(), shown)}
    for address, entry in masters.items():
        yield address, entry.read("drawing.png")
    pages = contents.plan.class_pages
    for page, previous, following in zip(pages, (None, *pages), (*pages[1:], None), strict=False):
        yield from class_page(contents, page, previous, following)
    yield from gone(contents)
    for address, drawing in contents.plan.figures.items():
        yield address, contents.entries[drawing.digest].read("drawing.jpg")
    if contents.study:
        yield from walk(contents, contents.study)
    if contents.photograph:
        yield addresses.PHOTOGRAPH, contents.photograph.picture
        yield addresses.PHOTOGRAPH_GRADIENT, contents.photograph.adversarial.gradient
        yield addresses.PHOTOGRAPH_AFTER, contents.photograph.adversarial.picture
    if contents.script:
        yield addresses.SCRIPT_OUTPUT, contents.script.picture
    if contents.units:
        yield from network(contents, contents.units)
    yield from examples(contents)
    if contents.comparison:
        yield from methods(contents)
    if contents.photo:
        yield from from_a_photo(contents, contents.photo)
    if contents.diversity:
        yield from diversity(contents, contents.diversity)
    if contents.sounds:
        yield from sounds(contents, contents.sounds)
