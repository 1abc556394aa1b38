"""The named methods: the fields of each, with its source. Needs no torch."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from pydantic import ValidationError

from actmax.errors import RecipeError, UnknownNameError, did_you_mean, quoted, validation_messages
from actmax.recipe.recipe import Recipe
from actmax.recipe.renamed import RENAMED

# What makes a drawing recognizable: ascent in a decorrelated Fourier space, on random shifts, scales and rotations of
# the image at each step (Olah et al. 2017, "The Enemy of Feature Visualization").
_ROBUST: Mapping[str, Any] = MappingProxyType(
    {
        "parameterization": "fourier",
        "optimizer": "adam",
        "steps": 256,
        "step_size": 0.04,
        "anneal": 0.5,
        "start_sd": 0.01,
        "decay_power": 1.3,
        "decorrelate": True,
        "jitter": 12,
        "scale": 0.1,
        "rotate": 5.0,
    }
)

_VIEWS: Mapping[str, Any] = MappingProxyType({"jitter": 12, "scale": 0.1, "rotate": 5.0})
# The methods before 2017 optimize pixels by steps along the gradient. Their authors' step sizes are for one network's
# logits and for pixels of 0…255; these are for any network, since the gradient is normalized, and for 64 steps.
_PIXELS: Mapping[str, Any] = MappingProxyType(
    {"parameterization": "pixels", "optimizer": "ascent", "steps": 64, "normalize_gradient": True, "start_sd": 0.1}
)

METHODS: Mapping[str, Mapping[str, Any]] = MappingProxyType(
    {
        # The equation of the write-up, x + α ∇h, and nothing else (Erhan et al. 2009, section 3).
        "plain": MappingProxyType(
            {
                "parameterization": "pixels",
                "optimizer": "ascent",
                "steps": 1000,
                "step_size": 2.0,
                "start_sd": 0.01,
            }
        ),
        "robust": _ROBUST,
        # As `robust`, with a penalty on total variation (Mahendran & Vedaldi 2015, section 2.2) relative to the
        # objective's gradient, a ReLU leak (Guo, Li & Chen 2020), a window around the center (Nguyen, Yosinski & Clune
        # 2016), competing classes pushed down, and fewer steps. docs/write-ups/what-was-tried.md has what evaluation
        # networks predict for each.
        "smooth": MappingProxyType(
            {
                **_ROBUST,
                "steps": 64,
                "step_size": 0.06,
                "total_variation_weight": 0.25,
                "logsumexp_weight": 0.5,
                "relu_leak": 0.1,
                "gradient_window": 0.6,
            }
        ),
        # Erhan et al. 2009, section 3: the largest activation among the images of one norm, to which the image is
        # scaled back after each step; here the norm is the contrast of a photograph.
        "erhan": MappingProxyType({**_PIXELS, "step_size": 2.0, "norm": 1.0}),
        # Simonyan et al. 2013, equation 1: the logit minus λ ‖x‖², from a gray image. Their λ is not given.
        "simonyan": MappingProxyType({**_PIXELS, "step_size": 2.0, "l2_weight": 2.0}),
        # Yosinski et al. 2015, section 3.1, two of their four operators: decay, and a blur of 1 pixel every fourth
        # step (of 1000, with a decay of 0.0001, in one of the combinations that they found at random).
        "yosinski": MappingProxyType({**_PIXELS, "step_size": 2.0, "l2_decay": 0.01, "blur": 1.0, "blur_every": 4}),
        # Mahendran & Vedaldi 2016, sections 3 and 6: total variation, values within range, and a jitter.
        "mahendran": MappingProxyType(
            {**_PIXELS, "step_size": 2.0, "total_variation_weight": 0.5, "clip": True, "jitter": 12}
        ),
        # Walker et al. 2019, methods: "most exciting inputs" of one norm by a blurred gradient.
        "mei": MappingProxyType({**_PIXELS, "step_size": 2.0, "gradient_blur": 2.0, "norm": 1.0}),
        # Fel et al. 2023, section 3: the Fourier magnitudes are those of photographs, the phases are optimized.
        "maco": MappingProxyType(
            {
                **_VIEWS,
                "parameterization": "phase",
                "optimizer": "adam",
                "steps": 64,
                "step_size": 0.15,
                "anneal": 0.5,
                "start_sd": 3.0,
            }
        ),
        # Yin et al. 2020, equation 4, and VITAL (2025) after them: channel statistics as for photographs.
        "statistics": MappingProxyType({**_ROBUST, "steps": 64, "step_size": 0.08, "statistics_weight": 0.2}),
        # As `robust` on the weights of an untrained convolutional generator (Ulyanov, Vedaldi & Lempitsky 2018).
        "generator": MappingProxyType(
            {
                "parameterization": "generator",
                "optimizer": "adam",
                "steps": 256,
                "step_size": 0.01,
                "start_sd": 1.0,
                "jitter": 12,
                "scale": 0.1,
                "rotate": 5.0,
            }
        ),
    }
)
"""The fields of each named method; any field may be overridden."""

ACCENTUATION: Mapping[str, Any] = MappingProxyType(
    # Smaller steps than from noise, since the start image is to stay; Adam at 0.05 for 100 steps in the paper. Its
    # layer is the objective's own; a class's logit keeps nothing of an image, so here it is one in the middle.
    {"start_sd": 0.0, "step_size": 0.03, "gradient_window": 0.0, "feature_weight": 0.5, "feature_layer": "conv3"}
)
"""What differs from a method if it starts from a photograph and keeps that photograph's features (Hamblin et al. 2024,
"Feature Accentuation: Revealing 'What' Features Respond to in Natural Images"); `start` names the image."""


def accentuation(start: str, feature_weight: float | None = None) -> dict[str, Any]:
    """Return the fields that a recipe from a photograph has besides its method.

    Args:
        start: the image's name in recipes.
        feature_weight: how strongly its features are kept; 0: not at all. By default as in :data:`ACCENTUATION`.
    """
    overrides = {**ACCENTUATION, "start": start}
    if feature_weight is not None:
        overrides |= (
            {"feature_weight": feature_weight} if feature_weight else {"feature_weight": 0.0, "feature_layer": ""}
        )
    return overrides


DEFAULT = "smooth"
"""The method where none is named."""

OVERRIDABLE = tuple(
    name
    for name in Recipe.model_fields
    if name not in ("algorithm", "network", "weights", "target", "seed", "size", "precision")
)
"""The fields that make up a method; the others name what is drawn, its size and its precision."""


def compose(method: str = DEFAULT, overrides: Mapping[str, Any] | None = None, **fields: Any) -> Recipe:
    """Make a recipe of a named method, overrides, and the remaining fields.

    Args:
        method: ``smooth``, ``robust``, ``plain``, ``erhan``, ``simonyan``, ``yosinski``, ``mahendran``, ``mei``,
            ``maco``, ``statistics`` or ``generator`` (:data:`METHODS`).
        overrides: fields of :class:`Recipe` that take precedence over all others.
        **fields: fields of :class:`Recipe` that take precedence over the method; ``network``, ``weights`` and
            ``target`` have no default.

    >>> compose("robust", {"steps": 128}, network="compact", weights="", target="fc8:340").steps
    128

    Raises:
        UnknownNameError: no such method, or a field that no recipe has.
        RecipeError: a value that a recipe cannot have; the message names field and value.
    """
    if method not in METHODS:
        raise UnknownNameError(f"There is no method {quoted(method)}. {did_you_mean(method, METHODS)}")
    chosen = {**METHODS[method], **fields, **(overrides or {})}
    for name in chosen:
        if name in RENAMED:
            raise UnknownNameError(f"The field {name!r} of a recipe is now called {RENAMED[name]!r}.")
        if name not in Recipe.model_fields:
            raise UnknownNameError(
                f"A recipe has no field {quoted(name)}. {did_you_mean(str(name), Recipe.model_fields)}"
            )
    try:
        return Recipe(**chosen)
    except ValidationError as error:
        raise RecipeError("; ".join(validation_messages(error))) from None
