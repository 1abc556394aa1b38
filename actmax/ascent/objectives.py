"""Objectives: from the outputs of layers to a score for each image.

Scores are taken before the softmax: a probability can also rise by pushing all other classes down (Simonyan et al.
2013, section 2). Objectives can be added, subtracted and multiplied by numbers; any function of the outputs is one,
too.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from numbers import Real
from typing import Any, cast

import numpy as np
import torch
from numpy.typing import ArrayLike
from torch import Tensor
from torch.nn import functional

from actmax.ascent.arguments import checked
from actmax.ascent.checks import takes
from actmax.errors import RecipeError, quoted
from actmax.networks.cards import LOGITS
from actmax.recipe.target import Target

__all__ = [
    "alignment",
    "channel",
    "cosine",
    "direction",
    "diversity",
    "layer",
    "logit",
    "sorted_activations",
    "unit",
]


def __dir__() -> list[str]:
    return __all__


ObjectiveFunction = Callable[[Mapping[str, Tensor]], Tensor]
"""The outputs of layers by name, (B, …) each -> (B,), float32."""
ChannelAxis = Callable[[str], int | None]
"""The name of a layer -> the axis of the channels in its output: 1, -1, or None if unknown."""


class Outputs(Mapping[str, Tensor]):
    """The outputs of layers by name, of all images of a batch or of some.

    Args:
        outputs: (B, …) each.
        size: height and width of the images, by which a channels-last map is recognized.
        images: which images of the batch; None for all.
        axis: the channels' axis in the output of a layer, where it is known (``Network.channel_axis``).
    """

    def __init__(
        self,
        outputs: Mapping[str, Tensor],
        size: tuple[int, int] | None = None,
        images: slice | None = None,
        axis: ChannelAxis | None = None,
    ) -> None:
        self.outputs, self.size, self.images, self.axis = outputs, size, images, axis

    def __getitem__(self, name: str) -> Tensor:
        output = self.outputs[name]
        return output if self.images is None else output[self.images]

    def __iter__(self) -> Iterator[str]:
        return iter(self.outputs)

    def __len__(self) -> int:
        return len(self.outputs)


class _Single(Outputs):
    """The same outputs, those of half precision as float32."""

    def __init__(self, outputs: Mapping[str, Tensor]) -> None:
        super().__init__(outputs, getattr(outputs, "size", None), axis=getattr(outputs, "axis", None))

    def __getitem__(self, name: str) -> Tensor:
        output = self.outputs[name]
        return output.float() if output.dtype in (torch.bfloat16, torch.float16) else output


def in_single(function: ObjectiveFunction) -> ObjectiveFunction:
    """Return a function that gets its outputs as float32, whatever the network computes in, so that it may combine them
    with tensors of its own. Those of this module are returned as they are."""
    return function if isinstance(function, Objective) else lambda outputs: function(_Single(outputs))


@dataclass(frozen=True)
class Objective:
    """A score for each image, to be maximized.

    >>> both = Objective(lambda outputs: outputs["a"]) - 2 * Objective(lambda outputs: outputs["b"])
    >>> both({"a": torch.tensor([5.0]), "b": torch.tensor([1.0])}).tolist()
    [3.0]
    """

    function: ObjectiveFunction

    def __call__(self, outputs: Mapping[str, Tensor]) -> Tensor:
        """Return the score (B,) for the outputs of layers."""
        return self.function(outputs)

    def __add__(self, other: ObjectiveFunction | float) -> Objective:
        more = _term(other)
        return Objective(lambda outputs: self(outputs) + more(outputs))

    __radd__ = __add__

    def __mul__(self, factor: float) -> Objective:
        _check_number("multiplied", factor)
        return Objective(lambda outputs: self(outputs) * factor)

    __rmul__ = __mul__

    def __truediv__(self, divisor: float) -> Objective:
        _check_number("divided", divisor)
        if isinstance(divisor, Real) and not divisor:
            raise RecipeError("An objective cannot be divided by 0.")
        return self * (1 / divisor)

    def __neg__(self) -> Objective:
        return self * -1

    def __sub__(self, other: ObjectiveFunction | float) -> Objective:
        return self + -Objective(_term(other))

    def __rsub__(self, other: ObjectiveFunction | float) -> Objective:
        return -self + other


def _term(other: Any) -> ObjectiveFunction:
    if callable(other) and takes(other, 1, unknown=True):
        return in_single(other)
    if not isinstance(other, Real | Tensor):
        raise RecipeError(
            f"An objective can be added to another or to a number, not to {quoted(other)}. A target of several layers "
            "is a sum of such as actmax.objectives.channel(layer, index)."
        )
    return lambda _: cast("Tensor", other)


def _check_number(what: str, value: object) -> None:
    if not isinstance(value, Real | Tensor):
        raise RecipeError(f"An objective can be {what} by a number, not by {quoted(value)}.")


# By name.


@checked(channel=(0, math.inf))
def channel(layer: str, channel: int) -> Objective:
    """Maximize a channel: the mean of its activation over space, or over tokens.

    Args:
        layer: its name.
        channel: from 0.

    >>> maps = torch.tensor([[[[1.0, 3.0]]]])
    >>> channel("conv1", 0)({"conv1": maps}).tolist()
    [2.0]
    """
    return of_target(Target(layer, ((int(channel), 1.0),)))


@checked(channel=(0, math.inf))
def unit(layer: str, channel: int, position: tuple[int, int] | None = None) -> Objective:
    """Maximize a unit: the activation of a channel at one position.

    Args:
        layer: its name.
        channel: from 0.
        position: row and column; by default the center.

    >>> maps = torch.tensor([[[[1.0, 3.0]]]])
    >>> unit("conv1", 0, (0, 1))({"conv1": maps}).tolist()
    [3.0]
    """
    where = "center" if position is None else (int(position[0]), int(position[1]))
    return of_target(Target(layer, ((int(channel), 1.0),), where))


@checked(index=(0, math.inf))
def logit(index: int) -> Objective:
    """Maximize the logit of a class.

    Args:
        index: of the class.

    >>> logit(1)({"logits": torch.tensor([[1.0, 3.0]])}).tolist()
    [3.0]
    """
    return channel(LOGITS, index)


@checked()
def layer(layer: str) -> Objective:
    """Maximize a whole layer: the mean of its squared activations (DeepDream; Mordvintsev et al. 2015).

    Args:
        layer: its name.

    >>> layer("conv1")({"conv1": torch.tensor([[[[1.0, 3.0]]]])}).tolist()
    [5.0]
    """
    return of_target(Target(layer))


@checked()
def direction(layer: str, vector: Tensor | ArrayLike, cosine_power: float = 0.0) -> Objective:
    """Maximize the dot product of a layer's activations with a vector.

    Args:
        layer: its name.
        vector: of shape (C,), with which every position is compared, or (C, H, W), with which the whole map is; the
            mean over positions is taken. A tensor, an array or a list.
        cosine_power: by what power of the cosine, at least 0.1, the product is multiplied, so that the direction counts
            more than the length (Olah et al. 2018, "The Building Blocks of Interpretability", appendix).

    >>> maps = torch.tensor([[[[1.0, 3.0]], [[0.0, 1.0]]]])
    >>> direction("conv1", torch.tensor([1.0, 2.0]))({"conv1": maps}).tolist()
    [3.0]
    """
    vector = _vector(vector)

    def score(outputs: Mapping[str, Tensor]) -> Tensor:
        values, wanted = _with_vector(layer, outputs, vector)
        products = (values * wanted).sum(1)
        if cosine_power:
            cosines = functional.cosine_similarity(values, wanted.expand_as(values), 1)
            products = products * cosines.clamp_min(0.1).pow(cosine_power)
        return products.reshape(len(products), -1).mean(1)

    return Objective(score)


@checked()
def cosine(layer: str, vector: Tensor | ArrayLike) -> Objective:
    """Maximize the cosine between a layer's activations and a vector.

    Args:
        layer: its name.
        vector: of shape (C,), with which every position is compared and the mean is taken, or (C, H, W), with which the
            whole map is compared. A tensor, an array or a list.

    >>> maps = torch.tensor([[[[3.0]], [[4.0]]]])
    >>> round(cosine("conv1", torch.tensor([1.0, 0.0]))({"conv1": maps}).item(), 3)
    0.6
    """
    vector = _vector(vector)

    def score(outputs: Mapping[str, Tensor]) -> Tensor:
        values, wanted = _with_vector(layer, outputs, vector)
        if vector.ndim > 1:
            values, wanted = values.flatten(1), wanted.flatten(1)
        cosines = functional.cosine_similarity(values, wanted.expand_as(values), 1)
        return cosines.reshape(len(cosines), -1).mean(1)

    return Objective(score)


def _vector(values: Tensor | ArrayLike) -> Tensor:
    """Return a tensor, an array or a sequence of numbers as a tensor."""
    try:
        vector = values if isinstance(values, Tensor) else torch.from_numpy(np.array(values, np.float32))
    except (TypeError, ValueError):
        vector = torch.zeros(())
    if not vector.ndim:
        raise RecipeError(f"vector must be a tensor, an array or a list of numbers, not {quoted(values)}.")
    return vector


def _with_vector(layer: str, outputs: Mapping[str, Tensor], vector: Tensor) -> tuple[Tensor, Tensor]:
    """Return a layer's output as float32, and a vector in its shape, (1, C, …)."""
    values = _channels_first(layer, outputs).float()
    # A copy: tensors from within `torch.inference_mode` take no part in a graph.
    wanted = vector.detach().clone().to(values.device, torch.float32)
    shape = wanted.shape if wanted.ndim > 1 else (len(wanted), *[1] * (values.ndim - 2))
    if wanted.ndim not in (1, values.ndim - 1) or any(
        have not in (1, need) for have, need in zip(shape, values.shape[1:], strict=True)
    ):
        raise RecipeError(
            f"{layer} has activations of shape {tuple(values.shape[1:])} here: a vector of shape "
            f"{tuple(vector.shape)} is no direction among them."
        )
    return values, wanted.view(1, *shape)


