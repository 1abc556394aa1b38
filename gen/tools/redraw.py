"""Draw classes and channels again; the old drawings stay until the new ones are done."""

from __future__ import annotations

from collections.abc import Sequence

from actmax.errors import ActmaxError, quoted
from actmax.networks import labels
from actmax.pipeline.draw import Outcome, draw
from actmax.pipeline.progress import Log
from actmax.recipe import Recipe, parse
from actmax.recipe.named import begins_with_layer
from gen.site import Site


def redraw(site: Site, names: Sequence[str], log: Log) -> Outcome:
    """Draw again what the pages of some classes or channels show.

    Args:
        site: as prepared.
        names: of classes of the gallery, or the author's words for them, or channels such as ``conv4:117``.
        log: log callback.

    Raises:
        ActmaxError: a class is not in the gallery, or a channel has no page.
    """
    recipes = [recipe for name in names for recipe in _recipes(site, name)]
    return draw(recipes, site.plan.source, site.store, fresh=True, log=log, starts=site.plan.starts.pictures)


def _recipes(site: Site, name: str) -> list[Recipe]:
    plan = site.plan
    slug = labels.url_name(name)
    for page in plan.class_pages:
        if name in page.words or slug in map(labels.url_name, page.words):
            return [variant.recipe for variant in page.variants]
    if (channel := plan.unit_named(name)) is not None:
        return [variant.recipe for variant in channel.every]
    if begins_with_layer(name, plan.card.layers):
        parse(name)  # raises what is wrong with it
        raise ActmaxError(f"{quoted(name)} has no page on this site: name it under `units:` first.")
    label = plan.classes.resolve(name)
    for page in plan.class_pages:
        if page.label == label:
            return [variant.recipe for variant in page.variants]
    whose = "ImageNet" if plan.classes.is_imagenet else "the network"
    raise ActmaxError(f"{label.name!r} is a class of {whose}, but not of this gallery: add it to a group first.")
