"""The gallery for machines: `gallery/index.json`, and a JSON for each drawing. Described in docs/gallery-data.md."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from actmax.networks.cards import Card
from actmax.networks.labels import Label
from gen.pages.shown import Shown
from gen.plan.plan import Plan, Plate

SCHEMA = 1
"""Of both files. Keys may be added within a revision; none is renamed or taken away."""
MEASURES = ("probability", "activation", "rank", "margin")


def index(plan: Plan, network: Card, second: Card | None, shown: Mapping[Label, Sequence[Shown]], site_url: str) -> str:
    """All classes of the gallery, in the author's order, and what each drawing does to the network."""
    return _text(
        {
            "schema": SCHEMA,
            "site": site_url or None,
            "network": {"name": network.name, "title": network.title, "weights": plan.source.digest},
            "second_network": {"name": second.name, "title": second.title} if second else None,
            "groups": {
                group: list(dict.fromkeys(member.label.slug for member in members))
                for group, members in plan.groups.items()
            },
            "classes": [
                about_class(plate) | {"drawings": [about_drawing(plate, one) for one in shown[plate.label]]}
                for plate in plan.plates
            ],
        }
    )


def drawing(plate: Plate, one: Shown, second: Card | None) -> str:
    """All that is known of one drawing: enough to make it again."""
    record = one.entry.record
    return _text(
        {
            "schema": SCHEMA,
            "class": about_class(plate),
            "drawing": about_drawing(plate, one)
            | {
                "recipe": one.entry.recipe.model_dump(),
                "top": one.measures["top"],
                "second_opinion": {"network": second.name, **one.opinion} if second and one.opinion else None,
                "frames": record["frames"],
                "wins": record["wins"],
                "activations": record["activations"],
                "provenance": record["provenance"],
                "command": one.command,
            },
        },
        indent=1,
    )


def about_class(plate: Plate) -> dict[str, Any]:
    """Who a class is, and where its page stands."""
    label = plate.label
    return {
        "index": label.index,
        "wnid": label.wnid,
        "name": label.name,
        "slug": label.slug,
        "url": plate.url,
        "aliases": list(plate.aliases),
        "synonyms": list(label.synonyms),
        "definition": label.definition,
        "stands_for": list(plate.words),
    }


def about_drawing(plate: Plate, one: Shown) -> dict[str, Any]:
    """A drawing's files, as paths below the site, and its measures."""
    return {
        "anchor": one.variant.anchor,
        "method": one.variant.method,
        "seed": one.variant.seed,
        "recipe_digest": one.entry.digest,
        "png": one.master,
        "webp": plate.url + one.file,
        "size": one.size,
        **{name: one.measures[name] for name in MEASURES},
        "failed": one.failed,
    }


def _text(values: Mapping[str, Any], indent: int | None = None) -> str:
    separators = None if indent else (",", ":")
    return json.dumps(values, ensure_ascii=False, indent=indent, separators=separators) + "\n"
