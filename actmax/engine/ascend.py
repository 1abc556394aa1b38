"""Optimize images by hand: any objective, by a named method or one's own, on any network."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from PIL import Image
from torch import Tensor

from actmax.ascent.arguments import checked
from actmax.ascent.checks import pair, takes, whole, wholes
from actmax.ascent.objectives import ObjectiveFunction, Outputs, channels_first, direction, in_single, of_target
from actmax.ascent.optimize import Method, Step, check_finite
from actmax.engine.device import choose_device, exact
from actmax.engine.methods import method as named_method
from actmax.engine.pictures import fit, to_images, to_masks
from actmax.engine.run import run
from actmax.errors import RecipeError, UnknownNameError, did_you_mean, quoted
from actmax.networks.cards import LOGITS
from actmax.networks.class_set import class_set
from actmax.networks.layers import misnamed
from actmax.networks.network import Network
from actmax.networks.weights import Source
from actmax.pictures import MAX_PIXELS, read_rgb
from actmax.recipe.methods import DEFAULT
from actmax.recipe.misplaced import placed
from actmax.recipe.named import read_target
from actmax.recipe.recipe import Recipe
from actmax.recipe.target import Target, parse

AnyObjective = str | int | ObjectiveFunction
Start = Image.Image | str | Path | Tensor
SEEDS = -(2**63), 2**64 - 1
"""The least and the largest seed of torch's generators."""
ROUNDING = 1e-3
"""By how much the values of a start may miss 0…1."""


@dataclass(frozen=True)
class Result:
    """The images of an optimization, B of them."""

    values: Tensor
    """(B, C, H, W) in [0, 1], float32, on the processor."""
    parameters: Tensor
    """(B, …): the image parameters after the last step, on the device."""
    activations: Tensor
    """(B, steps): the objective before each step, without penalties, of the view that the step saw."""
    frames: Mapping[int, list[Image.Image]]
    """The images after the requested steps, by the number of the step."""
    gradient_magnitude: Tensor
    """(B, H, W): the sum over the steps of the gradient's magnitude at each pixel, each step normalized."""

    @property
    def images(self) -> list[Image.Image]:
        """The images: gray with one channel, RGB with three.

        Raises:
            RecipeError: there is another number of channels.
        """
        return to_images(self.values)

    @property
    def image(self) -> Image.Image:
        """The first image."""
        return to_images(self.values[:1])[0]

    @property
    def masks(self) -> list[Image.Image]:
        """Gray images of where the gradient was: transparency masks, white for the largest tenth of the magnitude."""
        return to_masks(self.gradient_magnitude)


@placed
def ascend(
    network: Network,
    objective: AnyObjective | Sequence[AnyObjective],
    method: Method | str | None = None,
    *,
    n: int = 1,
    seeds: Sequence[int] | None = None,
    start: Start | Sequence[Start] | None = None,
    size: int | tuple[int, int] | None = None,
    device: str | torch.device | None = None,
    callback: Callable[[Step], object] | None = None,
    frames: Iterable[int] = (),
) -> Result:
    """Optimize images that maximize an objective.

    Args:
        network: from :func:`actmax.load` or :func:`actmax.wrap`.
        objective: a class by its name, index or WNID (``zebra``, as :func:`actmax.resolve_class` takes it, or one of
            the network's own labels), a target (``conv5:12``, see :mod:`actmax.recipe.target`), a sum (``zebra +
            0.5*tiger``), one of :mod:`actmax.objectives`, or a function of the layers' outputs by name, (B, …) each ->
            (B,). A sequence of objectives is optimized side by side, with an image for each.
        method: a :class:`actmax.Method`, or the name of one; by default ``smooth``.
        n: how many images of each objective; their seeds are 0, 1, ….
        seeds: instead of ``n``, a seed for each image of an objective: of its initial noise and its transforms.
        start: instead of noise, an image, a file, or a tensor (C, H, W) in [0, 1], or of uint8 in 0…255; or one for
            each of all images. An image of another size is cropped to its center.
        size: height and width of the images, or a number for both; by default the network's own.
        device: of torch; by default a GPU if there is one, else the processor (``ACTMAX_DEVICE`` overrides).
        callback: called with the state after each step; stops the optimization by returning True.
        frames: numbers of steps, from 1, after which the images are kept.

    Returns:
        The images: for each objective, in its order, one for each seed.

    >>> import actmax
    >>> network = actmax.load("compact")
    >>> result = actmax.ascend(network, "zebra", actmax.method("robust", steps=4), n=2, size=64)
    >>> result.values.shape, result.activations.shape
    (torch.Size([2, 3, 64, 64]), torch.Size([2, 4]))

    Raises:
        UnknownNameError: there is no such method, the objective names a layer that the network does not have or a word
            that is no class or means several, or an argument belongs to the method.
        RecipeError: the objective is no target or returns no score, the parts do not fit together or the network, or
            values become infinite or NaN.
        PictureError: a file at the start cannot be read as an image.
    """
    _check_network(network)
    chosen = _method(method)
    shape = _shape(network, size)
    each = list(range(whole("n", n))) if seeds is None else wholes("seeds", seeds, *SEEDS)
    functions: Sequence[Any] = objective if isinstance(objective, list | tuple) else [objective]
    if not each or not functions:
        raise RecipeError("There is nothing to optimize: at least one objective and one seed are needed.")
    count = len(functions) * len(each)
    wanted = frozenset(wholes("frames", frames, 1, chosen.steps))
    if callback is not None and not (callable(callback) and takes(callback, 1, unknown=True)):
        raise RecipeError(f"callback is a function that is given the state after each step, not {quoted(callback)}.")
    computed_on = choose_device(device)
    with exact():
        layers, score, targets = _resolve(network, functions, len(each), shape)
        steps, _ = run(
            network, chosen, layers, score, each * len(functions), shape, computed_on, targets,
            _starts(start, count, shape, network.channels),
        )  # fmt: skip
        curve: list[Tensor] = []
        kept: dict[int, list[Image.Image]] = {}
        for step in steps:
            curve.append(step.activations)
            if step.number in wanted:
                kept[step.number] = to_images(step.images)
            if callback and callback(step) is True:
                break
        activations = torch.stack(curve, 1).float().cpu()
        images = step.images
        check_finite(activations, images)
    magnitude = step.gradient_magnitude
    return Result(
        images.float().clamp(0, 1).cpu(),
        step.parameters.detach().clone(),
        activations,
        kept,
        torch.zeros(count, *shape) if magnitude is None else magnitude.float().cpu(),
    )


