"""What readers call the classes: names, synonyms and everyday words, in one file that scripts fetch when needed."""

from __future__ import annotations

import json
from collections.abc import Iterator

from actmax.networks import labels
from actmax.networks.words import TABLE
from gen.pages.contents import Contents, File
from gen.plan import addresses


def words(contents: Contents) -> Iterator[File]:
    """Yield ``words.json``, with links relative to it, and WordNet's license."""
    plan = contents.plan
    content = {
        "of": "ImageNet" if plan.classes.is_imagenet else "The network",
        "classes": [[unique_name(label), label.wnid, *label.synonyms] for label in plan.classes.labels],
        "pages": {page.label.index: addresses.link(addresses.WORDS, page.url) for page in plan.class_pages},
        "draw": addresses.link(addresses.WORDS, "#draw=") if plan.live else None,
        "rows": TABLE.read_text("utf-8") if plan.classes.is_imagenet else "",
    }
    yield addresses.WORDS, json.dumps(content, ensure_ascii=False, separators=(",", ":"))
    yield addresses.WORDS_LICENSE, TABLE.with_name("words.LICENSE.txt").read_text("utf-8")


def unique_name(label: labels.Label) -> str:
    """Return the name, with the index if it could also mean another class: ``crane (517)``."""
    if label.wnid:
        alone = labels.unique_name(label) == label.name
    else:
        alone = label.slug in (labels.slugify(label.name), f"class-{label.index}")
    return label.name if alone else f"{label.name} ({label.index})"