@checked()
def diversity(layer: str) -> Objective:
    """Reward images of a batch that differ: minus the mean cosine between their layers' Gram matrices.

    It compares the images with each other, so that their drawings depend on their batch (Olah et al. 2017,
    "Diversity"). The score of a single image is 0.

    Args:
        layer: its name.

    >>> maps = torch.eye(2).view(2, 2, 1, 1)
    >>> diversity("conv1")({"conv1": maps}).tolist()
    [-0.0, -0.0]
    """

    def score(outputs: Mapping[str, Tensor]) -> Tensor:
        values = _channels_first(layer, outputs).float()
        maps = values.reshape(*values.shape[:2], -1)
        grams = functional.normalize((maps @ maps.mT).flatten(1), dim=1)
        others = max(len(grams) - 1, 1)
        cosines = grams @ grams.mT
        return -(cosines.sum(1) - cosines.diagonal()) / others

    return Objective(score)


@checked()
def alignment(layer: str, decay: float = 2.0) -> Objective:
    """Reward images that resemble their neighbors in the batch: minus the distance of their activations.

    For sequences, such as an interpolation between two objectives (lucid's `alignment`).

    Args:
        layer: its name.
        decay: by what factor a pair's weight falls with each image between them.

    >>> alignment("conv1")({"conv1": torch.tensor([[1.0], [3.0]])}).tolist()
    [-4.0, -4.0]
    """

    def score(outputs: Mapping[str, Tensor]) -> Tensor:
        values = outputs[layer].float().flatten(1)
        distances = (values[:, None] - values[None]).square().mean(2)
        order = torch.arange(len(values), device=values.device)
        weights = decay ** (1.0 - (order[:, None] - order).abs())
        return -(distances * weights).sum(1)

    return Objective(score)


