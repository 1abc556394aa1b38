"""An adversarial example: a photograph that small steps along the gradient turn into another class for a network."""

from __future__ import annotations

from typing import Any

from PIL import Image
from torch import Tensor

from actmax.ascent.gradient_ascent import gradient
from actmax.ascent.gradients import normalize
from actmax.ascent.optimize import to_values
from actmax.measure.measure import measure
from actmax.measure.models import Adversarial
from actmax.networks.network import Network
from actmax.pictures import encode_image
from actmax.recipe.target import parse

STEP = 0.25 / 255
"""Mean absolute change of a step."""
MOST_STEPS = 200
"""After which the steps end, whatever the prediction."""
CONFIDENT = 0.5
"""Probability of the target at which the steps end."""
BRIGHTEST = 0.99
"""Quantile of the gradient's magnitudes that is shown black or white."""


def adversarial(network: Network, target: str, photograph: Tensor) -> Adversarial:
    """Step along the gradient of a class's logit from a photograph until the network predicts the class.

    Iterated small steps as in Kurakin et al. 2017 ("Adversarial examples in the physical world"). Differs: a logit's
    gradient and not a cross-entropy's, by its magnitude and not by its sign.

    Args:
        network: as loaded, in float32 on the CPU.
        target: a class, such as ``fc8:340``.
        photograph: (1, 3, H, W) in [0, 1].

    Returns:
        The photograph's prediction, the first gradient, and the picture after the last step with its prediction.
    """
    unit = parse(target).unit

    def logit(x: Tensor) -> Tensor:
        return network.logits(network.normalize(x))[:, unit]

    before = after = measure(network, target, photograph)
    _, first = gradient(logit, photograph)
    x, published, steps = photograph, photograph, 0
    while steps < MOST_STEPS and (steps == 0 or after.failed or (after.probability or 0) < CONFIDENT):
        _, grad = gradient(logit, x)
        x, steps = (x + normalize(grad, STEP)).clamp(0, 1), steps + 1
        published = to_values(x).float() / 255
        after = measure(network, target, published)
    limit = first.abs().flatten().quantile(BRIGHTEST).clamp_min(1e-12)
    return Adversarial(
        before=before,
        gradient=_webp(0.5 + first / limit / 2, quality=80),
        picture=_webp(published, lossless=True),
        after=after,
        steps=steps,
        change=255 * (published - photograph).abs().mean().item(),
    )


def _webp(image: Tensor, **options: Any) -> bytes:
    return encode_image(Image.fromarray(to_values(image)[0].permute(1, 2, 0).numpy()), "WEBP", **options)
