"""Recipes -> drawings, in batches, on the device at hand."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from types import MappingProxyType

import torch
from PIL import Image
from torch import Tensor

from actmax.ascent.objectives import logsumexp, of_targets
from actmax.ascent.optimize import finite, optimize
from actmax.ascent.params.canvas import Canvas
from actmax.engine.batches import ON_A_GPU, batches, best_size
from actmax.engine.device import choose_device, choose_dtype, describe, exact
from actmax.engine.facets import by_facets
from actmax.engine.methods import composition
from actmax.engine.pictures import enlarged, shown, to_images, to_masks
from actmax.engine.workers import side_by_side
from actmax.errors import RecipeError
from actmax.networks.network import Network
from actmax.recipe.recipe import ALGORITHM, Recipe
from actmax.recipe.target import Target, parse
from actmax.store.record import Provenance

Progress = Callable[[int], object]
"""Called after each step with the number of image-steps done since the last call."""


@dataclass(frozen=True)
class Drawing:
    """A finished ascent, not yet encoded."""

    recipe: Recipe
    frames: tuple[tuple[int, Image.Image], ...]
    """The picture after 1, 2, 5, 10, 20, 50, … steps, and after the last: RGB, 8 bits, size × size."""
    activations: tuple[float, ...]
    """The score before each step, as the ascent saw it (through its transforms)."""
    wins: tuple[bool, ...] | None
    """Whether the network said the target's class first before each step, in the view that the ascent
    saw; None unless the target is a class."""
    provenance: Provenance
    gradient_magnitude: Image.Image | None = None
    """Grey, 8 bits, size × size: how much each place has moved the activation over the steps, white for the most."""

    @property
    def image(self) -> Image.Image:
        """The finished picture."""
        return self.frames[-1][1]


def frame_steps(steps: int) -> list[int]:
    """1, 2, 5, 10, 20, 50, … up to and including ``steps``."""
    series = (lead * 10**power for power in range(6) for lead in (1, 2, 5))
    return [step for step in series if step < steps] + [steps]


def render(
    recipes: Sequence[Recipe],
    network: Network,
    progress: Progress | None = None,
    batch: int | None = None,
    starts: Mapping[str, Image.Image] = MappingProxyType({}),
) -> Iterator[Drawing]:
    """Draws, and yields each drawing as soon as its batch is finished.

    On the processor each of torch's threads draws a batch of its own. A drawing depends neither on how many they are,
    nor on what is drawn beside it (tests/actmax/engine/test_company.py). On a GPU it is like none that was drawn before
    to the last bit: CUDA adds up the slopes of turned views in the order in which they come.

    Args:
        recipes: any mixture; alike ones are drawn together.
        network: the one that all of them name.
        progress: told of every step.
        batch: images in a batch at most; by default what is fastest for the network.
        starts: the pictures that recipes start from, by their `start`; of any size, their centre is taken.

    Raises:
        RecipeError: a recipe for another network, or a target that the layer does not have, or a picture at the start
            that is not given.
        UnknownNameError: a layer that the network does not have.
    """
    for recipe in recipes:
        if (recipe.network, recipe.weights) != (network.card.name, network.weights):
            raise RecipeError(
                f"The recipe is for {recipe.network} with weights {recipe.weights}, not for {network.card.name} "
                f"with weights {network.weights}."
            )
        if recipe.algorithm != ALGORITHM:
            raise RecipeError(
                f"The recipe is for revision {recipe.algorithm} of the arithmetic, and this version of actmax "
                f"computes revision {ALGORITHM}."
            )
        if recipe.start and recipe.start not in starts:
            raise RecipeError(f"The recipe starts from a picture that is not given: {recipe.start}.")
    if recipes and network.channels != 3:
        raise RecipeError(
            f"{network.card.title} sees images of {network.channels} channels: a recipe draws RGB. Use actmax.ascend."
        )
    device = choose_device()
    on_processor = device.type == "cpu"
    workers = torch.get_num_threads() if on_processor else 1
    batch = batch or (best_size(network.linear_weights()) if on_processor else ON_A_GPU)
    telling = threading.Lock()

    def draw(group: list[Recipe], going_on: Callable[[], None]) -> list[Drawing]:
        def tell(steps: int) -> None:
            going_on()
            if progress:
                with telling:
                    progress(steps)

        with exact():
            return _render_batch(group, network, device, tell, starts)

    for drawings in side_by_side(draw, batches(recipes, batch, workers), workers):
        yield from drawings


def _render_batch(
    recipes: list[Recipe],
    network: Network,
    device: torch.device,
    progress: Progress,
    starts: Mapping[str, Image.Image],
) -> list[Drawing]:
    asked = recipes[0]
    targets = [parse(recipe.target) for recipe in recipes]
    layer = targets[0].layer
    dtype = choose_dtype(asked.precision, device)
    size = (asked.side, asked.side)
    started = time.perf_counter()
    canvas = Canvas(network.channels, *size, network.normalize, network.normalize.inverse, device)
    if asked.facets:
        forward = by_facets(network, layer, recipes, device, dtype)
    else:
        forward = network.submodel([layer], size, device, dtype, asked.relu_leak)
    is_class = layer in network.card.outputs
    objective = of_targets(targets, size)
    if is_class and asked.logsumexp_weight and targets[0].unit is not None:  # as of all in a batch
        objective = logsumexp(objective, layer, asked.logsumexp_weight)
    start = torch.stack([shown(starts[recipe.start], size) for recipe in recipes]) if asked.start else None
    method = composition(asked, network, device, dtype, start)
    param, steps = optimize(method, forward, objective, canvas, [recipe.seed for recipe in recipes], start)
    kept = set(frame_steps(asked.steps))
    frames: dict[int, list[Image.Image]] = {}
    curve: list[Tensor] = []
    winners: list[Tensor] = []
    gradient_magnitude = None
    for count, step in enumerate(steps, 1):
        curve.append(step.activations)
        gradient_magnitude = step.gradient_magnitude
        if is_class:
            winners.append(step.outputs[layer].argmax(1))
        if count in kept:
            frames[count] = enlarged(to_images(param.picture(step.x)), asked.size)
        progress(len(recipes))
    seconds = time.perf_counter() - started
    scores = torch.stack(curve, 1).float().cpu()
    finite(scores)
    activations = scores.tolist()
    said_first = torch.stack(winners, 1).tolist() if winners else []
    masks = [] if gradient_magnitude is None else enlarged(to_masks(gradient_magnitude), asked.size)
    provenance = Provenance(
        device=describe(device),
        precision="bf16" if dtype == torch.bfloat16 else "fp32",
        threads=torch.get_num_threads(),
        batch=len(recipes),
        actmax=version("actmax"),
        torch=torch.__version__,
        torchvision=version("torchvision"),
        pillow=version("pillow"),
        drawn=datetime.now(UTC).replace(microsecond=0),
        seconds=round(seconds / len(recipes), 2),
    )
    return [
        Drawing(
            recipe,
            tuple((count, images[index]) for count, images in frames.items()),
            tuple(activations[index]),
            _wins(targets[index], said_first[index]) if said_first else None,
            provenance,
            masks[index] if masks else None,
        )
        for index, recipe in enumerate(recipes)
    ]


def _wins(target: Target, said_first: Sequence[int]) -> tuple[bool, ...] | None:
    return None if target.unit is None else tuple(index == target.unit for index in said_first)
