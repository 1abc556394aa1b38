"""The named methods: the fields of each, with its source. Needs no torch."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from actmax.errors import UnknownNameError, did_you_mean, quoted
from actmax.recipe.recipe import NEEDS, Recipe

# Olah et al. 2017, "The Enemy of Feature Visualization": ascent in a decorrelated Fourier space, on random shifts,
# scales and rotations of the image at each step. Differs: 256 steps for the article's 2560, a decay power of 1.3 for 1,
# one affine map for four transforms and no padding, and the step size falls over the second half
# (docs/literature/Olah_2017.md has both settings side by side).
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

# The methods before 2017 optimize pixels by steps along the gradient. They all differ from their papers in two
# respects: the gradient is normalized, so that one step size fits every network, where the authors' is for one
# network's logits and pixels of 0…255; and they take 64 steps, where the authors take hundreds.
_PIXELS: Mapping[str, Any] = MappingProxyType(
    {"parameterization": "pixels", "optimizer": "ascent", "steps": 64, "normalize_gradient": True, "start_sd": 0.1}
)

METHODS: Mapping[str, Mapping[str, Any]] = MappingProxyType(
    {
        # The equation of the write-up, x + α ∇h, and nothing else (Erhan et al. 2009, section 3). Differs: no bound on
        # the norm, and the image is that of a classifier of photographs.
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
        # As `robust`, with a penalty on total variation relative to the objective's gradient (Mahendran & Vedaldi 2016,
        # section 3.2; theirs is isotropic, this one is along rows and columns), a ReLU leak (Guo, Li & Chen 2020), a
        # window around the center (Nguyen, Yosinski & Clune 2016), the leading class pushed down (Carlini & Wagner
        # 2017), and fewer steps. Two guards act only where an image leaves the range of photographs: the penalty stops
        # at the lower quartile of their grain, and contrast ends at the upper quartile of theirs. Nothing depends on
        # the size of a network's logits. docs/write-ups/what-was-tried.md has the measurements.
        "smooth": MappingProxyType(
            {
                **_ROBUST,
                "steps": 64,
                "step_size": 0.06,
                "excess_variation_weight": 0.25,
                "contrast_limit": 1.6,
                "margin_weight": 0.5,
                "relu_leak": 0.1,
                "gradient_window": 0.6,
            }
        ),
        # Erhan et al. 2009, section 3: the largest activation among the images of one norm, to which the image is
        # scaled back after each step. Differs, besides what all pixel methods do: the norm is that of the contrast of
        # a photograph.
        "erhan": MappingProxyType({**_PIXELS, "step_size": 0.5, "norm": 1.0}),
        # Simonyan et al. 2013, equation 1: the logit minus λ ‖x‖², from the zero image. Their λ is not given. A weight
        # of 2 brings a pixel to rest half the range from gray, at black or white, where its gradient has the mean size:
        # so it fits every network. Differs, besides what all pixel methods do: x is measured from middle gray.
        "simonyan": MappingProxyType({**_PIXELS, "start_sd": 0.0, "step_size": 0.5, "l2_weight": 2.0}),
        # Yosinski et al. 2015, section 3, with the third setting of their table 1, which drew most of their figures:
        # decay, and a blur of 1 pixel every fourth step; their code clips to 0…255, too. Noise of 10 of 255. Differs
        # in what all pixel methods do (1000 steps). The other three settings: clip_norm 0.5, blur 0.5 and no decay;
        # clip_norm 0.2, decay 0.3 and no blur; clip_contribution 0.9, blur 0.5 and no decay.
        "yosinski": MappingProxyType(
            {
                **_PIXELS,
                "start_sd": 0.17,
                "step_size": 0.5,
                "l2_decay": 0.0001,
                "blur": 1.0,
                "blur_every": 4,
                "clip": True,
            }
        ),
        # Mahendran & Vedaldi 2016, section 3.2, with the settings of their code (nnpreimage): total variation with a
        # power of 2, a bound of 160 of 255 on the norm of a color, a jitter of a quarter of AlexNet's last stride, a
        # ReLU leak of 0.05. Differs, besides what all pixel methods do (300 steps of AdaGrad with momentum): the
        # weight of the penalty is relative, and the soft bound, a penalty on the sixth power of the norm, is left out.
        "mahendran": MappingProxyType(
            {
                **_PIXELS,
                "step_size": 1.0,
                "total_variation_weight": 0.5,
                "total_variation_power": 2.0,
                "color_bound": 2.8,
                "jitter": 8,
                "relu_leak": 0.05,
            }
        ),
        # Walker et al. 2019, "most exciting inputs", with the settings of their code (inception_loop2019): the gradient
        # divided by frequency**0.2 and by its mean absolute value, a blur that falls from 1.5 pixels to 0, steps that
        # fall to 0, values within 0…255, noise of 8 of 255. Differs: 64 steps for 1000, a larger step size, and colors
        # (theirs are gray, 36 × 64 pixels, of a mouse's neuron). The mask around the neuron's receptive field, which
        # they make afterwards, is left out: a class has none.
        "mei": MappingProxyType(
            {
                **_PIXELS,
                "start_sd": 0.14,
                "step_size": 2.0,
                "anneal": 1.0,
                "gradient_decay_power": 0.2,
                "blur": 1.5,
                "blur_anneal": True,
                "clip": True,
            }
        ),
        # Fel et al. 2023, section 3.2: the Fourier magnitudes are those of photographs, the phases are optimized, and
        # the network sees random crops with noise. Differs: Adam for NAdam, a single crop at each of 64 steps for 6 at
        # each of 1000 (Horama) or 32 at each of 256 (Xplique), and larger crops: theirs are 25 to 30 % of 1280 pixels,
        # more than the network's input, and would be 60 pixels of an image that is itself of the input's size.
        "maco": MappingProxyType(
            {
                "parameterization": "phase",
                "optimizer": "adam",
                "steps": 64,
                "step_size": 0.15,
                "anneal": 0.5,
                "start_sd": 3.0,
                "crop": 0.8,
                "crop_max": 0.95,
                "noise": 0.01,
            }
        ),
        # Yin et al. 2020, equation 4: channel statistics as for photographs. Differs: on Fourier coefficients with
        # random transforms, for a single logit and not a cross-entropy, and with z-scores
        # (penalties.ChannelStatistics).
        "statistics": MappingProxyType({**_ROBUST, "steps": 64, "step_size": 0.08, "statistics_weight": 0.2}),
        # Ulyanov, Vedaldi & Lempitsky 2018: the weights of an untrained convolutional generator, with the learning rate
        # of their notebook for classes. Differs: a decoder for their hourglass with skip connections, no noise on its
        # input, random transforms as `robust`, and 512 steps for 3100: over four classes the logit is 6 after 64 steps,
        # 15 after 256 and 19 after 512, of which the last 128 add 8 %.
        "generator": MappingProxyType(
            {
                "parameterization": "generator",
                "optimizer": "adam",
                "steps": 512,
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
            ``target`` have no default. If a part is set to 0, such as ``blur``, the method's other fields of that part
            go with it.

    >>> compose("robust", {"steps": 128}, network="compact", weights="", target="fc8:340").steps
    128

    Raises:
        UnknownNameError: no such method, or a field that no recipe has.
        RecipeError: a value that a recipe cannot have; the message names field and value.
    """
    if not isinstance(method, str) or method not in METHODS:
        raise UnknownNameError(f"There is no method {quoted(method)}. {did_you_mean(str(method), METHODS)}")
    given = {**fields, **(overrides or {})}
    chosen = {**METHODS[method], **given}
    for name, needed in NEEDS.items():
        if needed in given and not given[needed] and name not in given:  # what belongs to a part goes with it
            chosen.pop(name, None)
    return Recipe(**{str(name): value for name, value in chosen.items()})
