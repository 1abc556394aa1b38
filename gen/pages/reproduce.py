"""How to draw a picture again: a shell command, and a few lines of Python."""

from __future__ import annotations

import json
import shlex
from functools import cache
from typing import Any

from actmax.files import DIGITS
from actmax.networks import labels
from actmax.networks.cards import card
from actmax.networks.weights import Source, resolve_weights
from actmax.recipe import METHODS, OVERRIDABLE, Recipe, accentuation, parse
from gen.plan import PlannedDrawing


def command(drawing: PlannedDrawing, source: Source) -> str:
    """Return the shell command that draws a picture again.

    Args:
        drawing: on a page.
        source: the target network, which may be the author's own.
    """
    recipe = drawing.recipe
    words = ["actmax", "draw", _target(recipe, source), "--network", recipe.network]
    if needs_file(recipe):
        words += ["--weights", "FILE"]
    for name, value in _described(source).items():
        numbers = value if isinstance(value, tuple) else (value,)
        words += [f"--{name}", "LABELS" if name == "labels" else ",".join(map(repr, numbers))]
    words += ["--method", drawing.preset, "--seed", str(recipe.seed), "--size", str(recipe.size)]
    if recipe.start:
        words += ["--start", "PICTURE"]
    overrides = _overrides(drawing, accentuation(recipe.start) if recipe.start else {})
    if recipe.precision != "auto":
        overrides["precision"] = recipe.precision
    for name, value in overrides.items():
        words += ["--set", f"{name}={json.dumps(value)}"]
    return shlex.join(words)


def python(drawing: PlannedDrawing, source: Source) -> str:
    """Return lines of Python that do the same."""
    recipe = drawing.recipe
    overrides = _overrides(drawing, {})
    fixed = ("network", "weights", "target", "seed", "size", "precision")
    arguments = [
        repr(drawing.preset),
        *([repr(overrides)] if overrides else []),
        *(f"{name}={getattr(recipe, name)!r}" for name in fixed),
    ]
    own = {
        name: 'read_labels(Path("LABELS"))' if name == "labels" else repr(value)
        for name, value in _described(source).items()
    }
    if own:
        own["size"] = repr(recipe.size)
    about = f", Description({', '.join(f'{name}={value}' for name, value in own.items())})" if own else ""
    weights = f"resolve_weights({recipe.network!r}" + (f', Path("FILE"){about})' if needs_file(recipe) else ")")
    starts = ', starts=dict([read_start(Path("PICTURE"))])' if recipe.start else ""
    lines = [
        "from pathlib import Path; from actmax import compose, render_files, resolve_weights",
        *(["from actmax.networks.description import Description, read_labels"] if own else []),
        *(["from actmax.pictures import read_start"] if recipe.start else []),
        f"recipe = compose({', '.join(arguments)})",
        f"files, record = next(render_files([recipe], {weights}{starts}))",
        f'Path("{drawing.anchor}.png").write_bytes(files["drawing.png"])',
    ]
    return "\n".join(lines)


def files(recipe: Recipe, source: Source) -> str:
    """Return what the names of files in both stand for, as the end of a sentence; empty where there is none."""
    parts = []
    if needs_file(recipe):
        parts.append(f"FILE is the weights file, SHA-256 {source.sha256[:DIGITS] if source.own else recipe.weights}…")
    if source.card.names:
        parts.append(f"LABELS is the file with the names of the network's {source.card.classes} classes")
    if source.card.family == "function":
        parts.append(f"the code of {recipe.network} lies where the command runs")
    if recipe.start:
        parts.append(f"PICTURE is the start picture, SHA-256 {recipe.start}…")
    return "".join(f"; {part}" for part in parts)


def needs_file(recipe: Recipe) -> bool:
    """Return whether the weights are neither in the package nor those that are downloaded."""
    return recipe.weights != _default_weights(recipe.network)


@cache
def _default_weights(network: str) -> str:
    """Return the digest of the weights that a network has without a file of the user's; empty if it has none."""
    known = card(network)
    return resolve_weights(network).digest if known.file or known.url else ""


def _described(source: Source) -> dict[str, Any]:
    """Return what the author says of the network: by option, the value."""
    own = source.own
    if own is None:
        return {}
    images = {"channels": own.channels, "mean": own.mean, "std": own.std}
    usual = source.sha256.startswith(source.digest)  # its identity is the file's alone
    return ({"labels": own.names} if own.names else {}) | (
        {} if usual else {name: value for name, value in images.items() if value is not None}
    )


def _target(recipe: Recipe, source: Source) -> str:
    """Return a class by its name, any other target as it is written."""
    target = parse(recipe.target)
    known = source.card
    is_class = target.layer in known.outputs and target.unit is not None and target.position == "mean"
    if target.unit is None or not is_class or not (known.labels or known.names):
        return recipe.target
    label = known.class_set.labels[target.unit]
    return label.slug if known.names else labels.slugify(labels.unique_name(label))


def _overrides(drawing: PlannedDrawing, implied: dict[str, Any]) -> dict[str, Any]:
    """Return the fields that differ from the preset and from what other options imply."""
    defaults = {name: field.default for name, field in Recipe.model_fields.items() if not field.is_required()}
    usual = {**defaults, **METHODS[drawing.preset], **implied}
    values = {name: getattr(drawing.recipe, name) for name in OVERRIDABLE}
    return {name: value for name, value in values.items() if value != usual[name]}
