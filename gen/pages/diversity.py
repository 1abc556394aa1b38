"""The page that shows how much drawings of one class differ."""

from __future__ import annotations

from collections.abc import Iterator

from gen.pages import pictures
from gen.pages.contents import Contents, File
from gen.pages.drawing import recognition
from gen.pages.rendering import render_page
from gen.plan import addresses
from gen.study.diversity import Diversity


def diversity(contents: Contents, diverse: Diversity) -> Iterator[File]:
    """Yield the page and its pictures."""
    kinds = {"seed": diverse.seeds, "facet": diverse.facets}
    yield render_page(
        contents, addresses.DIVERSITY, "diversity.md.jinja", diverse=diverse, kinds=kinds, recognized=recognition
    )
    for kind, entries in kinds.items():
        for number, entry in enumerate(entries):
            yield addresses.diverse(kind, number), pictures.lossless(entry)