@checked(quantiles=(1, math.inf))
def sorted_activations(photographs: Mapping[str, Tensor], quantiles: int = 32) -> Objective:
    """Reward images whose channels have the same distribution of activations as for photographs, such as those of a
    class: minus the mean squared difference of the sorted activations (Görgün, Schiele & Fischer 2025, "VITAL").

    The activations of each channel are sorted over the positions of its map, and the mean of the sorted vectors is
    taken over the photographs. The score is 0 for an image whose sorted activations are that mean.

    Differs: the sorted vectors are compared by the means of some equal parts of them; and each layer's difference is
    divided by its mean square for the photographs, so that no layer outweighs another, where the authors' code adds up
    the layers with weights for each network. Theirs adds penalties on total variation and L2 norm for some networks
    (:mod:`actmax.penalties`).

    Args:
        photographs: the outputs of layers for photographs, by name, (P, C, H, W) each; such as
            ``net.submodel(layers, net.size)(net.normalize(images))`` for images (P, 3, H, W) in [0, 1]. Theirs are
            those of 50 photographs in five layers, from the first to the last of the convolutions.
        quantiles: how many parts.

    >>> own = {"conv1": torch.rand(1, 3, 8, 8)}
    >>> sorted_activations(own)(own).tolist()
    [-0.0]

    Raises:
        RecipeError: there is no layer, or a layer has other channels for the image.
    """
    if not photographs or not all(isinstance(output, Tensor) for output in photographs.values()):
        raise RecipeError(
            "sorted_activations compares the outputs of layers for photographs: these are tensors by name, not "
            f"{quoted(photographs)}."
        )
    wanted = {name: _sorted(name, photographs, quantiles).mean(0).detach() for name in photographs}

    def score(outputs: Mapping[str, Tensor]) -> Tensor:
        differences = []
        for name, mean in wanted.items():
            found = _sorted(name, outputs, quantiles)
            if found.shape[1:] != mean.shape:
                raise RecipeError(
                    f"{name} has {found.shape[1]} channels for the image, and {len(mean)} for photographs."
                )
            mean = mean.to(found.device)
            differences.append((found - mean).square().mean((1, 2)) / mean.square().mean().clamp_min(1e-12))
        return -torch.stack(differences).sum(0)

    return Objective(score)


