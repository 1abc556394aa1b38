"""A recipe: one drawing, fully described by scalars; its digest names the files. Needs no torch.

A recipe holds what was requested. What happened (device, executed precision, versions, duration) is provenance and is
recorded beside the drawing, so that a store made on one machine serves another.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, ValidationInfo, field_validator, model_validator

from actmax import files
from actmax.errors import RecipeError, UnknownNameError, did_you_mean, quoted, validation_messages
from actmax.recipe.renamed import RENAMED
from actmax.recipe.target import parse

ALGORITHM = 2
"""Revision of the arithmetic. Raise it with any change that alters what a recipe draws: every drawing is then made
again. A golden test fails when the arithmetic changes and this does not."""

OWNERS = {
    "decay_power": ("parameterization", "fourier"),
    "decorrelate": ("parameterization", "fourier"),
    "contrast_limit": ("parameterization", "fourier"),
    "norm": ("parameterization", "pixels"),
    "l2_decay": ("parameterization", "pixels"),
    "blur": ("parameterization", "pixels"),
    "clip_norm": ("parameterization", "pixels"),
    "clip_contribution": ("parameterization", "pixels"),
    "color_bound": ("parameterization", "pixels"),
    "clip": ("parameterization", "pixels"),
}
"""Fields that only one choice of another field uses; with any other choice they keep their defaults."""

NEEDS = {
    "blur_every": "blur",
    "blur_anneal": "blur",
    "total_variation_power": "total_variation_weight",
    "excess_variation_limit": "excess_variation_weight",
    "crop_max": "crop",
    "facet": "facets",
    "feature_layer": "feature_weight",
}
"""Fields that act only where another field is not 0; without it they keep their defaults."""


class Recipe(BaseModel):
    """One drawing, fully described. Frozen, hashable, scalars only.

    Raises:
        UnknownNameError: a field that no recipe has; the nearest is named.
        RecipeError: a value that the field cannot have, or fields that do not fit together.
    """

    model_config = ConfigDict(
        frozen=True, extra="forbid", strict=True, allow_inf_nan=False, use_attribute_docstrings=True
    )

    algorithm: Annotated[int, Field(ge=1, le=1_000_000)] = ALGORITHM
    network: str
    """Its name: ``alexnet``, ``compact``, a torchvision classifier, or ``timm/`` and the name of one of timm's."""
    weights: str
    """The first 16 hexadecimal digits of the SHA-256 of the weights file (8 for torchvision's own AlexNet, whose file
    is named by them)."""
    target: str
    """What is maximized, in the grammar of :mod:`actmax.recipe.target`."""
    parameterization: Literal["pixels", "fourier", "phase", "generator"]
    """What is optimized: the ``pixels`` themselves, the ``fourier`` coefficients of the image, their ``phase`` alone
    (with the magnitudes of photographs), or the weights of an untrained ``generator``."""
    optimizer: Literal["ascent", "adam"]
    """``ascent`` is x + α ∇h; ``adam`` is Adam."""
    steps: Annotated[int, Field(ge=1, le=100_000)]
    """Steps of gradient ascent."""
    step_size: Annotated[float, Field(gt=0)]
    """α: for ``ascent`` in units of the parameters (normalized pixels, coefficients, weights) per unit of gradient; for
    ``adam`` its rate."""
    anneal: Annotated[float, Field(ge=0, le=1)] = 0.0
    """The last part of the steps, over which the step size falls to zero."""
    start_sd: Annotated[float, Field(ge=0)]
    """Standard deviation of the noise at the start: of the normalized pixels, of the coefficients, of the phases in
    radians, or of the generator's weights in units of He's standard deviation. A `start` image gets no noise."""
    decay_power: Annotated[float, Field(ge=0)] = 0.0
    """Power of 1/frequency that scales the Fourier coefficients; with ``fourier`` only."""
    decorrelate: bool = False
    """Whether colors are ImageNet's decorrelated ones; with ``fourier`` only."""
    contrast_limit: Annotated[float, Field(ge=0, le=100)] = 0.0
    """Largest standard deviation of the image before the sigmoid, with ``fourier`` only; photographs have 1.1 to 1.6.
    0: none."""
    total_variation_weight: Annotated[float, Field(ge=0, le=100)] = 0.0
    """Weight of a penalty on total variation, relative to the objective's gradient."""
    total_variation_power: Annotated[float, Field(ge=1, le=2)] = 1.0
    """The power to which the penalty raises the length of the image's spatial gradient at each pixel."""
    excess_variation_weight: Annotated[float, Field(ge=0, le=100)] = 0.0
    """Weight of a penalty on total variation along rows and columns, relative to the objective's gradient, which acts
    only on an image with more of it than `excess_variation_limit`."""
    excess_variation_limit: Annotated[float, Field(ge=0, le=10)] = 0.18
    """That limit, as a part of the image's standard deviation; photographs have 0.18 to 0.37."""
    normalize_gradient: bool = False
    """Whether the objective's gradient at the image is scaled to a mean absolute value of 1, so that a step size fits
    every network; with a relative penalty it always is."""
    l2_weight: Annotated[float, Field(ge=0, le=1000)] = 0.0
    """Weight of a penalty on half the squared distance from middle gray, whose gradient is the distance; the
    objective's gradient is then normalized, too."""
    statistics_weight: Annotated[float, Field(ge=0, le=100)] = 0.0
    """Weight of a penalty on channels whose means and standard deviations differ from those that photographs cause,
    relative to the objective's gradient. They have been measured for the compact network."""
    gradient_blur: Annotated[float, Field(ge=0, le=20)] = 0.0
    """Standard deviation in pixels of a Gaussian that blurs the objective's gradient; 0: none."""
    gradient_decay_power: Annotated[float, Field(ge=0, le=4)] = 0.0
    """Power of the frequency by which the objective's gradient is divided; 0: none."""
    norm: Annotated[float, Field(ge=0, le=100)] = 0.0
    """Root mean square to which the normalized pixels are scaled after each step; 0: they are not. With ``pixels``
    only, as the next eight."""
    l2_decay: Annotated[float, Field(ge=0, lt=1)] = 0.0
    """The part of itself that each normalized pixel loses after each step."""
    blur: Annotated[float, Field(ge=0, le=20)] = 0.0
    """Standard deviation in pixels of a Gaussian that blurs the image after every `blur_every` steps; 0: none."""
    blur_every: Annotated[int, Field(ge=1, le=100_000)] = 1
    """Number of steps between two blurs."""
    blur_anneal: bool = False
    """Whether the standard deviation of `blur` falls to 0 over the steps."""
    clip_norm: Annotated[float, Field(ge=0, lt=1)] = 0.0
    """The part of the pixels that is set to the color of the mean photograph after each step: those that are nearest to
    it."""
    clip_contribution: Annotated[float, Field(ge=0, lt=1)] = 0.0
    """The part of the pixels that is set to that color after each step: those that contribute least to the
    activation."""
    color_bound: Annotated[float, Field(ge=0, le=100)] = 0.0
    """Largest distance of a normalized pixel's color from that of the mean photograph, to which it is scaled down after
    each step; 0: none."""
    clip: bool = False
    """Whether pixels are clipped to the range of an image after each step."""
    start: Annotated[str, Field(pattern=r"^([0-9a-f]{16})?$")] = ""
    """The first digits of the SHA-256 of an image file to start from; empty: noise."""
    feature_weight: Annotated[float, Field(ge=0, le=100)] = 0.0
    """Weight of a penalty on the distance from the start image's features in `feature_layer`, relative to the
    objective's gradient: the larger, the more of that image stays."""
    feature_layer: Annotated[str, Field(pattern=r"^([A-Za-z0-9_][A-Za-z0-9_.-]{0,200})?$")] = ""
    """The layer of these features."""
    facets: Annotated[int, Field(ge=0, le=64)] = 0
    """For a class: into how many shares the units with a positive weight for it are dealt, of which each drawing's
    gradient reaches one; 0: all units."""
    facet: Annotated[int, Field(ge=0, lt=64)] = 0
    """Which share, from 0."""
    canvas: Annotated[int, Field(ge=0, le=2048)] = 0
    """Width and height at which the image is optimized, if smaller than `size`; the result is enlarged. 0: as
    `size`."""
    margin_weight: Annotated[float, Field(ge=0, le=1)] = 0.0
    """For a class: the gradient is that of its logit minus this part of the largest logit, so that a class ahead of it
    is pushed down. Always 0 for any other target."""
    relu_leak: Annotated[float, Field(ge=0, le=1)] = 0.0
    """The part of the gradient that passes a ReLU that is off; 0 is the true gradient. Other activations, and ReLUs
    that a network calls as functions, keep their own gradient."""
    gradient_window: Annotated[float, Field(ge=0, le=10)] = 0.0
    """Standard deviation, in halves of the image's width, of a Gaussian that weighs the objective's gradient around the
    center; 0: none."""
    jitter: Annotated[int, Field(ge=0)] = 0
    """Largest shift at each step, in pixels either way."""
    scale: Annotated[float, Field(ge=0, lt=1)] = 0.0
    """Largest change of scale at each step, as a part of 1 either way."""
    rotate: Annotated[float, Field(ge=0, le=180)] = 0.0
    """Largest rotation at each step, in degrees either way."""
    crop: Annotated[float, Field(ge=0, le=1)] = 0.0
    """Height and width of a random crop that the network sees, as a part of the image's; 0: the whole image."""
    crop_max: Annotated[float, Field(ge=0, le=1)] = 0.0
    """That of the largest crop, if they are of random sizes from `crop` on; 0: all are of one size."""
    noise: Annotated[float, Field(ge=0, le=1)] = 0.0
    """Standard deviation of the Gaussian noise that is added to what the network sees, in units of the range of an
    image."""
    views: Annotated[int, Field(ge=1, le=64)] = 1
    """Random views of the image that each step averages over."""
    seed: Annotated[int, Field(ge=0, lt=2**63)] = 0
    """Of the noise at the start and of the random transforms."""
    size: Annotated[int, Field(ge=16, le=2048)] = 224
    """Width and height of the drawing, in pixels."""
    precision: Literal["auto", "fp32", "bf16"] = "auto"
    """Arithmetic inside the network as requested; the image itself is always float32."""

    if not TYPE_CHECKING:  # for which pydantic knows the fields

        def __init__(self, **fields: Any) -> None:
            known = type(self).model_fields
            for name in fields:
                if name in RENAMED:
                    raise UnknownNameError(f"The field {name!r} of a recipe is now called {RENAMED[name]!r}.")
                if name not in known:
                    raise UnknownNameError(f"A recipe has no field {quoted(name)}. {did_you_mean(name, known)}")
            try:
                super().__init__(**fields)
            except ValidationError as error:
                raise RecipeError("; ".join(validation_messages(error))) from None

    @field_validator("target")
    @classmethod
    def _canonical(cls, target: str, info: ValidationInfo) -> str:
        return str(parse(target).canonical(info.data.get("network", "")))

    @field_validator("margin_weight")
    @classmethod
    def _of_a_class(cls, weight: float, info: ValidationInfo) -> float:
        target = info.data.get("target")
        return weight if target is None or parse(target).is_class(info.data.get("network", "")) else 0.0

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        if self.crop_max and not 0 < self.crop <= self.crop_max:
            raise ValueError(
                f"crop_max {self.crop_max:g} is the size of the largest crop; the smallest (crop) must be above 0 and "
                f"no larger, not {self.crop:g}"
            )
        if self.views > 1 and not any((self.jitter, self.scale, self.rotate, self.crop, self.noise)):
            raise ValueError(
                f"{self.views} views of a step (views) would be the same: a random transform is needed, such as jitter"
            )
        if self.blur_anneal and not self.blur:
            raise ValueError("blur_anneal lets a blur fall to 0: give its standard deviation (blur)")
        if self.blur_every > 1 and not self.blur:
            raise ValueError("blur_every is the number of steps between blurs: give their standard deviation (blur)")
        for name in ("total_variation_power", "excess_variation_limit"):
            if getattr(self, name) != type(self).model_fields[name].default and not getattr(self, NEEDS[name]):
                raise ValueError(f"{name} belongs to a penalty: give its weight ({NEEDS[name]})")
        for name, (field, choice) in OWNERS.items():
            if getattr(self, name) and getattr(self, field) != choice:
                raise ValueError(f"{name} belongs to {field} {choice!r}, not to {getattr(self, field)!r}")
        if bool(self.feature_weight) != bool(self.feature_layer):
            raise ValueError(
                "feature_weight and feature_layer belong together: how strongly to keep which layer's features"
            )
        if self.feature_weight and not self.start:
            raise ValueError("feature_weight keeps the features of a start image: name one (start)")
        if self.start and self.parameterization == "generator":
            raise ValueError("a generator cannot start from an image (start): pixels, fourier and phase can")
        if self.facet >= max(self.facets, 1):
            raise ValueError(f"facet {self.facet} is none of the {self.facets} (facets), which are counted from 0")
        if self.facets and not parse(self.target).is_class(self.network):
            raise ValueError(f"facets belong to a class, not to {self.target!r}")
        if self.jitter >= self.side:
            raise ValueError(f"jitter {self.jitter} would shift an image of size {self.side} out of itself")
        return self

    @property
    def side(self) -> int:
        """Width and height at which it is optimized."""
        return min(self.canvas or self.size, self.size)

    def identity(self) -> dict[str, Any]:
        """Return what distinguishes this drawing from any other: the fields that differ from the defaults.

        A field that is added later, with a default under which nothing changes, is in no older recipe's identity. The
        revision of the arithmetic always is, since its default changes.
        """
        return {"algorithm": self.algorithm} | self.model_dump(exclude_defaults=True)

    def digest(self) -> str:
        """Return the name of this drawing: the first digits of a SHA-256 over its :meth:`identity`."""
        return files.digest(json.dumps(self.identity(), sort_keys=True, separators=(",", ":")).encode())
