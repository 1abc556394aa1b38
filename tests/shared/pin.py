"""Pin recipes with their digests: ``python tests/shared/pin.py`` adds what tests/actmax/recipe/digests.json lacks.

That is each method for several targets, sizes and seeds, and each field with another value. No line is changed or
removed: a recipe whose digest is another now is reported, since stored drawings would be lost.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from recipes import GIVEN, OTHER, changed

from actmax.recipe import METHODS, Recipe, compose

FILE = Path(__file__).parents[1] / "actmax/recipe/digests.json"
CASES: list[dict[str, Any]] = [
    {"target": "fc8:340"},
    {"target": "fc8:1", "seed": 3},
    {"target": "conv5:12"},
    {"target": "conv4:7@center"},
    {"target": "conv3:5@3,7"},
    {"target": "conv5"},
    {"target": "fc8:340 - 0.5*fc8:292"},
    {"size": 160},
    {"precision": "fp32"},
    {"network": "alexnet", "weights": "7be5be79"},
]
"""Of each method."""


def cases() -> Iterator[tuple[str, Recipe]]:
    """Every recipe that is to be pinned, with its method."""
    for method in METHODS:
        for case in CASES:
            yield method, compose(method, **{**GIVEN, **case})
    for field in OTHER:
        yield "robust", changed(field)


def missing(pinned: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the lines that pinned ones lack."""
    known = {Recipe(**line["recipe"]) for line in pinned}
    new = {recipe: method for method, recipe in cases() if recipe not in known}
    return [
        {"digest": recipe.digest(), "method": method, "recipe": recipe.identity()} for recipe, method in new.items()
    ]


def main() -> str:
    """Add the missing lines, and say how many."""
    pinned = json.loads(FILE.read_text("utf-8")) if FILE.exists() else []
    for line in pinned:
        if (digest := Recipe(**line["recipe"]).digest()) != line["digest"]:
            sys.exit(f"The digest of {line['recipe']} was {line['digest']} and is {digest} now.")
    new = missing(pinned)
    FILE.write_text("[\n" + ",\n".join(map(json.dumps, [*pinned, *new])) + "\n]\n", "utf-8")
    return f"pinned {len(new)} recipes, {len(pinned) + len(new)} in all"


if __name__ == "__main__":
    print(main())
