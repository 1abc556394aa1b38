"""The gallery for machines: `gallery/index.json`, what it leads to, and a JSON for each drawing. Described in
docs/gallery-data.md."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from gen.pages import again
from gen.pages.contents import Contents, File
from gen.pages.drawing import Drawing
from gen.plan import ClassPage, addresses

SCHEMA = 2
"""Of every file. Keys may be added within a revision; none is renamed or taken away."""
TOGETHER = 100
"""Classes in one file, at most."""
FOUND_BY = ("index", "wnid", "name", "slug", "url", "names")
"""What the index says of a class."""
MEASURES = ("probability", "activation", "rank", "margin")


def index(contents: Contents) -> Iterator[File]:
    """All classes of the gallery, in the author's order: in one file how they are found, and in some of ``TOGETHER``
    classes each what each drawing does to the network."""
    network, second, plates = contents.network, contents.second, contents.plan.class_pages
    found = {plate.label: addresses.index_part(number // TOGETHER + 1) for number, plate in enumerate(plates)}
    yield (
        addresses.INDEX,
        text(
            {
                "schema": SCHEMA,
                "site": contents.place.url or None,
                "network": {"name": network.name, "title": network.title, "weights": contents.plan.source.digest},
                "evaluation_network": {"name": second.name, "title": second.title} if second else None,
                "units": addresses.UNITS if contents.units else None,
                "groups": {
                    group: list(dict.fromkeys(member.label.slug for member in members))
                    for group, members in contents.plan.groups.items()
                },
                "classes": [
                    {key: value for key, value in about_class(plate).items() if key in FOUND_BY}
                    | {"data": found[plate.label]}
                    for plate in plates
                ],
            }
        ),
    )
    for start in range(0, len(plates), TOGETHER):
        some = plates[start : start + TOGETHER]
        classes = [
            about_class(plate) | {"drawings": [about_drawing(drawing) for drawing in contents.drawings[plate.label]]}
            for plate in some
        ]
        yield found[some[0].label], text({"schema": SCHEMA, "classes": classes})


def of_drawing(contents: Contents, plate: ClassPage, drawing: Drawing) -> str:
    """All that is known of a drawing: enough to make it again."""
    record, second = drawing.entry.record, contents.second
    opinion = {"network": second.name, **drawing.evaluation.model_dump()} if second and drawing.evaluation else None
    return text(
        {
            "schema": SCHEMA,
            "class": about_class(plate),
            "drawing": about_drawing(drawing)
            | {
                "recipe": drawing.entry.recipe.model_dump(),
                "top": drawing.measures.top,
                "evaluation": opinion,
                "frames": record.frames,
                "wins": record.wins.model_dump() if record.wins else None,
                "activations": record.activations,
                "provenance": record.provenance.model_dump(mode="json"),
                "command": again.command(drawing.variant),
            },
        }
    )


def about_class(plate: ClassPage) -> dict[str, Any]:
    """Who a class is, and where its page stands."""
    label = plate.label
    return {
        "index": label.index,
        "wnid": label.wnid,
        "name": label.name,
        "slug": label.slug,
        "url": plate.url,
        "aliases": list(plate.aliases),
        "names": [label.slug, *addresses.names(label, plate.words)],
        "synonyms": list(label.synonyms),
        "definition": label.definition,
        "stands_for": list(plate.words),
    }


def about_drawing(drawing: Drawing) -> dict[str, Any]:
    """A drawing's files, as paths below the site, and its measures."""
    return {
        "anchor": drawing.variant.anchor,
        "method": drawing.variant.method,
        "seed": drawing.variant.seed,
        "recipe_digest": drawing.entry.digest,
        "png": drawing.master,
        "size": drawing.size,
        **{name: getattr(drawing.measures, name) for name in MEASURES},
        "failed": drawing.measures.failed,
        "evaluation": {name: getattr(drawing.evaluation, name) for name in MEASURES} if drawing.evaluation else None,
        "caption": drawing.caption,
    }


def text(values: Mapping[str, Any]) -> str:
    """JSON as the site publishes it: short, and readable in any language."""
    return json.dumps(values, ensure_ascii=False, separators=(",", ":")) + "\n"
