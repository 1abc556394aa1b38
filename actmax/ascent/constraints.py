"""What is done to the variable after each step, whatever the slope said: the picture is held within bounds.

Penalties change where the slope leads; these act on what a step has made. In their papers they are written as an
operator, x ← r(x + α ∇h) (Yosinski et al. 2015, equation 2), or as a bound of the problem (Erhan et al. 2009).
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from actmax.ascent.gradients import blurred
from actmax.ascent.params.canvas import Canvas

Constraint = Callable[[Tensor, int, Canvas], Tensor]
"""The variable (B, …), how many steps it has taken, from 1, and the canvas -> the variable that the next one leaves."""


def length(rms: float) -> Constraint:
    """The variable at a given length: ‖x‖ = ρ (Erhan et al. 2009, section 3; the norm budget of Walker et al. 2019).

    Args:
        rms: the root mean square of its numbers; of normalised pixels: zero is the mean photograph, 1 a photograph's
            contrast.
    """

    def constrain(x: Tensor, _steps: int, _canvas: Canvas) -> Tensor:
        size = x.flatten(1).square().mean(1).sqrt().clamp_min(1e-12)
        return x * (rms / size).view(-1, *[1] * (x.ndim - 1))

    return constrain


def l2_decay(part: float) -> Constraint:
    """Decay: each number loses a part of itself at each step (Yosinski et al. 2015, "L2 decay").

    Args:
        part: from 0 to 1.
    """
    return lambda x, _steps, _canvas: x * (1 - part)


def blur(deviation: float, every: int = 1) -> Constraint:
    """A Gaussian blur after every so many steps (Yosinski et al. 2015, "Gaussian blur"); for pixels.

    Args:
        deviation: in pixels.
        every: so many steps.
    """
    return lambda x, steps, _canvas: x if steps % every else blurred(x, deviation)


def clip() -> Constraint:
    """Pixels within what a picture can show, 0…1 (the bounded range of Mahendran & Vedaldi 2016, section 3.2)."""

    def constrain(x: Tensor, _steps: int, canvas: Canvas) -> Tensor:
        ends = torch.tensor([0.0, 1.0], device=x.device).view(2, 1, 1, 1).expand(2, canvas.channels, 1, 1)
        low, high = canvas.normalize(ends)
        return torch.minimum(torch.maximum(x, low), high)

    return constrain


def bounded(largest: float) -> Constraint:
    """Numbers within 0…largest: a code stays among those that its generator has learnt (Nguyen et al. 2016,
    "Synthesizing the preferred inputs for neurons in neural networks via deep generator networks", section 3.1).

    Args:
        largest: in deviations of the code over photographs.
    """
    return lambda x, _steps, _canvas: x.clamp(0, largest)