def _check_network(network: object) -> None:
    if isinstance(network, Network):
        return
    if isinstance(network, str | Source):
        raise RecipeError(f"{quoted(network)} is not loaded yet: give actmax.load({quoted(network)}).")
    if isinstance(network, torch.nn.Module):
        raise RecipeError(f"A module has to be wrapped first: actmax.wrap(module, size=…), a {type(network).__name__}.")
    raise RecipeError(f"A network comes from actmax.load or actmax.wrap, and is not {quoted(network)}.")


def _method(method: object) -> Method:
    if isinstance(method, Method):
        return method
    if method is None or isinstance(method, str):
        return named_method(method or DEFAULT)
    if isinstance(method, Recipe):
        raise RecipeError("A recipe is drawn by actmax.render_files; a method is actmax.method(name, …).")
    raise RecipeError(f"A method is actmax.method(name, …), actmax.Method(…) or a name, not {quoted(method)}.")


def _shape(network: Network, size: object) -> tuple[int, int]:
    if size is None:
        return network.size
    sides = size if isinstance(size, tuple | list) else (size, size)
    height, width = pair("size", sides, "a whole number of pixels, or two of them (height, width)", 1)
    if height * width > MAX_PIXELS:
        raise RecipeError(f"size must be at most {MAX_PIXELS} pixels in all, not {quoted(height)} × {quoted(width)}.")
    return height, width


def _starts(start: Any, count: int, size: tuple[int, int], channels: int) -> Tensor | None:
    if start is None:
        return None
    several = list(start) if isinstance(start, list | tuple) or getattr(start, "ndim", 0) == 4 else [start] * count
    if len(several) != count:
        raise RecipeError(f"There are {len(several)} images to start from for {count} to be optimized.")
    return torch.stack([_start(given, size, channels) for given in several])


def _start(start: object, size: tuple[int, int], channels: int) -> Tensor:
    if isinstance(start, Tensor):
        if start.shape != (channels, *size):
            raise RecipeError(f"A start must have the shape {(channels, *size)}, not {tuple(start.shape)}.")
        values = start.detach().float().cpu() / (255 if start.dtype == torch.uint8 else 1)
        low, high = values.min().item(), values.max().item()
        if not -ROUNDING <= low <= high <= 1 + ROUNDING:
            raise RecipeError(
                f"The values of a start must be in 0…1, or of uint8 in 0…255, not in {low:.4g}…{high:.4g} "
                f"({str(start.dtype).removeprefix('torch.')}). Scale or clamp them."
            )
        return values
    if isinstance(start, str | Path):
        start = read_rgb(Path(start))
    if not isinstance(start, Image.Image):
        raise RecipeError(f"A start is an image, a file or a tensor, not {quoted(start)}.")
    return fit(start, size, channels)


