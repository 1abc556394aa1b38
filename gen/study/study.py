"""What the write-up shows of the network itself: a walk through one picture, silenced units, and variations.

What is drawn is stored as all drawings are, and what is worked out is stored beside them, so that a
later build needs no torch.
"""

from __future__ import annotations

import hashlib
import io
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from PIL import Image, ImageOps, UnidentifiedImageError

from actmax.networks import labels
from actmax.networks.cards import card
from actmax.networks.labels import Label
from actmax.pipeline.draw import Outcome, Say, answered, ask, draw
from actmax.recipe.recipe import Recipe, compose
from actmax.store.store import Entry, Store
from gen.plan.plan import Plan
from gen.settings.schema import KEY, SettingsError, WalkSettings

COUNTS = [1, 2, 4, 8, 16, 32, 64, 128]
"""How many units are silenced at a time."""
STEP_SIZES = {"too small": 0.2, "right": 200.0, "too large": 20_000.0}
"""α of plain ascents that have only STEPS steps."""
STEPS = 50
"""Of the ascents that compare step sizes."""


@dataclass(frozen=True)
class Study:
    """Everything that the write-up quotes beside the gallery."""

    label: Label
    """The class that its figures are about."""
    picture: bytes
    """A PNG: the drawing of the class, or the author's own picture."""
    own_picture: bool
    """Whether the author named it."""
    layers: list[dict[str, Any]]
    """``name``, ``shape`` and ``parameters`` of each layer, from the image on."""
    top: list[tuple[Label, float]]
    """What the network sees in the picture: the five most probable classes."""
    channels: dict[str, list[tuple[int, float, Entry]]]
    """By layer: the most active channels, their mean activation, and what each of them looks for."""
    silenced: list[tuple[Label, dict[str, Any]]]
    """By class: how its logit changes without units, see :func:`actmax.measure.probe.without_units`."""
    variations: dict[str, Entry]
    """Drawings of the class by other means: ``pixels``, ``fourier``, ``generator``, and each of STEP_SIZES."""
    outcome: Outcome
    """What it took."""

    def silenced_mean(self, way: str) -> list[float]:
        """Mean change of the logit over the classes, for each of COUNTS."""
        changes = [found[way] for _, found in self.silenced]
        return [sum(column) / len(column) for column in zip(*changes, strict=True)]


def study(plan: Plan, entries: Mapping[str, Entry], store: Store, root: Path, say: Say) -> Study | None:
    """Works out, or takes from the store, what the write-up shows; None where no `walk` is asked for.

    Args:
        plan: the gallery's.
        entries: its drawings and the variations, by digest.
        store: where everything is kept.
        root: the folder of mkdocs.yml.
        say: told what is going on.

    Raises:
        ActmaxError: the author's picture cannot be read, or the store not written.
    """
    walk = plan.settings.walk
    if walk is None:
        return None
    label, target = _aim(plan, walk)
    shown = {name: entries[recipe.digest()] for name, recipe in variations(plan).items()}
    picture = _picture(plan, walk, root, shown["fourier"])
    question = _question(picture, target, walk)
    seen = ask(question, lambda loaded: _strongest(loaded, picture, target, walk.channels), plan.source, store)
    recipes = _channels(plan, walk, seen)
    outcome = draw(list(recipes.values()), plan.source, store, say=say)
    size = plan.settings.size
    return Study(
        label=label,
        picture=picture,
        own_picture=walk.picture is not None,
        layers=ask({"ask": "layers", "size": size}, lambda loaded: _layers(loaded, size), plan.source, store),
        top=[(labels.classes()[index], part) for index, part in seen["top"]],
        channels={
            layer: [
                (channel, activation, outcome.entries[recipes[layer, channel].digest()])
                for channel, activation in found
            ]
            for layer, found in seen["channels"].items()
        },
        silenced=_silenced(plan, entries, store),
        variations=shown,
        outcome=outcome,
    )


def known_recipes(plan: Plan, store: Store, root: Path) -> list[Recipe]:
    """The study's recipes, as far as the store already tells; nothing is drawn or worked out."""
    walk = plan.settings.walk
    if walk is None:
        return []
    by_name = variations(plan)
    entry = store.get(by_name["fourier"])
    if entry is None:
        return list(by_name.values())
    _, target = _aim(plan, walk)
    seen = answered(_question(_picture(plan, walk, root, entry), target, walk), plan.source, store)
    return [*by_name.values(), *(_channels(plan, walk, seen).values() if seen else ())]


