"""Constraints: projections of the image parameters after each step, whatever the gradient was.

Penalties change the gradient; a constraint changes the result of a step. In their papers they are an operator,
x ← r(x + α ∇h) (Yosinski et al. 2015, equation 2), or a bound of the problem (Erhan et al. 2009).
"""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
from torch import Tensor

from actmax.ascent.arguments import checked
from actmax.ascent.checks import takes
from actmax.ascent.gradients import gaussian_blur
from actmax.ascent.params.canvas import Canvas
from actmax.errors import RecipeError

__all__ = ["blur", "bound_color", "bounded", "clip", "clip_contribution", "clip_norm", "l2_decay", "norm"]


def __dir__() -> list[str]:
    return __all__


Constraint = Callable[..., Tensor]
"""The image parameters (B, …), the number of the step from 1, the canvas -> the parameters that the next step takes. If
it has a fourth parameter, it is given the objective's gradient of the step at the network's normalized input, (B, C, H,
W), before penalties, and before it is normalized."""


def takes_gradient(constraint: Constraint) -> bool:
    """Return whether a constraint has a fourth parameter."""
    return takes(constraint, 4)


@checked()
def norm(rms: float) -> Constraint:
    """Scale the parameters to a fixed norm: ‖x‖ = ρ (Erhan et al. 2009, section 3).

    Differs: the norm is given for a single number, since images have different sizes.

    Args:
        rms: the root mean square of the parameters. For normalized pixels 0 is the mean photograph, and 1 the
            contrast of a photograph.

    >>> norm(1.0)(torch.tensor([[3.0, -3.0]]), 1, None).tolist()
    [[1.0, -1.0]]
    """

    def constrain(x: Tensor, _step: int, _canvas: Canvas) -> Tensor:
        size = x.flatten(1).square().mean(1).sqrt().clamp_min(1e-12)
        return x * (rms / size).view(-1, *[1] * (x.ndim - 1))

    return constrain


@checked(part=(0, 1))
def l2_decay(part: float) -> Constraint:
    """Shrink every parameter by a part of itself (Yosinski et al. 2015, section 3, "L2 decay").

    Args:
        part: from 0 to 1.

    >>> l2_decay(0.25)(torch.tensor([[4.0]]), 1, None).tolist()
    [[3.0]]
    """
    return lambda x, _step, _canvas: x * (1 - part)


@checked(every=(1, math.inf), until=(1, math.inf))
def blur(sd: float, every: int = 1, until: int | None = None) -> Constraint:
    """Blur the pixels by a Gaussian (Yosinski et al. 2015, section 3, "Gaussian blur").

    Args:
        sd: standard deviation of the Gaussian, in pixels.
        every: number of steps between two blurs.
        until: number of steps over which the standard deviation falls linearly to 0, as in the code of Walker et al.
            2019 (`deepdraw` in cajal/inception_loop2019); by default it stays.

    >>> blur(1.0, every=4)(torch.ones(1, 3, 8, 8), 4, None).shape
    torch.Size([1, 3, 8, 8])
    """

    def constrain(x: Tensor, step: int, _canvas: Canvas) -> Tensor:
        width = sd if until is None else sd * (1 - step / until)
        return x if step % every or width <= 0 else gaussian_blur(x, width)

    return constrain


@checked(part=(0, 1))
def clip_norm(part: float) -> Constraint:
    """Set the pixels with the smallest norm to zero (Yosinski et al. 2015, section 3, "clipping pixels with small
    norm").

    The norm is that of a pixel's color, which is measured from the mean photograph where pixels are normalized.

    Args:
        part: of all pixels, from 0 to 1: the percentile of the paper as a fraction.

    >>> clip_norm(0.5)(torch.tensor([[[[3.0, 1.0]], [[4.0, 1.0]]]]), 1, None).tolist()
    [[[[3.0, 0.0]], [[4.0, 0.0]]]]
    """
    return lambda x, _step, _canvas: _keep_largest(x, x.square().sum(1, keepdim=True).sqrt(), part)


