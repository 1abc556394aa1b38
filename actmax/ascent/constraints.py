"""Constraints: projections of the image parameters after each step, whatever the gradient was.

Penalties change the gradient; a constraint changes the result of a step. In their papers they are an operator,
x ← r(x + α ∇h) (Yosinski et al. 2015, equation 2), or a bound of the problem (Erhan et al. 2009).
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from actmax.ascent.gradients import gaussian_blur
from actmax.ascent.params.canvas import Canvas

__all__ = ["blur", "bounded", "clip", "l2_decay", "norm"]


def __dir__() -> list[str]:
    return __all__


Constraint = Callable[[Tensor, int, Canvas], Tensor]
"""The image parameters (B, …), the number of the step from 1, the canvas -> the parameters that the next step takes."""


def norm(rms: float) -> Constraint:
    """Scale the parameters to a fixed norm: ‖x‖ = ρ (Erhan et al. 2009, section 3; Walker et al. 2019, methods).

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


def l2_decay(part: float) -> Constraint:
    """Shrink every parameter by a part of itself (Yosinski et al. 2015, "L2 decay").

    Args:
        part: from 0 to 1.

    >>> l2_decay(0.25)(torch.tensor([[4.0]]), 1, None).tolist()
    [[3.0]]
    """
    return lambda x, _step, _canvas: x * (1 - part)


def blur(sd: float, every: int = 1) -> Constraint:
    """Blur the pixels by a Gaussian (Yosinski et al. 2015, "Gaussian blur").

    Args:
        sd: standard deviation of the Gaussian, in pixels.
        every: number of steps between two blurs.

    >>> blur(1.0, every=4)(torch.ones(1, 3, 8, 8), 4, None).shape
    torch.Size([1, 3, 8, 8])
    """
    return lambda x, step, _canvas: x if step % every else gaussian_blur(x, sd)


def clip() -> Constraint:
    """Clip normalized pixels to the range of an image, 0…1 (Mahendran & Vedaldi 2016, section 3.2).

    >>> from actmax.ascent.params import Canvas
    >>> clip()(torch.tensor([[[[-0.5, 2.0]]]]), 1, Canvas(1, 1, 2)).tolist()
    [[[[0.0, 1.0]]]]
    """

    def constrain(x: Tensor, _step: int, canvas: Canvas) -> Tensor:
        ends = torch.tensor([0.0, 1.0], device=x.device).view(2, 1, 1, 1).expand(2, canvas.channels, 1, 1)
        low, high = canvas.normalize(ends)
        return torch.minimum(torch.maximum(x, low), high)

    return constrain


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
