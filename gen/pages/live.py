"""Drawing in the reader's browser: the engine's files, the weights, and the widgets on pages."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

from actmax.networks import labels
from actmax.networks.cards import card
from actmax.recipe import METHODS, Recipe
from gen.pages.assets import FOLDER
from gen.pages.contents import Contents, File
from gen.pages.live_weights import NETWORK, weights
from gen.pages.templating import render
from gen.pages.words import unique_name
from gen.plan import addresses

ENGINE = sorted(path.name for path in (FOLDER / "live").iterdir() if path.suffix in (".js", ".wasm"))
"""The files of the engine that are published: all but its C source."""
SIZE = 160
"""Width of a live drawing in pixels, chosen with EfficientNet-Lite0: it recognizes 17 of 50 drawings of 160 pixels, and
9 of 128 pixels; a step at 224 takes twice as long."""
LIVE_METHODS = {"fourier": "smooth", "pixels": "plain"}
"""By parameterization, the method whose settings the engine uses."""
LIVE_FIELDS = (
    *("parameterization", "optimizer", "steps", "step_size", "anneal", "decay_power", "contrast_limit", "start_sd"),
    *("jitter", "scale", "rotate"),
    *("excess_variation_weight", "excess_variation_limit", "margin_weight", "relu_leak", "gradient_window"),
)
"""Recipe fields that the engine implements."""


def live(contents: Contents) -> Iterator[File]:
    """Yield the engine, the weights and ``live.json``; nothing if the setting ``live`` is off."""
    if not contents.plan.live:
        return
    for name in ENGINE:
        yield f"{addresses.LIVE}{name}", (FOLDER / "live" / name).read_bytes()
    for layer in weights().layers:
        yield f"{addresses.LIVE}{layer.file}", layer.content
    file = card(NETWORK).file
    if file:
        notice = file.with_name("NOTICE.txt")  # credits the network that these weights were distilled from
        yield f"{addresses.LIVE}{notice.name}", notice.read_bytes()
    facts = {
        "layers": [
            {"name": layer.name, "file": layer.file, "sha256": layer.sha256, "bytes": len(layer.content)}
            for layer in weights().layers
        ],
        "size": SIZE,
        "methods": {parameterization: live_settings(method) for parameterization, method in LIVE_METHODS.items()},
        "channels": {page.name: addresses.link(addresses.LIVE, page.url) for page in contents.plan.channels},
    }
    yield f"{addresses.LIVE}live.json", json.dumps(facts, ensure_ascii=False, separators=(",", ":"))


def live_widget(contents: Contents, kind: str, here: str, label: labels.Label | None = None) -> str:
    """Return the HTML of a live widget; empty if the setting ``live`` is off.

    Args:
        contents: of the site.
        kind: ``bench``, all settings; ``class``, this class.
        here: the page's address.
        label: the class that is drawn first; by default the class of the walk, else the first of the gallery.
    """
    if not contents.plan.live:
        return ""
    label = label or contents.plan.walk or contents.plan.class_pages[0].label
    return render(
        "live.md.jinja",
        here=here,
        kind=kind,
        label=label,
        name=unique_name(label),
        weights=weights(),
        size=SIZE,
    )


def live_settings(method: str) -> dict[str, Any]:
    """Return a method's values of the recipe fields that the engine implements."""
    preset = METHODS[method]
    return {name: preset.get(name, Recipe.model_fields[name].default) for name in LIVE_FIELDS}


def live_link(contents: Contents, here: str, target: str) -> str:
    """Return the address that draws a target live on the front page; empty if the engine is off or lacks it.

    Args:
        contents: of the site.
        here: the page's address.
        target: of a recipe, such as ``conv4:117``.
    """
    known = contents.network.name == NETWORK and target.partition(":")[0] in contents.network.layers
    if not contents.plan.settings.live or not known:
        return ""
    return addresses.link(here, f"#draw={quote(target, safe=':@,*')}")