def _resolve(
    network: Network, objectives: Sequence[object], images: int, size: tuple[int, int]
) -> tuple[list[str], ObjectiveFunction, list[Target]]:
    """Return the layers that objectives need, their joint score, and their targets where all of them are text."""
    functions: list[ObjectiveFunction] = []
    targets: list[Target] = []
    layers: dict[str, None] = {}
    recorder: _Recorder | None = None
    for objective in objectives:
        if isinstance(objective, str | int) and not isinstance(objective, bool):
            target = _target(network, objective)
            targets += [target] * images
            layers[target.layer] = None
            functions.append(of_target(target))
        elif callable(objective) and takes(objective, 1, unknown=True):
            recorder = recorder or _Recorder(network, size)
            function = in_single(objective)
            function(recorder)
            functions.append(function)
        else:
            raise RecipeError(
                "An objective is a class, a target such as 'logits:3' or a function of the layers' outputs, not "
                f"{quoted(objective)}."
            )
    if recorder:
        layers |= recorder.requested
    if not layers:
        raise RecipeError("The objective uses no layer: it must be a function of the outputs that it is given.")
    if len(functions) == 1:
        return list(layers), functions[0], targets

    def score(outputs: Mapping[str, Tensor]) -> Tensor:
        parts = [slice(first, first + images) for first in range(0, len(functions) * images, images)]
        return torch.cat(
            [
                function(Outputs(outputs, size, part, network.channel_axis))
                for function, part in zip(functions, parts, strict=True)
            ]
        )

    return list(layers), score, targets if len(targets) == len(functions) * images else []


def _target(network: Network, text: str | int) -> Target:
    """Return a target of a network that is given as text, or by the index of its class."""
    if network.labels:
        return read_target(text, class_set(network.labels), LOGITS, network.layers())
    if isinstance(text, int):
        return parse(f"{LOGITS}:{text}")
    if text.strip().isalpha() and text.strip() not in network.layers():
        raise UnknownNameError(
            f"{network.card.title} has no layer {quoted(text)}, and no labels by which classes could be named: give "
            "actmax.wrap the argument labels=[…]."
        )
    try:
        return parse(text)
    except RecipeError as error:
        raise RecipeError(misnamed(text, network.layers()) or str(error)) from None


class _Recorder(Outputs):
    """The outputs of all layers for a black image; notes which are used."""

    def __init__(self, network: Network, size: tuple[int, int]) -> None:
        super().__init__(network.trace(size), size, axis=network.channel_axis)
        self.network = network
        self.requested: dict[str, None] = {}

    def __getitem__(self, name: str) -> Tensor:
        if name not in self.outputs:
            names = self.network.layers()
            if name in names:
                raise RecipeError(
                    f"{self.network.card.title} returns no tensor at its layer {name!r} for such an image."
                )
            raise UnknownNameError(
                f"{self.network.card.title} has no layer {quoted(name)}. {did_you_mean(str(name), names)}"
            )
        self.requested[name] = None
        return self.outputs[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self.outputs)


@placed
@checked(cells=(1, math.inf), size=(1, math.inf))
def grid(
    network: Network,
    image: Start,
    layer: str,
    method: Method | str | None = None,
    *,
    cells: int = 6,
    size: int = 64,
    device: str | torch.device | None = None,
) -> Image.Image:
    """Draw an activation grid: for each position of a layer, an image of what its activations of a picture stand for.

    Each image maximizes the dot product with the activations at one position (Olah et al. 2018, "The Building Blocks of
    Interpretability").

    Args:
        network: from :func:`actmax.load` or :func:`actmax.wrap`.
        image: the picture, as the start of :func:`ascend`; a tensor has the network's size.
        layer: by name; its map is averaged to at most ``cells`` × ``cells`` positions.
        method: as for :func:`ascend`.
        cells: number of rows and columns at most.
        size: height and width of each image.
        device: of torch.

    >>> import actmax
    >>> from PIL import Image
    >>> gray = Image.new("RGB", (64, 64), "gray")
    >>> network = actmax.load("compact")
    >>> actmax.grid(network, gray, "conv5", actmax.method(steps=1), cells=2, size=64).size
    (128, 128)

    Raises:
        RecipeError: the layer has no map.
    """
    _check_network(network)
    picture = _start(image, network.size, network.channels)[None]
    with exact():
        output = network.submodel([layer], network.size)(network.normalize(picture))[layer]
    maps = channels_first(layer, output.detach().float(), network.size, network.channel_axis(layer))
    if maps.ndim != 4:
        raise RecipeError(f"{layer} has no map: there is no position to draw.")
    rows, columns = (min(side, cells) for side in maps.shape[2:])
    vectors = torch.nn.functional.adaptive_avg_pool2d(maps, (rows, columns))[0].flatten(1).T
    sheet: Image.Image | None = None
    for row in range(rows):
        objectives = [direction(layer, vector) for vector in vectors[row * columns : (row + 1) * columns]]
        for column, tile in enumerate(ascend(network, objectives, method, size=size, device=device).images):
            sheet = sheet or Image.new(tile.mode, (columns * size, rows * size))
            sheet.paste(tile, (column * size, row * size))
    assert sheet is not None  # noqa: S101 - a map has positions
    return sheet