def variations(plan: Plan) -> dict[str, Recipe]:
    """How the write-up's class is drawn for comparison: by each parameterization, and by each of STEP_SIZES."""
    walk = plan.settings.walk
    if walk is None:
        return {}
    _, target = _aim(plan, walk)
    recipes = {
        "pixels": _recipe(plan, target, "plain"),
        "fourier": _recipe(plan, target, "robust"),
        "generator": _recipe(plan, target, "generator", steps=walk.steps),
    }
    for name, alpha in STEP_SIZES.items():
        recipes[name] = _recipe(plan, target, "plain", steps=STEPS, step_size=alpha)
    return recipes


def _aim(plan: Plan, walk: WalkSettings) -> tuple[Label, str]:
    """The class that the write-up's figures are about, and its target."""
    label = labels.resolve(walk.label)
    return label, f"{card(plan.source.network).output}:{label.index}"


def _question(picture: bytes, target: str, walk: WalkSettings) -> dict[str, Any]:
    return {"ask": "strongest channels", "picture": _digest(picture), "target": target, "count": walk.channels}


def _channels(plan: Plan, walk: WalkSettings, seen: Mapping[str, Any]) -> dict[tuple[str, int], Recipe]:
    """A recipe for each channel that was found to be strong."""
    return {
        (layer, channel): _recipe(plan, f"{layer}:{channel}", "robust", steps=walk.steps)
        for layer, found in seen["channels"].items()
        for channel, _ in found
    }


def _recipe(plan: Plan, target: str, method: str, **fields: Any) -> Recipe:
    settings = plan.settings
    return compose(
        method,
        fields,
        network=plan.source.network,
        weights=plan.source.digest,
        target=target,
        seed=settings.seeds[0],
        size=settings.size,
        precision=settings.precision,
    )


def _silenced(plan: Plan, entries: Mapping[str, Entry], store: Store) -> list[tuple[Label, dict[str, Any]]]:
    """For each class of the gallery, on its own main drawing; nothing where the network's layers have no names."""
    if len(card(plan.source.network).layers) < 2:
        return []
    pictures = {plate.label: entries[plate.variants[0].recipe.digest()] for plate in plan.plates}
    answers = ask(
        {"ask": "silenced units", "pictures": [entry.digest for entry in pictures.values()], "counts": COUNTS},
        lambda loaded: _without(loaded, pictures),
        plan.source,
        store,
    )
    return list(zip(pictures, answers, strict=True))


# The three below run only when the store has no answer; each imports torch.


def _strongest(loaded: Any, picture: bytes, target: str, count: int) -> dict[str, Any]:
    from actmax.measure.measure import decode, measure
    from actmax.measure.probe import strongest

    rgb = decode(picture)
    hidden = [layer for layer in loaded.card.layers if layer != loaded.card.output]
    return {
        "top": measure(loaded, target, rgb).top,
        "channels": {layer: strongest(loaded, rgb, layer, count) for layer in hidden},
    }


def _layers(loaded: Any, size: int) -> list[dict[str, Any]]:
    from actmax.measure.probe import layers

    return layers(loaded, size)


def _without(loaded: Any, pictures: Mapping[Label, Entry]) -> list[dict[str, Any]]:
    from actmax.measure.measure import decode
    from actmax.measure.probe import without_units

    shown = [(decode(entry.read("drawing.png")), label.index) for label, entry in pictures.items()]
    return without_units(loaded, shown, COUNTS)


def _picture(plan: Plan, walk: WalkSettings, root: Path, drawing: Entry) -> bytes:
    """The drawing, or the author's picture as a PNG, cut to a square of the drawings' size."""
    if walk.picture is None:
        return drawing.read("drawing.png")
    size = plan.settings.size
    try:
        with Image.open(root / walk.picture) as image:
            square = ImageOps.fit(image.convert("RGB"), (size, size), Image.Resampling.LANCZOS)
    except (OSError, UnidentifiedImageError) as error:
        reason = getattr(error, "strerror", None) or "it is not a picture that can be read"
        raise SettingsError(f"{KEY}.walk.picture in mkdocs.yml is {walk.picture!r}: {reason}.") from None
    buffer = io.BytesIO()
    square.save(buffer, "PNG")
    return buffer.getvalue()


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()[:16]