def _sorted(layer: str, outputs: Mapping[str, Tensor], quantiles: int) -> Tensor:
    """Return the means of equal parts of each channel's sorted activations, (B, C, quantiles)."""
    values = _channels_first(layer, outputs).float()
    return functional.adaptive_avg_pool1d(values.reshape(*values.shape[:2], -1).sort(2).values, quantiles)


# From targets.


def of_target(target: Target) -> Objective:
    """Return the objective that a target names, the same for all images."""

    def objective(outputs: Mapping[str, Tensor]) -> Tensor:
        output = _output(target, outputs)
        return score([target] * len(output), output)

    return Objective(objective)


def of_targets(targets: Sequence[Target]) -> ObjectiveFunction:
    """Return the objective that targets name.

    Args:
        targets: one for each image of the batch, all of the same layer and position.
    """
    return lambda outputs: score(targets, _output(targets[0], outputs))


def _output(target: Target, outputs: Mapping[str, Tensor]) -> Tensor:
    # A layer as a whole needs no channels.
    return _channels_first(target.layer, outputs) if target.channels else outputs[target.layer]


def _channels_first(layer: str, outputs: Mapping[str, Tensor]) -> Tensor:
    axis: ChannelAxis | None = getattr(outputs, "axis", None)
    return channels_first(layer, outputs[layer], getattr(outputs, "size", None), axis and axis(layer))


PREFIX_TOKENS = (0, 1, 2, 5)
"""How many tokens may come before those of the image: none, a class token, one of distillation, or four registers."""


