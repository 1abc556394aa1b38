"""Penalties: a number for each image that is subtracted from the objective, such as its total variation."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable
from torch.nn import functional

from actmax.errors import RecipeError, UnknownNameError
from actmax.networks.statistics import statistics_of
from actmax.tensors import standard_deviation

if TYPE_CHECKING:
    from actmax.ascent.context import Context

__all__ = [
    "ChannelStatistics",
    "FeatureDistance",
    "anisotropic_total_variation",
    "channel_statistics_penalty",
    "excess_variation",
    "feature_distance",
    "l2_penalty",
    "total_variation",
]


def __dir__() -> list[str]:
    return __all__


MIN_LENGTH = 1e-4
"""Below this the length of a gradient is smoothed: its derivative at 0 is undefined."""
MIN_SD = 1e-3
"""Added to a channel's standard deviation before its logarithm: a channel may be constant over an image."""

Penalty = Callable[[Tensor], Tensor]
"""Images (B, C, H, W) in [0, 1] (pixels may lie outside of that range) -> (B,)."""


class NetworkPenalty(Protocol):
    """A penalty that needs a network."""

    def bind(self, context: Context) -> Penalty:
        """Return the penalty for a network, its layers' arithmetic, and the images at the start."""


def total_variation(images: Tensor, power: float = 1.0) -> Tensor:
    """Return the total variation of each image: the mean length of its spatial gradient, raised to a power.

    Mahendran & Vedaldi 2016, section 3.2, whose code (nnpreimage) has a power β of 2 by default.

    Differs: it is a mean over pixels and channels and not a sum, so that it does not depend on the size.

    Args:
        images: (B, C, H, W).
        power: β, from 1 (edges stay sharp) to 2 (edges become softer, single pixels never stand out).

    Returns:
        (B,), at least 0; 0 for a single color.

    Raises:
        RecipeError: there are no neighboring pixels.

    >>> total_variation(torch.tensor([[[[0.0, 3.0], [4.0, 0.0]]]])).round(decimals=3).tolist()
    [5.0]
    """
    _check_neighbors(images)
    result: Tensor = _TotalVariation.apply(images, power)
    return result


def _check_neighbors(images: Tensor) -> None:
    height, width = images.shape[2:]
    if min(height, width) < 2:
        raise RecipeError(
            f"Total variation compares neighboring pixels: images need at least 2 × 2 of them, not {height} × {width}."
        )


class _TotalVariation(torch.autograd.Function):
    """With the gradient by hand: 11 passes over memory, where autograd takes more than 30."""

    @staticmethod
    def forward(ctx: Any, images: Tensor, power: float) -> Tensor:
        corner = images[..., :-1, :-1]
        right, below = corner - images[..., :-1, 1:], corner - images[..., 1:, :-1]
        squares = right.square().addcmul_(below, below).add_(MIN_LENGTH**2)
        factor = squares.pow(power / 2 - 1)
        ctx.save_for_backward(right.mul_(factor), below.mul_(factor))
        ctx.power = power
        return squares.mul_(factor).sub_(MIN_LENGTH**power).flatten(1).mean(1)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor, None]:
        right, below = ctx.saved_tensors
        images = functional.pad(right + below, (0, 1, 0, 1))
        images[..., :-1, 1:] -= right
        images[..., 1:, :-1] -= below
        return images.mul_((grad * ctx.power / right[0].numel()).view(-1, 1, 1, 1)), None


def anisotropic_total_variation(images: Tensor) -> Tensor:
    """Return the total variation of each image along rows and columns: the mean absolute difference of neighbors.

    The form without a square root, which prefers horizontal and vertical edges (Rudin, Osher & Fatemi 1992 have the
    isotropic one, :func:`total_variation`).

    Args:
        images: (B, C, H, W).

    Returns:
        (B,), at least 0.

    >>> anisotropic_total_variation(torch.tensor([[[[0.0, 1.0], [0.0, 1.0]]]])).tolist()
    [1.0]
    """
    _check_neighbors(images)
    result: Tensor = _AnisotropicTotalVariation.apply(images)
    return result


class _AnisotropicTotalVariation(torch.autograd.Function):
    """With the gradient by hand, in less than half the time."""

    @staticmethod
    def forward(ctx: Any, images: Tensor) -> Tensor:
        grads, variation = torch.zeros_like(images), images.new_zeros(len(images))
        for axis in (2, 3):
            differences = images.diff(dim=axis)
            signs, count = differences.sign(), differences.shape[axis]
            variation += differences.abs_().flatten(1).mean(1)
            grads.narrow(axis, 1, count).add_(signs, alpha=1 / signs[0].numel())
            grads.narrow(axis, 0, count).sub_(signs, alpha=1 / signs[0].numel())
        ctx.save_for_backward(grads)
        return variation

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad: Tensor) -> Tensor:
        (grads,) = ctx.saved_tensors
        result: Tensor = grads * grad.view(-1, 1, 1, 1)
        return result


