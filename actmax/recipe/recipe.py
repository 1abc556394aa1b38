"""A recipe: one drawing, fully described by scalars; its digest names the files. Needs no torch.

What is *asked* is a recipe's; what *happened* (device, executed precision, versions, duration) is
provenance and stands beside the drawing, so that a store made on one machine serves another.
"""

from __future__ import annotations

import json
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from actmax import files
from actmax.recipe.target import parse

ALGORITHM = 1
"""Revision of the arithmetic. Raise it with any change that alters what a recipe draws: every
drawing is then made again. A golden test fails when the arithmetic changes and this does not."""

OWNERS = {
    "decay_power": ("parameterization", "fourier"),
    "decorrelate": ("parameterization", "fourier"),
    "anneal": ("optimizer", "adam"),
    "norm": ("parameterization", "pixels"),
    "l2_decay": ("parameterization", "pixels"),
    "blur": ("parameterization", "pixels"),
    "clip": ("parameterization", "pixels"),
}
"""Fields that only one choice of another field uses; with any other choice they stay as they are by default."""


class Recipe(BaseModel):
    """One drawing, fully described. Frozen, hashable, scalars only."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", strict=True, allow_inf_nan=False, use_attribute_docstrings=True
    )

    algorithm: int = ALGORITHM
    network: str
    """Its name: ``alexnet``, ``compact``, a torchvision classifier, or ``timm/`` and the name of one of timm's."""
    weights: str
    """The first 16 hexadecimal digits of the SHA-256 of the weights file (8 for torchvision's own
    AlexNet, whose file is named by them)."""
    target: str
    """What is maximised, in the grammar of :mod:`actmax.recipe.target`."""
    parameterization: Literal["pixels", "fourier", "phase", "generator"]
    """What moves: the ``pixels`` themselves, the ``fourier`` coefficients of the picture, their ``phase`` alone, while
    their strengths are those of photographs, or the weights of an untrained ``generator``."""
    optimizer: Literal["ascent", "adam"]
    """How it moves: ``ascent`` is x + α ∇h, ``adam`` is Adam's step uphill."""
    steps: Annotated[int, Field(ge=1, le=100_000)]
    """Steps of gradient ascent."""
    step_size: Annotated[float, Field(gt=0)]
    """α: for ``ascent`` in units of what moves (normalised pixels, coefficients, weights) per unit of gradient; for
    ``adam`` its rate."""
    anneal: Annotated[float, Field(ge=0, le=1)] = 0.0
    """The last part of the steps, over which Adam's step size falls to zero; 0 with ``ascent``."""
    start_sd: Annotated[float, Field(ge=0)]
    """Standard deviation of the noise at the start: of the normalised pixels, of the coefficients, of the phases in
    radians, or of the generator's weights in units of He's deviation."""
    decay_power: Annotated[float, Field(ge=0)] = 0.0
    """Power of 1/frequency that scales the Fourier coefficients; 0 with anything else."""
    decorrelate: bool = False
    """Whether colours are ImageNet's decorrelated ones; with ``fourier`` only."""
    total_variation_weight: Annotated[float, Field(ge=0, le=100)] = 0.0
    """Weight of a penalty on differences of neighbouring pixels, as a part of the steepness of the
    objective's own slope."""
    normalize_gradient: bool = False
    """Whether the objective's slope at the picture is given 1 for the mean size of its numbers, so that a step size
    fits every network; it always is where a penalty is weighed against it."""
    l2_weight: Annotated[float, Field(ge=0, le=1000)] = 0.0
    """Weight of a penalty on the squared distance from middle grey: each value is pulled back by so many times its
    distance, against a slope of the objective with 1 for the mean size of its numbers."""
    statistics_weight: Annotated[float, Field(ge=0, le=100)] = 0.0
    """Weight of a penalty on means and deviations of the network's channels unlike those that photographs cause, as a
    part of the steepness of the objective's own slope. They are known for the compact network."""
    gradient_blur: Annotated[float, Field(ge=0, le=20)] = 0.0
    """Deviation in pixels of a Gaussian that blurs the objective's slope before each step; 0: none."""
    norm: Annotated[float, Field(ge=0, le=100)] = 0.0
    """Root mean square to which the normalised pixels are scaled after each step; 0: they are left as they are. With
    ``pixels`` only, as the next four."""
    l2_decay: Annotated[float, Field(ge=0, lt=1)] = 0.0
    """What part of itself each normalised pixel loses after each step."""
    blur: Annotated[float, Field(ge=0, le=20)] = 0.0
    """Deviation in pixels of a Gaussian that blurs the picture after every `blur_every` steps; 0: none."""
    blur_every: Annotated[int, Field(ge=1, le=100_000)] = 1
    """After how many steps each time."""
    clip: bool = False
    """Whether values outside what a picture can show are clipped after each step."""
    start: Annotated[str, Field(pattern=r"^([0-9a-f]{16})?$")] = ""
    """The first digits of the SHA-256 of a picture file to start from in place of noise; empty: noise."""
    feature_weight: Annotated[float, Field(ge=0, le=100)] = 0.0
    """Weight of a penalty on the distance from what `feature_layer` makes of the picture at the start, as a part of the
    steepness of the objective's own slope: the larger, the more of that picture stays."""
    feature_layer: Annotated[str, Field(pattern=r"^([A-Za-z_][\w.]{0,200})?$")] = ""
    """The layer whose answer is to stay as it is."""
    facets: Annotated[int, Field(ge=0, le=64)] = 0
    """Where the target is a class: into how many shares the units that speak for it are dealt, so that each drawing
    climbs by its own share; 0: by all of them."""
    facet: Annotated[int, Field(ge=0, lt=64)] = 0
    """Which share, from 0."""
    canvas: Annotated[int, Field(ge=0, le=2048)] = 0
    """Width and height at which the picture is drawn, where that is smaller than `size`; the finished one is
    enlarged. 0: as `size`."""
    logsumexp_weight: Annotated[float, Field(ge=0, le=1)] = 0.0
    """Where the target is a class: what part of the logarithm of the sum of all classes' exponentials the slope takes
    off its logit, so that classes ahead of it are pushed down; 0 climbs the logit itself."""
    relu_leak: Annotated[float, Field(ge=0, le=1)] = 0.0
    """What part of the slope passes back through a ReLU that is off; 0 is the gradient itself. Other activations, and
    ReLUs that a network calls as functions, keep their own slope."""
    gradient_window: Annotated[float, Field(ge=0, le=10)] = 0.0
    """Width of the middle, where the objective's slope counts most: the deviation of a Gaussian, in halves of the
    picture's width; 0: it counts alike everywhere."""
    jitter: Annotated[int, Field(ge=0)] = 0
    """Largest shift at each step, in pixels either way."""
    scale: Annotated[float, Field(ge=0, lt=1)] = 0.0
    """Largest change of scale at each step, as a part of 1 either way."""
    rotate: Annotated[float, Field(ge=0, le=180)] = 0.0
    """Largest turn at each step, in degrees either way."""
    seed: Annotated[int, Field(ge=0, lt=2**63)] = 0
    """Of the noise at the start and of the random transforms."""
    size: Annotated[int, Field(ge=64, le=2048)] = 224
    """Width and height of the drawing, in pixels."""
    precision: Literal["auto", "fp32", "bf16"] = "auto"
    """Arithmetic inside the network as asked; the image itself is always float32."""

    @field_validator("target")
    @classmethod
    def _canonical(cls, target: str) -> str:
        return str(parse(target))

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        for name, (field, choice) in OWNERS.items():
            if getattr(self, name) and getattr(self, field) != choice:
                raise ValueError(f"{name} belongs to {field} {choice!r}, not to {getattr(self, field)!r}")
        if bool(self.feature_weight) != bool(self.feature_layer):
            raise ValueError(
                "feature_weight and feature_layer belong together: how strongly features are kept, and of which layer"
            )
        if self.feature_weight and not self.start:
            raise ValueError("feature_weight holds on to the features of the start image: give one (start)")
        if self.start and self.parameterization == "generator":
            raise ValueError("a generator cannot start from a picture (start): pixels, fourier and phase can")
        if self.facet >= max(self.facets, 1):
            raise ValueError(f"facet {self.facet} is none of the {self.facets} (facets), which are counted from 0")
        if self.facets and parse(self.target).unit is None:
            raise ValueError(f"facets belong to a class, not to {self.target!r}")
        if self.jitter >= self.side:
            raise ValueError(f"jitter {self.jitter} would shift a picture of size {self.side} out of itself")
        return self

    @property
    def side(self) -> int:
        """Width and height at which it is drawn."""
        return min(self.canvas or self.size, self.size)

    def identity(self) -> dict[str, Any]:
        """What makes this drawing another than any other: the fields that differ from the defaults.

        A field that is added later, with a default under which everything stays as it was, is in no
        older recipe's identity. The revision of the arithmetic always is, since its default moves.
        """
        return {"algorithm": self.algorithm} | self.model_dump(exclude_defaults=True)

    def digest(self) -> str:
        """The name of this drawing: the first digits of a SHA-256 over its :meth:`identity`."""
        return files.digest(json.dumps(self.identity(), sort_keys=True, separators=(",", ":")).encode())
