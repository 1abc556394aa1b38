"""A drawing -> the files that are published, and the record of what they do to the network that drew it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import lru_cache
from types import MappingProxyType
from typing import TYPE_CHECKING

from PIL import Image

from actmax.networks.weights import Source
from actmax.pipeline import encode
from actmax.pipeline.progress import Bar, drawing
from actmax.recipe.recipe import Recipe
from actmax.store.record import Record, Wins

if TYPE_CHECKING:
    from actmax.engine.render import Drawing
    from actmax.networks.network import Network

SHOWN = ("drawing.png", "drawing.jpg")
"""The files that pages show large: each is measured."""


def render_files(
    recipes: Sequence[Recipe],
    source: Source,
    progress: Callable[[int], object] = lambda _: None,
    starts: Mapping[str, Image.Image] = MappingProxyType({}),
) -> Iterator[tuple[dict[str, bytes], Record]]:
    """Draws without a store: yields the files and the record that a store would hold, batch by batch.

    Args:
        recipes: all for the network of ``source``; alike ones are drawn together.
        source: the network; loaded, and downloaded if need be.
        progress: told of every image-step, besides a bar on a terminal.
        starts: the pictures that recipes start from (:func:`actmax.pictures.read_start`).

    Raises:
        ActmaxError: the weights cannot be had, a picture to start from is not given, or a target does not exist.
    """
    from actmax.engine.render import render

    network = load(source)
    with drawing(sum(recipe.steps for recipe in recipes), progress) as tell:
        for drawn in render(recipes, network, tell, starts=starts):
            yield publish(drawn, network)


@lru_cache(maxsize=2)  # the network that draws, and the one whose opinion is asked
def load(source: Source) -> Network:
    """:func:`actmax.networks.load.load`, with a progress bar while weights are downloaded."""
    from actmax.networks.load import load as with_weights

    with Bar(f"{source.network}'s weights", "B") as bar:
        return with_weights(source, progress=bar.reach)


def publish(drawing: Drawing, network: Network) -> tuple[dict[str, bytes], Record]:
    """A drawing's files, and the record of what they do to the network that drew it."""
    from actmax.measure.measure import decode, measure

    recipe = drawing.recipe
    files = {
        "drawing.png": encode.png(drawing.image, recipe),
        "drawing.jpg": encode.jpeg(drawing.image),
        "frames.webp": encode.filmstrip([image for _, image in drawing.frames]),
    }
    if drawing.gradient_magnitude is not None:
        files["mask.webp"] = encode.mask(drawing.gradient_magnitude)
    record = Record(
        recipe=recipe,
        measures={name: measure(network, recipe.target, decode(files[name])) for name in SHOWN},
        frames=tuple(step for step, _ in drawing.frames),
        activations=tuple(float(f"{value:.6g}") for value in drawing.activations),
        wins=_wins(drawing.wins),
        provenance=drawing.provenance,
    )
    return files, record


def _wins(wins: Sequence[bool] | None) -> Wins | None:
    if wins is None:
        return None
    lost = [step for step, won in enumerate(wins) if not won]
    stays = lost[-1] + 1 if lost else 0
    return Wins(first=wins.index(True) if True in wins else None, stays=stays if stays < len(wins) else None)