def excess_variation(images: Tensor, limit: float) -> Tensor:
    """Return by how much the anisotropic total variation of each image exceeds a multiple of its standard deviation.

    The multiple measures fine structure at any contrast. Photographs of 224 px have 0.26 in the median, 0.18 and 0.37
    at the quartiles (250 of ImageNet's). An image below the limit is not smoothed: under a penalty that never rests,
    the drawings of some networks lose all fine structure. The standard deviation is taken as a constant, so that the
    penalty smooths and never raises the contrast.

    Args:
        images: (B, C, H, W).
        limit: the multiple.

    Returns:
        (B,), at least 0.

    >>> excess_variation(torch.rand(2, 3, 8, 8), limit=10.0).tolist()
    [0.0, 0.0]
    """
    return (anisotropic_total_variation(images) - limit * standard_deviation(images.detach())).clamp_min(0)


def l2_penalty(images: Tensor) -> Tensor:
    """Return half the squared distance of each image from middle gray, ½ ‖x - 0.5‖² (Simonyan et al. 2013, equation 1).

    Its gradient is x - 0.5 at each pixel, whatever the size of the image.

    Differs: a weight of this penalty is 2 λ in the equation, which has no half; and the paper measures the distance
    from the mean image of the training set.

    Args:
        images: (B, C, H, W).

    Returns:
        (B,), at least 0.

    >>> l2_penalty(torch.tensor([[[[1.5, 0.5]]]])).tolist()
    [0.5]
    """
    return (images - 0.5).square().flatten(1).sum(1) / 2


def feature_distance(features: Callable[[Tensor], Tensor], images: Tensor) -> Penalty:
    """Make a penalty of the distance from given images' features (Hamblin et al. 2024, "Feature Accentuation").

    Args:
        features: images (B, C, H, W) in [0, 1] -> (B, …).
        images: one for each image of the batch.

    Returns:
        The mean squared distance as a part of the features' own mean square: 0 for the images themselves.

    >>> penalty = feature_distance(lambda images: images, torch.ones(1, 1, 2, 2))
    >>> penalty(torch.zeros(1, 1, 2, 2)).tolist()
    [1.0]
    """
    with torch.no_grad():
        wanted = features(images).float().flatten(1)
        size = wanted.square().mean(1).clamp_min(1e-12)

    def distance(images: Tensor) -> Tensor:
        return (features(images).float().flatten(1) - wanted).square().mean(1) / size

    return distance


@dataclass(frozen=True)
class FeatureDistance:
    """Penalize the distance from the features of the start image in a layer (:func:`feature_distance`).

    >>> FeatureDistance("conv3").layer
    'conv3'
    """

    layer: str

    def bind(self, context: Context) -> Penalty:
        """Return the penalty for the start images of the context.

        Raises:
            RecipeError: the optimization starts from noise.
            UnknownNameError: the network has no such layer.
        """
        if context.start is None:
            raise RecipeError("FeatureDistance needs a start image: its features are to stay.")
        try:
            features = context.features([self.layer])
        except UnknownNameError as error:
            raise UnknownNameError(
                f"{error} The start image's features in this layer are to stay (feature_layer): name another layer, or "
                "keep no features (feature_weight=0)."
            ) from None
        return feature_distance(lambda images: features(images)[self.layer], context.start.to(context.device))


def channel_moments(output: Tensor) -> Tensor:
    """Return each channel's mean over the image and the logarithm of its standard deviation: (B, C, H, W) -> (B, 2
    C)."""
    maps = output.float().flatten(2)
    mean = maps.mean(2)
    variance = (maps - mean[:, :, None]).square().mean(2)
    return torch.cat([mean, (variance + MIN_SD**2).sqrt().log()], 1)


def channel_statistics_penalty(
    features: Callable[[Tensor], Mapping[str, Tensor]], photographs: Mapping[str, tuple[Tensor, Tensor]]
) -> Penalty:
    """Make a penalty of how unlike photographs the channels of some layers respond: 1 for a photograph, on average.

    The distances of means and variances of Yin et al. 2020 ("Dreaming to Distill: Data-free Knowledge Transfer via
    DeepInversion", equation 4).

    Differs: theirs are the statistics of a batch of images, compared with those that the network's batch norms have
    stored. Here they are an image's own, with the logarithm of the standard deviation in place of the variance,
    compared with those of single photographs as z-scores, so that no layer outweighs another, and a network without
    batch norm will do.

    Args:
        features: images (B, C, H, W) in [0, 1] -> the layers' outputs (B, C', H', W') by name.
        photographs: by layer, mean and standard deviation over photographs of :func:`channel_moments`, (2 C') each.

    >>> maps = lambda images: {"layer": images}
    >>> penalty = channel_statistics_penalty(maps, {"layer": (torch.zeros(2), torch.ones(2))})
    >>> penalty(torch.tensor([[[[1.0, -1.0]]]])).item() < 1e-6
    True
    """

    def penalty(images: Tensor) -> Tensor:
        outputs = features(images)
        scores = [
            ((channel_moments(outputs[layer]) - mean.to(images.device)) / sd.to(images.device)).square().mean(1)
            for layer, (mean, sd) in photographs.items()
        ]
        return torch.stack(scores).mean(0)

    return penalty


@dataclass(frozen=True)
class ChannelStatistics:
    """Penalize responses unlike those to photographs (:func:`channel_statistics_penalty`).

    >>> ChannelStatistics()
    ChannelStatistics()
    """

    def bind(self, context: Context) -> Penalty:
        """Return the penalty for a network.

        Raises:
            RecipeError: the statistics have not been measured for this network.
        """
        photographs = statistics_of(context.network)
        return channel_statistics_penalty(context.features(tuple(photographs)), photographs)
