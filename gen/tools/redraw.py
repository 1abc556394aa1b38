"""Classes that are drawn again; the old drawings stay until the new ones are done."""

from __future__ import annotations

from collections.abc import Sequence

from actmax.errors import ActmaxError
from actmax.networks import labels
from actmax.pipeline.draw import Outcome, draw
from actmax.pipeline.progress import Say
from actmax.recipe import Recipe
from gen.site import Site


def redraw(site: Site, names: Sequence[str], say: Say) -> Outcome:
    """Draws all that the pages of some classes show.

    Args:
        site: as prepared.
        names: of classes of the gallery, or the author's words for them.
        say: told what is going on.

    Raises:
        ActmaxError: a class is not in the gallery.
    """
    recipes = [recipe for name in names for recipe in _recipes(site, name)]
    return draw(recipes, site.plan.source, site.store, fresh=True, say=say)


def _recipes(site: Site, name: str) -> list[Recipe]:
    for plate in site.plan.plates:
        if name in plate.words or labels.slugify(name) in map(labels.slugify, plate.words):
            return [variant.recipe for variant in plate.variants]
    label = labels.resolve(name)
    for plate in site.plan.plates:
        if plate.label == label:
            return [variant.recipe for variant in plate.variants]
    raise ActmaxError(f"{label.name!r} is a class of ImageNet, but none of this gallery: add it to a group first.")
