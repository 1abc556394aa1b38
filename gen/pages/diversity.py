"""The page that shows how much drawings of one class differ."""

from __future__ import annotations

from collections.abc import Iterator

from gen.pages import pictures
from gen.pages.anchors import keeping
from gen.pages.contents import Contents, File
from gen.pages.templating import render
from gen.plan import addresses
from gen.study.diversity import Diversity


def diversity(contents: Contents, diverse: Diversity) -> Iterator[File]:
    """Yield the page and its pictures."""
    here = addresses.DIVERSITY
    kinds = {"seed": diverse.seeds, "facet": diverse.facets}
    page = render(
        "diversity.md.jinja",
        here=here,
        diverse=diverse,
        kinds=kinds,
        opinions=contents.evaluations,
        network=contents.network,
        second=contents.second,
        size=contents.plan.settings.size,
        first_seed=contents.plan.settings.seeds[0],
    )
    yield addresses.source(here), keeping(contents.published, here, page)
    for kind, entries in kinds.items():
        for number, entry in enumerate(entries):
            yield addresses.diverse(kind, number), pictures.lossless(entry)