def channels_first(layer: str, output: Tensor, size: tuple[int, int] | None = None, axis: int | None = None) -> Tensor:
    """Return a layer's output as (B, C) or (B, C, H, W), whether the network has channels first, last, or tokens.

    Where their axis is unknown, channels are taken to be last only if the first two axes have the image's proportions
    and the last two are far from them, and three axes to be tokens. Tokens (B, N, C) become the map that they are an
    image's patches of, without class and register tokens; tokens that form no such map become one column, as a sequence
    (B, C, N) does.

    Args:
        layer: its name, for messages.
        output: what it returned.
        size: height and width of the image; None: a map has its channels first, and an image is square.
        axis: of the channels, if it is known: 1 or -1.

    Raises:
        RecipeError: the output is neither a vector, nor a map, nor tokens.
    """
    height, width = size or (1, 1)

    def proportional(rows: int, columns: int, cells: int) -> bool:
        """Return whether rows and columns fit, to within some cells: rounding, padding and pooling add or remove
        some."""
        return abs(rows * width - columns * height) <= cells * max(height, width)

    if output.ndim == 2:
        return output
    if output.ndim == 3 and axis == 1:
        return output[..., None]
    if output.ndim == 3:
        tokens = output.shape[1]
        for prefix in PREFIX_TOKENS:
            rows = round(((tokens - prefix) * height / width) ** 0.5) if tokens > prefix else 0
            if rows and (tokens - prefix) % rows == 0 and proportional(rows, (tokens - prefix) // rows, 1):
                columns = (tokens - prefix) // rows
                return output[:, prefix:].mT.reshape(len(output), -1, rows, columns)
        return output.mT[..., None]
    if output.ndim == 4:
        if axis is None:
            _, first, second, third = output.shape
            last = size is not None and proportional(first, second, 1) and not proportional(second, third, 4)
            axis = -1 if last else 1
        return output if axis == 1 else output.movedim(-1, 1)
    shape = " × ".join(map(str, output.shape[1:]))
    raise RecipeError(
        f"{layer} returns {shape} numbers for an image, which are neither a vector, nor a map, nor tokens: no target "
        "can name its channels. Write the objective as a function of its output instead (actmax.ascend)."
    )


def score(targets: Sequence[Target], output: Tensor) -> Tensor:
    """Return a score for each image; each has its own target, all of the same layer and position.

    Args:
        targets: one for each image, B of them.
        output: the layer's, (B, C) or (B, C, H, W), any float type, any range.

    Returns:
        (B,), float32. A score depends on its own image alone: the weights of all other channels are exact zeros.

    Raises:
        RecipeError: a channel or position that the layer does not have.
    """
    first = targets[0]
    if not first.channels:
        return output.float().square().flatten(1).mean(1)
    values = read(first, output).float()
    weights = values.new_zeros(values.shape)
    for image, target in enumerate(targets):
        for channel, weight in target.channels:
            if channel >= values.shape[1]:
                raise RecipeError(
                    f"{target.layer} has {values.shape[1]} channels: {channel} is not one of 0…{values.shape[1] - 1}."
                )
            weights[image, channel] = weight
    return (values * weights).sum(1)


def read(target: Target, output: Tensor) -> Tensor:
    """Return the values of all channels at the target's position: (B, C, H, W) or (B, C) -> (B, C).

    Raises:
        RecipeError: a position that the layer does not have.
    """
    if output.ndim == 2:
        if isinstance(target.position, tuple):
            raise RecipeError(f"{target.layer} has no space: '{target}' names a position in it.")
        return output
    if target.position == "mean":
        return output.mean((2, 3))
    height, width = output.shape[2:]
    row, column = (height // 2, width // 2) if isinstance(target.position, str) else target.position
    if row >= height or column >= width:
        raise RecipeError(f"{target.layer} is {height} × {width} here: '{target}' lies outside it.")
    return output[:, :, row, column]
