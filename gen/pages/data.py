"""The gallery as JSON: `gallery/index.json`, the files it lists, and a file for each drawing. Documented in
docs/gallery-data.md."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from gen.pages import reproduce
from gen.pages.contents import Contents, File
from gen.pages.drawing import Drawing
from gen.plan import ClassPage, addresses

SCHEMA = 2
"""Of every file. Keys may be added within a revision; none is renamed or removed."""
CLASSES_PER_FILE = 100
INDEX_KEYS = ("index", "wnid", "name", "slug", "url", "names")
"""Keys of a class in the index."""
MEASURES = ("probability", "activation", "rank", "margin")


def index(contents: Contents) -> Iterator[File]:
    """Yield the index of all classes, in the author's order, and files of ``CLASSES_PER_FILE`` classes each with the
    measures of their drawings."""
    network, second, pages = contents.network, contents.second, contents.plan.class_pages
    chunks = [pages[start : start + CLASSES_PER_FILE] for start in range(0, len(pages), CLASSES_PER_FILE)]
    file_of = {page.label: addresses.index_part(number) for number, chunk in enumerate(chunks, 1) for page in chunk}
    groups = contents.plan.groups.items()
    index = {
        "schema": SCHEMA,
        "site": contents.site.url or None,
        "network": {"name": network.name, "title": network.title, "weights": contents.plan.source.digest},
        "evaluation_network": {"name": second.name, "title": second.title} if second else None,
        "units": addresses.UNITS if contents.units else None,
        "groups": {group: list(dict.fromkeys(each.label.slug for each in members)) for group, members in groups},
        "classes": [
            {key: about_class(page)[key] for key in INDEX_KEYS} | {"data": file_of[page.label]} for page in pages
        ],
    }
    yield addresses.INDEX, text(index)
    for number, chunk in enumerate(chunks, 1):
        classes = [
            about_class(page) | {"drawings": [about_drawing(drawing) for drawing in contents.drawings[page.label]]}
            for page in chunk
        ]
        yield addresses.index_part(number), text({"schema": SCHEMA, "classes": classes})


def of_drawing(contents: Contents, page: ClassPage, drawing: Drawing) -> str:
    """Return everything known about a drawing: enough to draw it again."""
    record, second = drawing.entry.record, contents.second
    evaluation = {"network": second.name, **drawing.evaluation.model_dump()} if second and drawing.evaluation else None
    return text(
        {
            "schema": SCHEMA,
            "class": about_class(page),
            "drawing": about_drawing(drawing)
            | {
                "recipe": drawing.entry.recipe.model_dump(),
                "top": drawing.measures.top,
                "evaluation": evaluation,
                "frames": record.frames,
                "wins": record.wins.model_dump() if record.wins else None,
                "activations": record.activations,
                "provenance": record.provenance.model_dump(mode="json"),
                "command": reproduce.command(drawing.variant, contents.plan.source),
            },
        }
    )


def about_class(page: ClassPage) -> dict[str, Any]:
    """Return a class's names and addresses."""
    label = page.label
    return {
        "index": label.index,
        "wnid": label.wnid or None,
        "name": label.name,
        "slug": label.slug,
        "url": page.url,
        "aliases": list(page.aliases),
        "names": [label.slug, *addresses.names(label, (*page.words, *page.synonyms))],
        "synonyms": list(label.synonyms),
        "definition": label.definition,
        "stands_for": list(page.words),
    }


def about_drawing(drawing: Drawing) -> dict[str, Any]:
    """Return a drawing's files, as paths below the site, and its measures."""
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
    """Return compact JSON, not escaped to ASCII."""
    return json.dumps(values, ensure_ascii=False, separators=(",", ":")) + "\n"
