"""Ascent by hand: any objective, parameterization, transforms, penalties and optimizer, on any network."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import torch
from PIL import Image
from torch import Tensor

from actmax.ascent.constraints import Constraint
from actmax.ascent.objectives import Objective, of_targets
from actmax.ascent.optimize import Method, finite, optimize, to_values
from actmax.ascent.optimizers import Optimizer, adam
from actmax.ascent.params import Canvas, Params, fourier
from actmax.ascent.penalties import Penalty
from actmax.ascent.transforms import Transform
from actmax.engine.device import choose_device, choose_dtype, exact
from actmax.engine.pictures import shown, to_masks
from actmax.errors import RecipeError, UnknownNameError, did_you_mean, quoted
from actmax.networks.cards import LOGITS
from actmax.networks.network import Network
from actmax.recipe.target import parse


@dataclass(frozen=True)
class Picture:
    """What an ascent has drawn."""

    values: Tensor
    """(C, H, W), uint8."""
    activations: tuple[float, ...]
    """The objective before each step, penalties aside, as the ascent saw it (through its transforms)."""
    gradient_magnitude: Image.Image | None = None
    """Grey: how much each place has moved the objective over the steps, white for the most."""

    @property
    def image(self) -> Image.Image:
        """The picture of one channel as grey, of three as RGB.

        Raises:
            RecipeError: it has another number of channels; take ``values``.
        """
        channels = len(self.values)
        if channels not in (1, 3):
            raise RecipeError(f"No picture file shows {channels} channels: take the numbers in `values`.")
        pixels = self.values.permute(1, 2, 0).contiguous().numpy()
        return Image.fromarray(pixels[..., 0] if channels == 1 else pixels)


def ascend(
    network: Network,
    objective: str | Objective,
    *,
    params: Params | None = None,
    transforms: Sequence[Transform] = (),
    penalties: Sequence[tuple[float, Penalty]] = (),
    relative_penalties: Sequence[tuple[float, Penalty]] = (),
    absolute_penalties: Sequence[tuple[float, Penalty]] = (),
    constraints: Sequence[Constraint] = (),
    normalize_gradient: bool = False,
    gradient_blur: float = 0.0,
    gradient_window: float = 0.0,
    relu_leak: float = 0.0,
    optimizer: Optimizer | None = None,
    start: Image.Image | None = None,
    steps: int = 64,
    seed: int = 0,
    size: int | tuple[int, int] | None = None,
    precision: str = "auto",
    progress: Callable[[int], object] | None = None,
) -> Picture:
    """Draws what excites a network, by a method of one's own.

    Args:
        network: from :func:`actmax.load` or :func:`actmax.wrap`.
        objective: a class by its label (``zebra``), a target as text (:mod:`actmax.recipe.target`), or a function of
            the layers' outputs by name, such as ``lambda a: a["conv5"][:, 12].mean((1, 2))``: (B, …) -> (B,). It may
            use several layers.
        params: what moves; by default the picture's waves.
        transforms: how the network sees the picture at each step.
        penalties: what is subtracted from the objective: (weight, penalty of the picture in [0, 1]).
        balanced: the same, with weights that are parts of the steepness of the objective's own slope, and so fit
            every network.
        pulls: the same, whose own slope counts, against an objective's with 1 for the mean size of its numbers.
        constraints: what is done to what moves after each step.
        unit_slope: whether the objective's slope has that size also without such penalties.
        slope_blur: deviation in pixels of a blur of the objective's slope.
        centre: width of the middle, where the objective's slope counts most: the deviation of a Gaussian, in halves of
            the picture's height and width; 0: it counts alike everywhere.
        leak: what part of the slope passes back through a ReLU that is off, from 0, the gradient itself, to 1. ReLUs
            that a network calls as functions keep their own slope.
        optimizer: how it moves; by default Adam with a rate of 0.05.
        start: a picture to start from, of any size; its centre is taken. By default noise.
        steps: how often.
        seed: of the noise at the start and of the transforms.
        size: height and width of the picture, or a number for both; by default the network's own.
        precision: ``auto``, ``fp32`` or ``bf16``, as in a recipe.
        progress: called with 1 after each step.

    Raises:
        UnknownNameError: the objective asks for a layer that the network does not have; the nearest are named.
        RecipeError: the objective is no target, or returns no score; the network cannot be shown such a picture; or the
            ascent leaves the finite numbers.
    """
    if steps < 1:
        raise RecipeError(f"steps must be at least 1, not {steps}.")
    if not 0 <= relu_leak <= 1:
        raise RecipeError(f"relu_leak must be from 0 to 1, not {relu_leak}.")
    if gradient_window < 0:
        raise RecipeError(f"gradient_window must be at least 0, not {gradient_window}.")
    if gradient_blur < 0:
        raise RecipeError(f"gradient_blur must be at least 0, not {gradient_blur}.")
    height, width = network.size if size is None else (size, size) if isinstance(size, int) else size
    device = choose_device()
    dtype = choose_dtype(precision, device)
    names, maximised = _layers(network, objective, (height, width))
    composition = Method(
        params=params or fourier(decorrelate=network.channels == 3),
        optimizer=optimizer or adam(0.05),
        steps=steps,
        transforms=transforms,
        penalties=penalties,
        relative_penalties=relative_penalties,
        absolute_penalties=absolute_penalties,
        constraints=constraints,
        normalize_gradient=normalize_gradient,
        gradient_blur=gradient_blur,
        gradient_window=gradient_window,
    )
    canvas = Canvas(network.channels, height, width, network.normalize, network.normalize.inverse, device)
    with exact():
        forward = network.submodel(names, (height, width), device, dtype, relu_leak)
        first = None if start is None else shown(start, (height, width), network.channels)[None]
        param, path = optimize(composition, forward, maximised, canvas, [seed], first)
        curve = []
        gradient_magnitude = None
        x = param.start
        for step in path:
            x, gradient_magnitude = step.x, step.gradient_magnitude
            curve.append(step.activations)
            if progress:
                progress(1)
        scores = torch.cat(curve).float().cpu()
        finite(scores[None])
        values = to_values(param.picture(x))[0]
    return Picture(
        values, tuple(scores.tolist()), None if gradient_magnitude is None else to_masks(gradient_magnitude)[0]
    )


def _layers(network: Network, objective: str | Objective, size: tuple[int, int]) -> tuple[list[str], Objective]:
    """The names of the layers that an objective needs, and the objective as a function."""
    if isinstance(objective, str):
        if objective in network.labels:
            objective = f"{LOGITS}:{network.labels.index(objective)}"
        target = parse(objective)
        return [target.layer], of_targets([target], size)
    outputs = _Recorder(network, network.trace(size))
    objective(outputs)
    if not outputs.asked:
        raise RecipeError("The objective looks at no layer: it must be a function of the outputs that it is given.")
    return outputs.asked, objective


class _Recorder(Mapping[str, Tensor]):
    """The outputs of all layers; notes which are looked at."""

    def __init__(self, network: Network, outputs: Mapping[str, Tensor]) -> None:
        self.network = network
        self.outputs = outputs
        self.asked: list[str] = []

    def __getitem__(self, name: str) -> Tensor:
        if name not in self.outputs:
            names = self.network.layers()
            if name in names:
                raise RecipeError(
                    f"{self.network.card.title} returns no tensor at its layer {name!r} for such a picture."
                )
            raise UnknownNameError(
                f"{self.network.card.title} has no layer {quoted(name)}. {did_you_mean(str(name), names)}"
            )
        if name not in self.asked:
            self.asked.append(name)
        return self.outputs[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self.outputs)

    def __len__(self) -> int:
        return len(self.outputs)
