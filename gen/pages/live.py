"""What lets a reader draw in the browser: the engine, the weights, and the places on pages where easels stand."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from actmax.networks import labels
from actmax.networks.cards import card
from actmax.recipe import METHODS, Recipe
from gen.pages.assets import FOLDER
from gen.pages.contents import Contents, File
from gen.pages.templating import render
from gen.plan import addresses

ENGINE = ("ascent.js", "engine.js", "engine.wasm", "live.js", "worker.js")
NETWORK = "compact"
"""The one whose weights are small enough to be fetched."""
SIZE = 160
"""Pixels of a picture drawn live. Of 50 drawings of 160 pixels EfficientNet-Lite0 says 17 first, of 128 pixels 9; at
224 a step takes twice as long."""
WAYS = {"waves": "smooth", "pixels": "plain"}
"""What can move there, and the method that says how."""


@dataclass(frozen=True)
class Weights:
    """The network's file, as it lies in the package."""

    file: Path
    sha256: str
    bytes: int

    @property
    def name(self) -> str:
        """Of the file on the site: other weights have another, so that no cache takes one for the other."""
        return f"{self.file.stem}-{self.sha256[:8]}{self.file.suffix}"


@cache
def weights() -> Weights:
    """Of the compact AlexNet."""
    file = card(NETWORK).file
    content = file.read_bytes() if file else b""
    return Weights(file or Path(), hashlib.sha256(content).hexdigest(), len(content))


def live(contents: Contents) -> Iterator[File]:
    """The engine's files, the weights, and what the script must know of classes and methods; none if not wished for."""
    if not contents.plan.settings.live:
        return
    for name in ENGINE:
        yield f"{addresses.LIVE}{name}", (FOLDER / "live" / name).read_bytes()
    network = weights()
    yield f"{addresses.LIVE}{network.name}", network.file.read_bytes()
    notice = network.file.with_name("NOTICE.txt")  # of the network that these weights learnt from
    yield f"{addresses.LIVE}{notice.name}", notice.read_bytes()
    facts = {
        "weights": {"weights": network.name, "sha256": network.sha256, "bytes": network.bytes},
        "size": SIZE,
        "methods": {way: _settings(method) for way, method in WAYS.items()},
        "pages": {plate.label.index: addresses.link(addresses.LIVE, plate.url) for plate in contents.plan.class_pages},
        "classes": [[_unique(label), label.wnid, *label.synonyms] for label in labels.classes()],
    }
    yield f"{addresses.LIVE}live.json", json.dumps(facts, ensure_ascii=False, separators=(",", ":"))


def live_widget(contents: Contents, kind: str, here: str, label: labels.Label | None = None) -> str:
    """The place of an easel on a page, as HTML; empty where readers are not to draw.

    Args:
        contents: of the site.
        kind: ``draw``, a field for any class; ``bench``, all the settings; ``class``, this class.
        here: the page's address.
        label: what it draws first; by default the class of the walk, else the first of the gallery.
    """
    if not contents.plan.settings.live:
        return ""
    label = label or contents.plan.walk or contents.plan.class_pages[0].label
    # The walk's class need not be one that the gallery draws.
    drawings = contents.drawings.get(label)
    return render(
        "live.md.jinja",
        here=here,
        kind=kind,
        label=label,
        name=_unique(label),
        weights=weights(),
        size=SIZE,
        network=contents.network,
        drawing=drawings[0] if drawings and kind == "draw" else None,
    )


def _settings(method: str) -> dict[str, object]:
    """A method as the script knows it; what it does not say is as in a recipe."""
    recipe = {name: field.default for name, field in Recipe.model_fields.items()} | dict(METHODS[method])
    return {
        "parameterization": "waves" if recipe["parameterization"] == "fourier" else "pixels",
        "optimizer": recipe["optimizer"],
        "steps": min(recipe["steps"], METHODS["smooth"]["steps"]),
        "alpha": recipe["step_size"],
        "sd": recipe["start_sd"],
        "penalty": recipe["total_variation_weight"],
        "decay": recipe["decay_power"],
        "rivals": recipe["logsumexp_weight"],
        "leak": recipe["relu_leak"],
        "centre": recipe["gradient_window"],
        **{name: recipe[name] for name in ("anneal", "jitter", "scale", "rotate")},
    }


def _unique(label: labels.Label) -> str:
    """The name, with the index where another class has the same: ``crane (134)``."""
    return label.name if labels.slugify(label.name) == label.slug else f"{label.name} ({label.index})"