@checked(part=(0, 1))
def clip_contribution(part: float) -> Constraint:
    """Set the pixels that contribute least to the activation to zero (Yosinski et al. 2015, section 3, "clipping pixels
    with small contribution").

    By how much the activation h would change without a pixel is, to first order, the sum over its colors of x ∘ ∇h; its
    absolute value is compared. As in the authors' code (`optimize/gradient_optimizer.py` of the Deep Visualization
    Toolbox), x is the image after the step, and ∇h the gradient before it.

    Args:
        part: of all pixels, from 0 to 1: the percentile of the paper as a fraction.

    >>> x, gradient = torch.tensor([[[[3.0, 1.0]]]]), torch.tensor([[[[0.5, -2.0]]]])
    >>> clip_contribution(0.5)(x, 1, None, gradient).tolist()
    [[[[0.0, 1.0]]]]

    Raises:
        RecipeError: the parameters are no pixels.
    """

    def constrain(x: Tensor, _step: int, _canvas: Canvas, gradient: Tensor) -> Tensor:
        if x.shape != gradient.shape:
            raise RecipeError("clip_contribution belongs to pixels: other parameters are not what the gradient is of.")
        return _keep_largest(x, (x * gradient).sum(1, keepdim=True).abs(), part)

    return constrain


def _keep_largest(x: Tensor, size: Tensor, part: float) -> Tensor:
    """Set to zero what is below a quantile of its image's sizes, (B, 1, H, W)."""
    return x * (size >= size.flatten(1).quantile(part, 1).view(-1, 1, 1, 1))


@checked()
def bound_color(largest: float) -> Constraint:
    """Scale each pixel whose color has too large a norm down to the bound (Mahendran & Vedaldi 2016, section 3.2; the
    bound of `core/nnpreimage.m` in the authors' code, nnpreimage).

    Args:
        largest: norm of a pixel's color, measured from the mean photograph where pixels are normalized.

    >>> bound_color(2.5)(torch.tensor([[[[3.0, 0.5]], [[4.0, 0.0]]]]), 1, None).tolist()
    [[[[1.5, 0.5]], [[2.0, 0.0]]]]
    """

    def constrain(x: Tensor, _step: int, _canvas: Canvas) -> Tensor:
        size = x.square().sum(1, keepdim=True).sqrt().clamp_min(1e-12)
        return x * (largest / size).clamp_max(1)

    return constrain


def clip() -> Constraint:
    """Clip normalized pixels to the range of an image, 0…1, as the Deep Visualization Toolbox does (Yosinski et al.
    2015) and the code of Walker et al. 2019.

    >>> from actmax.ascent.params import Canvas
    >>> clip()(torch.tensor([[[[-0.5, 2.0]]]]), 1, Canvas(1, 1, 2)).tolist()
    [[[[0.0, 1.0]]]]
    """

    def constrain(x: Tensor, _step: int, canvas: Canvas) -> Tensor:
        ends = torch.tensor([0.0, 1.0], device=x.device).view(2, 1, 1, 1).expand(2, canvas.channels, 1, 1)
        low, high = canvas.normalize(ends)
        return torch.minimum(torch.maximum(x, low), high)

    return constrain


@checked()
def bounded(largest: float) -> Constraint:
    """Clamp the parameters to 0…largest, so that a code stays among those that its generator has learned.

    Nguyen et al. 2016, "Synthesizing the preferred inputs for neurons in neural networks via deep generator networks",
    section 3.1.

    Args:
        largest: in standard deviations of the code over photographs.

    >>> bounded(3.0)(torch.tensor([[-1.0, 0.5, 4.0]]), 1, None).tolist()
    [[0.0, 0.5, 3.0]]
    """
    return lambda x, _step, _canvas: x.clamp(0, largest)
