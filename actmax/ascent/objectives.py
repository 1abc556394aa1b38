"""What is maximised: from the outputs of layers to a score for each image.

Scores are taken before the softmax: a probability can also rise by pushing all other classes down
(Simonyan et al. 2013, section 2). Where some of that is wanted, :func:`logsumexp` adds it to the slope.
"""

from __future__ import annotations

from collections import ChainMap
from collections.abc import Callable, Mapping, Sequence
from typing import Any, cast

import torch
from torch import Tensor

from actmax.errors import RecipeError
from actmax.recipe.target import Target

Objective = Callable[[Mapping[str, Tensor]], Tensor]
"""The outputs of layers by name, (B, …) each -> (B,), float32. A score must depend on its own image alone."""


def channels_first(layer: str, output: Tensor, size: tuple[int, int]) -> Tensor:
    """A layer's output as (B, C) or (B, C, H, W), also where the network keeps its channels last.

    The channels are taken to be last only where the first two axes have the image's proportions and the last two have
    not, by far.

    Args:
        layer: its name, for messages.
        output: what it returned.
        size: height and width of the image.

    Raises:
        RecipeError: the output is neither a vector nor a map.
    """
    height, width = size

    def proportional(rows: int, columns: int, cells: int) -> bool:
        """To within so many cells: rounding, unpadded convolutions and pooling add or take away some."""
        return abs(rows * width - columns * height) <= cells * max(height, width)

    if output.ndim == 2:
        return output
    if output.ndim == 4:
        _, first, second, third = output.shape
        last = proportional(first, second, 1) and not proportional(second, third, 4)
        return output.permute(0, 3, 1, 2) if last else output
    shape = " × ".join(map(str, output.shape[1:]))
    raise RecipeError(
        f"{layer} returns {shape} numbers for an image, which are neither a vector nor a map of the image: no target "
        "can name its channels. Write the objective as a function of its output instead (actmax.ascend)."
    )


def logsumexp(objective: Objective, layer: str, part: float) -> Objective:
    """An objective of logits with the same score, whose slope also leads away from the classes that are ahead.

    The slope is that of h - part · log Σ exp: where the class leads, the sum's slope is nearly its own, and only the
    length changes; where another class leads, its logit is pushed down. With a part of 1 it would be the logarithm of
    the probability, whose slope turns to the rivals alone as soon as the class is certain: it convinces this network
    at once, and others seldom.

    Args:
        objective: one class's logit.
        layer: the name of the logits (B, classes) among the outputs.
        part: from 0 to 1, of the logarithm of the sum.
    """

    def score(outputs: Mapping[str, Tensor]) -> Tensor:
        # Not a copy: to look at all outputs is to ask for all layers.
        return objective(ChainMap({layer: _Rivals.apply(outputs[layer], part)}, cast("dict[str, Tensor]", outputs)))

    return score


class _Rivals(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, logits: Tensor, part: float) -> Tensor:
        ctx.save_for_backward(logits)
        ctx.part = part
        return logits.view_as(logits)

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor, None]:
        (logits,) = ctx.saved_tensors
        shares = logits.float().softmax(1) * grad.sum(1, keepdim=True)
        return grad - ctx.part * shares.to(grad.dtype), None


def of_targets(targets: Sequence[Target], size: tuple[int, int]) -> Objective:
    """The objective that targets name.

    Args:
        targets: one for each image of the batch, all of the same layer and place.
        size: height and width of the images.
    """
    first = targets[0]

    def objective(outputs: Mapping[str, Tensor]) -> Tensor:
        output = outputs[first.layer]
        # A layer as a whole needs no channels.
        return score(targets, channels_first(first.layer, output, size) if first.channels else output)

    return objective


def score(targets: Sequence[Target], output: Tensor) -> Tensor:
    """A score for each image; each has its own target, all of the same layer and place.

    Args:
        targets: one for each image, B of them.
        output: the layer's, (B, C) or (B, C, H, W), any float type, any range.

    Returns:
        (B,), float32. A score depends on its own image alone: the weights of all other channels
        are exact zeros.

    Raises:
        RecipeError: a channel or place that the layer does not have.
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
    """(B, C, H, W) or (B, C) -> (B, C), at the target's place.

    Raises:
        RecipeError: a place that the layer does not have.
    """
    if output.ndim == 2:
        if isinstance(target.place, tuple):
            raise RecipeError(f"{target.layer} has no space: '{target}' names a place in it.")
        return output
    if target.place == "mean":
        return output.mean((2, 3))
    height, width = output.shape[2:]
    row, column = (height // 2, width // 2) if isinstance(target.place, str) else target.place
    if row >= height or column >= width:
        raise RecipeError(f"{target.layer} is {height} × {width} here: '{target}' lies outside it.")
    return output[:, :, row, column]
