"""Recipes -> drawings, in batches, near the hardware's limit."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import Any

import torch
import torchvision
from PIL import Image
from torch import Tensor

from actmax.ascent.gradient import Score, ascend, ascend_adam, step_sizes
from actmax.ascent.params import Parameterization, fourier, generator, pixels
from actmax.ascent.transforms import apply_affine, random_affine
from actmax.engine.device import choose_device, choose_dtype, describe
from actmax.errors import RecipeError
from actmax.networks.network import Network
from actmax.recipe.recipe import Recipe
from actmax.recipe.target import parse, score

BATCH = 8
"""Images in a batch, always: arithmetic may round differently in another shape, and a drawing must
not depend on how many are drawn beside it. Sixteen would be a quarter faster per image on AlexNet
(tests/benchmarks/speed.py), but one drawing, five figures or a last batch pay for the whole shape:
with eight the default site and a single drawing are both done sooner."""

Progress = Callable[[int], object]
"""Called after each step with the number of image-steps done since the last call."""


@dataclass(frozen=True)
class Drawing:
    """A finished ascent, not yet encoded."""

    recipe: Recipe
    image: Image.Image
    """RGB, 8 bits, size × size."""
    frames: tuple[tuple[int, Image.Image], ...]
    """The picture after 1, 2, 5, 10, 20, 50, … steps, and after the last."""
    activations: tuple[float, ...]
    """The score before each step, as the ascent saw it (through its transforms)."""
    wins: tuple[bool, ...] | None
    """Whether the network said the target's class first before each step, in the view that the ascent
    saw; None unless the target is a class."""
    provenance: dict[str, Any]
    """How it came about: nothing in here is part of the drawing's identity."""


def frame_steps(steps: int) -> list[int]:
    """1, 2, 5, 10, 20, 50, … up to and including ``steps``."""
    series = (lead * 10**power for power in range(6) for lead in (1, 2, 5))
    return [step for step in series if step < steps] + [steps]


def batches(recipes: Sequence[Recipe], size: int = BATCH) -> list[list[Recipe]]:
    """Recipes that may share a batch, together, in the order in which they were asked for."""
    alike: dict[tuple[Any, ...], list[Recipe]] = defaultdict(list)
    for recipe in recipes:
        alike[recipe.batch_key()].append(recipe)
    return [group[start : start + size] for group in alike.values() for start in range(0, len(group), size)]


def render(
    recipes: Sequence[Recipe], network: Network, progress: Progress | None = None, batch: int = BATCH
) -> Iterator[Drawing]:
    """Draws, and yields each drawing as soon as its batch is finished.

    Args:
        recipes: any mixture; alike ones are drawn together.
        network: the one that all of them name.
        progress: told of every step.
        batch: images at a time. Another number than the default may change a drawing's last bits.

    Raises:
        RecipeError: a recipe for another network, or a target that the layer does not have.
        UnknownNameError: a layer that the network does not have.
    """
    for recipe in recipes:
        if (recipe.network, recipe.weights) != (network.card.name, network.weights):
            raise RecipeError(
                f"The recipe is for {recipe.network} with weights {recipe.weights}, not for {network.card.name} "
                f"with weights {network.weights}."
            )
    device = choose_device()
    # Of CUDA's ways to multiply, the one that always gives the same: a drawing is not worth a surprise.
    torch.backends.cudnn.deterministic, torch.backends.cudnn.benchmark = True, False
    torch.backends.cudnn.allow_tf32 = torch.backends.cuda.matmul.allow_tf32 = False
    for group in batches(recipes, batch):
        yield from _render_batch(group, network, device, progress, batch)


def _render_batch(
    group: list[Recipe], network: Network, device: torch.device, progress: Progress | None, batch: int
) -> Iterator[Drawing]:
    # A short batch is filled with its last recipe, whose copies are thrown away.
    recipes = group + [group[-1]] * (batch - len(group))
    asked = recipes[0]
    dtype = choose_dtype(asked.precision, device)
    started = time.perf_counter()
    first: list[Tensor] = []
    param, path = _ascent(recipes, network, device, dtype, first)
    kept = set(frame_steps(asked.steps))
    frames: dict[int, list[Image.Image]] = {}
    curve: list[Tensor] = []
    for step, (x, activation) in enumerate(path, 1):
        curve.append(activation)
        if step in kept:
            frames[step] = to_images(param.rgb(x)[: len(group)])
        if progress:
            progress(len(group))
    seconds = time.perf_counter() - started
    activations = torch.stack(curve, 1).float().cpu()
    said = torch.stack(first, 1).tolist() if first else []
    provenance = {
        "device": describe(device),
        "precision": {torch.bfloat16: "bf16", torch.float32: "fp32"}[dtype],
        "torch": torch.__version__,
        "torchvision": torchvision.__version__,
        "drawn": datetime.now(UTC).isoformat(timespec="seconds"),
        "seconds": round(seconds / len(group), 2),
    }
    for index, recipe in enumerate(group):
        strip = tuple((step, images[index]) for step, images in frames.items())
        unit = parse(recipe.target).unit
        wins = tuple(one == unit for one in said[index]) if said and unit is not None else None
        yield Drawing(recipe, strip[-1][1], strip, tuple(activations[index].tolist()), wins, dict(provenance))


def _ascent(
    recipes: list[Recipe], network: Network, device: torch.device, dtype: torch.dtype, first: list[Tensor]
) -> tuple[Parameterization, Iterator[tuple[Tensor, Tensor]]]:
    """What the recipes of one batch optimise, and the ascent itself, step by step.

    Where the target is the network's output, each step adds the classes (B,) that the network says first to ``first``.
    """
    asked = recipes[0]
    targets = [parse(recipe.target) for recipe in recipes]
    # Always the processor's generators: another device would draw other numbers.
    generators = [torch.Generator().manual_seed(recipe.seed) for recipe in recipes]
    if asked.parameterization == "pixels":
        param = pixels(generators, asked.size, asked.start_sd)
    elif asked.parameterization == "generator":
        param = generator(generators, asked.size, asked.start_sd)
    else:
        param = fourier(generators, asked.size, asked.start_sd, asked.decay, asked.decorrelate)
    start = param.start.to(device)
    activations = network.up_to(targets[0].layer, device, dtype)
    says_classes = targets[0].layer in ("logits", network.card.output)

    def h(x: Tensor, maps: Tensor | None = None) -> Tensor:
        image = param.image(x)
        answer = activations(image if maps is None else apply_affine(maps, image))
        if says_classes:
            first.append(answer.detach().argmax(1))
        return score(targets, answer)

    if asked.jitter or asked.scale or asked.rotate:
        every = (asked.steps, asked.size, asked.jitter, asked.scale, asked.rotate)
        maps = torch.stack([random_affine(generator, *every) for generator in generators], 1).to(device)
        views: list[Score] = [partial(h, maps=one) for one in maps]  # maps: (steps, B, 2, 3)
    else:
        views = [h] * asked.steps
    if asked.optimizer == "adam":
        return param, ascend_adam(views, start, step_sizes(asked.step_size, asked.steps, asked.anneal))
    return param, ascend(h, start, asked.step_size, asked.steps)


def to_images(rgb: Tensor) -> list[Image.Image]:
    """RGB (B, 3, H, W) -> B pictures of 8 bits, values outside [0, 1] clipped."""
    pixels = (rgb.detach().clamp(0, 1) * 255).round().to(torch.uint8).permute(0, 2, 3, 1).cpu().numpy()
    return [Image.fromarray(one) for one in pixels]
