"""How to draw a picture again: a shell command, and a few lines of Python."""

from __future__ import annotations

import json
import shlex
from functools import cache
from typing import Any

from actmax.networks import labels
from actmax.networks.cards import card
from actmax.networks.weights import resolve_weights
from actmax.recipe import METHODS, OVERRIDABLE, Recipe, accentuation, parse
from gen.plan import PlannedDrawing


def command(drawing: PlannedDrawing) -> str:
    """Return the shell command that draws a picture again."""
    recipe = drawing.recipe
    words = ["actmax", "draw", _target(recipe), "--network", recipe.network]
    if needs_file(recipe):
        words += ["--weights", "FILE"]
    words += ["--method", drawing.preset, "--seed", str(recipe.seed), "--size", str(recipe.size)]
    if recipe.start:
        words += ["--start", "PICTURE"]
    overrides = _overrides(drawing, accentuation(recipe.start) if recipe.start else {})
    if recipe.precision != "auto":
        overrides["precision"] = recipe.precision
    for name, value in overrides.items():
        words += ["--set", f"{name}={json.dumps(value)}"]
    return shlex.join(words)


def python(drawing: PlannedDrawing) -> str:
    """Return lines of Python that do the same."""
    recipe = drawing.recipe
    overrides = _overrides(drawing, {})
    fixed = ("network", "weights", "target", "seed", "size", "precision")
    arguments = [
        repr(drawing.preset),
        *([repr(overrides)] if overrides else []),
        *(f"{name}={getattr(recipe, name)!r}" for name in fixed),
    ]
    weights = f"resolve_weights({recipe.network!r}" + (', Path("FILE"))' if needs_file(recipe) else ")")
    starts = ', starts=dict([read_start(Path("PICTURE"))])' if recipe.start else ""
    lines = [
        "from pathlib import Path; from actmax import compose, render_files, resolve_weights",
        *(["from actmax.pictures import read_start"] if recipe.start else []),
        f"recipe = compose({', '.join(arguments)})",
        f"files, record = next(render_files([recipe], {weights}{starts}))",
        f'Path("{drawing.anchor}.png").write_bytes(files["drawing.png"])',
    ]
    return "\n".join(lines)


def needs_file(recipe: Recipe) -> bool:
    """Return whether the weights are neither in the package nor those that are downloaded."""
    return recipe.weights != _default_weights(recipe.network)


@cache
def _default_weights(network: str) -> str:
    """Return the digest of the weights that a network has without a file of the user's; empty if it has none."""
    known = card(network)
    return resolve_weights(network).digest if known.file or known.url else ""


def _target(recipe: Recipe) -> str:
    """Return a class by its name, any other target as it is written."""
    target = parse(recipe.target)
    known = card(recipe.network)
    of_class = target.layer in known.outputs and target.unit is not None and target.position == "mean" and known.labels
    if not of_class or target.unit is None:
        return recipe.target
    return labels.slugify(labels.unique_name(labels.classes()[target.unit]))


def _overrides(drawing: PlannedDrawing, implied: dict[str, Any]) -> dict[str, Any]:
    """Return the fields that differ from the preset and from what other options imply."""
    defaults = {name: field.default for name, field in Recipe.model_fields.items() if not field.is_required()}
    usual = {**defaults, **METHODS[drawing.preset], **implied}
    values = {name: getattr(drawing.recipe, name) for name in OVERRIDABLE}
    return {name: value for name, value in values.items() if value != usual[name]}
