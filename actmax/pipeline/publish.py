"""Recipes -> the files that are published, and the record of the target network's response to them."""

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

PUBLISHED = ("drawing.png", "drawing.jpg")
"""The files that pages show large: each is measured."""

Rendered = tuple[dict[str, bytes], Record]
"""A drawing's files and its record, as a store takes them."""


def render_files(
    recipes: Sequence[Recipe],
    source: Source,
    progress: Callable[[int], object] = lambda _: None,
    starts: Mapping[str, Image.Image] = MappingProxyType({}),
) -> Iterator[Rendered]:
    """Draw without a store: yield each drawing's files and record, batch by batch.

    Args:
        recipes: all for the network of ``source``; similar ones are drawn together.
        source: the network; loaded, and downloaded if necessary.
        progress: called with the number of image-steps since the last call, besides a bar on a terminal.
        starts: the pictures that recipes start from (:func:`actmax.pictures.read_start`).

    Raises:
        ActmaxError: the weights are not available, a start picture is missing, or a target does not exist.
    """
    from actmax.engine.render import render

    network = load(source)
    with drawing(sum(recipe.steps for recipe in recipes), progress) as advance:
        for drawn in render(recipes, network, advance, starts=starts):
            yield publish(drawn, network)


def try_out(recipe: Recipe, source: Source, starts: Mapping[str, Image.Image] = MappingProxyType({})) -> None:
    """Take the first step of a drawing, to know before all others that it can be made.

    Raises:
        ActmaxError: it cannot, for example because the layer has no such channel or position.
    """
    from actmax.engine.render import render

    list(render([recipe.model_copy(update={"steps": 1})], load(source), starts=starts))


@lru_cache(maxsize=2)  # the target network and the evaluation network
def load(source: Source) -> Network:
    """Load a network, with a progress bar while weights are downloaded; the last two are cached."""
    from actmax.networks.load import load

    with Bar(f"{source.network}'s weights", "B") as bar:
        return load(source, progress=bar.reach)


def publish(drawing: Drawing, network: Network) -> Rendered:
    """Encode a drawing, and measure the target network's response to the files."""
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
        measures={name: measure(network, recipe.target, decode(files[name])) for name in PUBLISHED},
        frames=tuple(step for step, _ in drawing.frames),
        activations=tuple(float(f"{value:.6g}") for value in drawing.activations),
        wins=_wins(drawing.wins),
        provenance=drawing.provenance,
    )
    return files, record


def _wins(wins: Sequence[bool] | None) -> Wins | None:
    if wins is None:
        return None
    failures = [step for step, won in enumerate(wins) if not won]
    stays = failures[-1] + 1 if failures else 0
    return Wins(first=wins.index(True) if True in wins else None, stays=stays if stays < len(wins) else None)
