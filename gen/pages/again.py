"""How a drawing is made again: a line for the shell, and a few of Python."""

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


def command(variant: PlannedDrawing) -> str:
    """The shell line that draws a picture again."""
    recipe = variant.recipe
    words = ["actmax", "draw", _target(recipe), "--network", recipe.network]
    if needs_file(recipe):
        words += ["--weights", "FILE"]
    words += ["--method", variant.preset, "--seed", str(recipe.seed), "--size", str(recipe.size)]
    if recipe.precision != "auto":
        words += ["--precision", recipe.precision]
    if recipe.start:
        words += ["--start", "PICTURE"]
    for name in _changes(variant):
        words += ["--set", f"{name}={json.dumps(getattr(recipe, name))}"]
    return shlex.join(words)


def python(variant: PlannedDrawing) -> str:
    """A few lines of Python that do the same."""
    recipe = variant.recipe
    usual = _usual(variant.preset)
    changes = {name: getattr(recipe, name) for name in OVERRIDABLE if getattr(recipe, name) != usual[name]}
    fixed = {name: getattr(recipe, name) for name in ("network", "weights", "target", "seed", "size", "precision")}
    words = [repr(variant.preset), *([repr(changes)] if changes else [])]
    words += [f"{name}={value!r}" for name, value in fixed.items()]
    given = repr(recipe.network) + (', Path("FILE")' if needs_file(recipe) else "")
    if recipe.start:
        return (
            "from pathlib import Path; from actmax import compose, render_files, resolve_weights\n"
            "from actmax.pictures import read_start\n"
            f"recipe = compose({', '.join(words)})\n"
            f'drawn = render_files([recipe], resolve_weights({given}), starts=dict([read_start(Path("PICTURE"))]))\n'
            f'Path("{variant.anchor}.png").write_bytes(next(drawn)[0]["drawing.png"])'
        )
    return (
        "from pathlib import Path; from actmax import compose, render_files, resolve_weights\n"
        f"recipe = compose({', '.join(words)})\n"
        f'Path("{variant.anchor}.png").write_bytes('
        f'next(render_files([recipe], resolve_weights({given})))[0]["drawing.png"])'
    )


def needs_file(recipe: Recipe) -> bool:
    """Whether the weights are neither in the package nor those that are downloaded."""
    return recipe.weights != _own_weights(recipe.network)


@cache
def _own_weights(network: str) -> str:
    """The digest of the weights that a network has without a file of the user's; empty if it has none."""
    known = card(network)
    return resolve_weights(network).digest if known.file or known.url else ""


def _target(recipe: Recipe) -> str:
    """A class by its name, whatever else by the target itself."""
    target = parse(recipe.target)
    known = card(recipe.network)
    of_class = target.layer in known.outputs and target.unit is not None and target.position == "mean" and known.labels
    return labels.classes()[target.unit].slug if of_class and target.unit is not None else recipe.target


def _changes(variant: PlannedDrawing) -> list[str]:
    """The fields of a recipe that neither its preset explains nor the picture at its start."""
    start = variant.recipe.start
    usual = _usual(variant.preset) | (accentuation(start) if start else {})
    return [name for name in OVERRIDABLE if getattr(variant.recipe, name) != usual[name]]


def _usual(preset: str) -> dict[str, Any]:
    defaults = {name: field.default for name, field in Recipe.model_fields.items() if not field.is_required()}
    return {**defaults, **METHODS[preset]}
