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
    """The page and its pictures."""
    here, size = addresses.DIVERSITY, contents.plan.settings.size
    page = render(
        "diversity.md.jinja",
        here=here,
        diverse=diverse,
        kinds={"seed": diverse.seeds, "facet": diverse.facets},
        opinions=contents.evaluation.measures if contents.evaluation else {},
        network=contents.network,
        second=contents.second,
        size=size,
        first=contents.plan.settings.seeds[0],
    )
    yield addresses.source(here), keeping(contents.published, here, page)
    for kind, entries in {"seed": diverse.seeds, "facet": diverse.facets}.items():
        for place, entry in enumerate(entries):
            yield addresses.diverse(kind, place), pictures.lossless(entry)
