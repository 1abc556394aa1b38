"""Drawing in the reader's browser: the engine's files, the weights, and the widgets on pages."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import quote

from actmax.networks import labels
from actmax.networks.cards import card
from actmax.recipe import ACCENTUATION, DEFAULT, METHODS, Recipe
from gen.pages.assets import FOLDER, published
from gen.pages.contents import Contents, File
from gen.pages.live_weights import NETWORK, weights
from gen.pages.templating import render
from gen.pages.words import unique_name
from gen.plan import addresses
from gen.plan.drawings import STEP_SIZES, STEPS

ENGINE = sorted(path.name for path in (FOLDER / "live").iterdir() if path.suffix in (".js", ".wasm"))
"""The files of the engine that are published: all but its C source."""
MODULES = {"plain": "engine.wasm", "relaxed": "engine-relaxed.wasm"}
"""Those that compute, of which a browser runs one."""
SIZE = 160
"""Width of a live drawing in pixels, chosen with EfficientNet-Lite0: it recognizes 17 of 50 drawings of 160 pixels, and
9 of 128 pixels; a step at 224 takes twice as long."""
BENCH_SIZE = 224
"""Width of a drawing of the bench: at another one its step sizes, which are those of a figure, are not right."""
BENCH_METHODS: Mapping[str, Mapping[str, Any]] = {
    DEFAULT: {},
    "plain": {"steps": STEPS, "step_size": STEP_SIZES["right"]},
}
"""The methods that the bench offers, with what differs from them: the bare iteration is that of the write-up."""
BENCH_STEP_SIZES = {
    "pixels": {"ascent": tuple(STEP_SIZES.values()), "adam": (0.0005, 0.1, 10)},
    "fourier": {"ascent": (0.001, 1, 100), "adam": (0.0005, METHODS[DEFAULT]["step_size"], 10)},
}
"""Step sizes that are too small, right and too large, by parameterization and optimizer."""
QUIZ_PICTURES, QUIZ_CHANNELS = 4, 40
"""The fewest pictures that make a quiz, and the most channels that it asks about."""
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
        yield f"{addresses.LIVE}{name}", published(FOLDER / "live" / name)
    for layer in weights().layers:
        yield f"{addresses.LIVE}{layer.file}", layer.content
    file = card(NETWORK).file
    if file:
        notice = file.with_name("NOTICE.txt")  # credits the network that these weights were distilled from
        yield f"{addresses.LIVE}{notice.name}", notice.read_bytes()
    facts = {
        "engine": {
            kind: {"file": name, "sha256": hashlib.sha256((FOLDER / "live" / name).read_bytes()).hexdigest()}
            for kind, name in MODULES.items()
        },
        "layers": [
            {"name": layer.name, "file": layer.file, "sha256": layer.sha256, "bytes": len(layer.content)}
            for layer in weights().layers
        ],
        "size": SIZE,
        "method": live_settings(DEFAULT),
        "accentuation": dict(ACCENTUATION),
        "channels": {page.name: addresses.link(addresses.LIVE, page.url) for page in contents.plan.channels},
    }
    yield f"{addresses.LIVE}live.json", json.dumps(facts, ensure_ascii=False, separators=(",", ":"))


def live_widget(contents: Contents, kind: str, here: str, label: labels.Label | None = None) -> str:
    """Return the HTML of a live widget; empty if the setting ``live`` is off.

    Args:
        contents: of the site.
        kind: ``bench``, all settings; ``class``, this class; ``photo``, any target, from a picture of the reader's.
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
        size=BENCH_SIZE if kind == "bench" else SIZE,
        bench=json.dumps(_bench()) if kind == "bench" else "",
        photo=addresses.link(here, addresses.FROM_PHOTO_STRIP) if kind == "photo" else "",
        photo_size=contents.plan.settings.size,
    )


def quiz(contents: Contents, here: str) -> str:
    """Return the pictures of the quiz as JSON, with their targets; empty if it lacks an engine or enough pictures.

    Channels are asked about only where the gallery's network is the engine's.

    Args:
        contents: of the site.
        here: the page's address.
    """
    plan = contents.plan
    if not plan.live:
        return ""
    pictures = [
        {"target": f"fc8:{page.label.index}", "name": unique_name(page.label), "src": addresses.thumbnail(page.url)}
        for page in plan.class_pages
    ]
    channels = list(plan.channels)
    if contents.network.name == NETWORK:
        pictures += [
            {"target": page.name, "name": page.name, "src": addresses.small(page.url)}
            for page in channels[:: -(-len(channels) // QUIZ_CHANNELS) or 1]
        ]
    if len(pictures) < QUIZ_PICTURES:
        return ""
    return json.dumps([{**picture, "src": addresses.link(here, picture["src"])} for picture in pictures])


def _bench() -> dict[str, Any]:
    """Return the settings that the bench starts from, and its step sizes: too small, right, too large."""
    return {
        "methods": {name: live_settings(name, changes) for name, changes in BENCH_METHODS.items()},
        "stepSizes": BENCH_STEP_SIZES,
    }


def live_settings(method: str, changes: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """Return a method's values of the recipe fields that the engine implements.

    Args:
        method: its name.
        changes: of its fields.
    """
    preset = {**METHODS[method], **(changes or {})}
    return {name: preset.get(name, Recipe.model_fields[name].default) for name in LIVE_FIELDS}


def live_link(contents: Contents, here: str, target: str) -> str:
    """Return the address that draws a target live on the front page; empty if the engine is off or has another network.

    Args:
        contents: of the site.
        here: the page's address.
        target: of a recipe, such as ``conv4:117``.
    """
    if not contents.plan.settings.live or contents.network.name != NETWORK:
        return ""
    return addresses.link(here, f"#draw={quote(target, safe=':@,*')}")
