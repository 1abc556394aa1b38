"""Recipes -> drawings, in batches, on the device at hand."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from types import MappingProxyType
from typing import Any

import torch
from PIL import Image
from torch import Tensor

from actmax.ascent.objectives import of_targets
from actmax.ascent.optimize import check_finite
from actmax.engine.batches import MAX_BATCH_ON_A_GPU, batches, best_size
from actmax.engine.device import choose_device, describe, exact
from actmax.engine.methods import method_of
from actmax.engine.pictures import enlarged, fit, to_images, to_masks
from actmax.engine.run import run
from actmax.engine.workers import side_by_side
from actmax.errors import RecipeError
from actmax.networks.network import Network
from actmax.recipe.recipe import ALGORITHM, Recipe
from actmax.recipe.target import parse
from actmax.store.record import Provenance

Progress = Callable[[int], object]
"""Called after each step with the number of image-steps since the last call."""


@dataclass(frozen=True)
class Drawing:
    """The result of a recipe, not yet encoded."""

    recipe: Recipe
    frames: tuple[tuple[int, Image.Image], ...]
    """The image after 1, 2, 5, 10, 20, 50, … steps, and after the last: RGB, 8 bits, size × size."""
    activations: tuple[float, ...]
    """The score before each step, of the view that the step saw."""
    wins: tuple[bool, ...] | None
    """Whether the network predicted the target's class before each step, in that view; None unless the target is a
    class."""
    provenance: Provenance
    gradient_magnitude: Image.Image | None = None
    """Gray, 8 bits, size × size: the gradient's magnitude at each pixel over the steps, white for the largest."""

    @property
    def image(self) -> Image.Image:
        """The finished image."""
        return self.frames[-1][1]


def frame_steps(steps: int) -> list[int]:
    """Return 1, 2, 5, 10, 20, 50, … up to and including ``steps``."""
    series = (lead * 10**power for power in range(6) for lead in (1, 2, 5))
    return [step for step in series if step < steps] + [steps]


def render(
    recipes: Sequence[Recipe],
    network: Network,
    progress: Progress | None = None,
    batch: int | None = None,
    starts: Mapping[str, Image.Image] = MappingProxyType({}),
) -> Iterator[Drawing]:
    """Draw recipes, and yield each drawing as soon as its batch is finished.

    On the processor each of torch's threads draws a batch of its own. A drawing depends neither on their number, nor on
    its neighbors in a batch (tests/actmax/engine/test_company.py). On a GPU no drawing is reproduced to the last bit:
    CUDA adds up the gradients of rotated views in varying order.

    Args:
        recipes: any mixture; similar ones are drawn together.
        network: that of all recipes.
        progress: called after every step.
        batch: images in a batch at most; by default what is fastest for the network.
        starts: the images that recipes start from, by their `start`; an image of another size is cropped to its center.

    Raises:
        RecipeError: a recipe for another network, a target that the layer does not have, or a start image that is not
            given.
        UnknownNameError: a layer that the network does not have.
    """
    for recipe in recipes:
        _check(recipe, network, starts)
    device = choose_device()
    on_processor = device.type == "cpu"
    workers = torch.get_num_threads() if on_processor else 1
    batch = batch or (best_size(network.linear_weights()) if on_processor else MAX_BATCH_ON_A_GPU)
    about = {"device": describe(device), "threads": workers}  # a worker itself has a single thread
    lock = threading.Lock()

    def draw(group: list[Recipe], check_stopped: Callable[[], None]) -> list[Drawing]:
        def report(steps: int) -> None:
            check_stopped()
            if progress:
                with lock:
                    progress(steps)

        with exact():
            return _render_batch(group, network, device, report, starts, about)

    for drawings in side_by_side(draw, batches(recipes, batch, workers), workers):
        yield from drawings


def _check(recipe: Recipe, network: Network, starts: Mapping[str, Image.Image]) -> None:
    if (recipe.network, recipe.weights) != (network.card.name, network.weights):
        raise RecipeError(
            f"The recipe is for {recipe.network} with weights {recipe.weights}, not for {network.card.name} with "
            f"weights {network.weights}."
        )
    if recipe.algorithm != ALGORITHM:
        raise RecipeError(
            f"The recipe is for revision {recipe.algorithm} of the arithmetic, and this version of actmax computes "
            f"revision {ALGORITHM}."
        )
    if recipe.start and recipe.start not in starts:
        raise RecipeError(f"The recipe starts from an image that is not given: {recipe.start}.")
    if network.channels not in (1, 3):
        raise RecipeError(
            f"{network.card.title} takes images of {network.channels} channels: a recipe draws RGB or gray. Use "
            "actmax.ascend."
        )


def _render_batch(
    recipes: list[Recipe],
    network: Network,
    device: torch.device,
    progress: Progress,
    starts: Mapping[str, Image.Image],
    about: Mapping[str, Any],
) -> list[Drawing]:
    first = recipes[0]
    targets = [parse(recipe.target) for recipe in recipes]
    layer = targets[0].layer
    size = (first.side, first.side)
    started = time.perf_counter()
    steps, dtype = run(
        network,
        method_of(first, [recipe.facet for recipe in recipes]),
        [layer],
        of_targets(targets),
        [recipe.seed for recipe in recipes],
        size,
        device,
        targets,
        torch.stack([fit(starts[recipe.start], size, network.channels) for recipe in recipes]) if first.start else None,
    )
    kept = set(frame_steps(first.steps))
    frames: dict[int, list[Image.Image]] = {}
    curve: list[Tensor] = []
    predicted: list[Tensor] = []
    for step in steps:
        curve.append(step.activations)
        if layer in network.card.outputs:
            predicted.append(step.outputs[layer].argmax(1))
        if step.number in kept:
            images = to_images(step.images)
            frames[step.number] = enlarged([image.convert("RGB") for image in images], first.size)
        progress(len(recipes))
    seconds = time.perf_counter() - started
    scores = torch.stack(curve, 1).float().cpu()
    check_finite(scores, step.images)
    predictions = torch.stack(predicted, 1).tolist() if predicted else []
    magnitude = step.gradient_magnitude
    masks = [] if magnitude is None else enlarged(to_masks(magnitude), first.size)
    provenance = Provenance(
        precision="bf16" if dtype == torch.bfloat16 else "fp32",
        batch=len(recipes),
        actmax=version("actmax"),
        torch=torch.__version__,
        torchvision=version("torchvision"),
        pillow=version("pillow"),
        drawn=datetime.now(UTC).replace(microsecond=0),
        seconds=round(seconds / len(recipes), 2),
        **about,
    )
    return [
        Drawing(
            recipe,
            tuple((number, images[index]) for number, images in frames.items()),
            tuple(scores[index].tolist()),
            tuple(unit == target.unit for unit in predictions[index])
            if predictions and target.unit is not None
            else None,
            provenance,
            masks[index] if masks else None,
        )
        for index, (recipe, target) in enumerate(zip(recipes, targets, strict=True))
    ]
