"""A recipe: one drawing, fully described by scalars; its digest names the files. Needs no torch.

What is *asked* is a recipe's; what *happened* (device, executed precision, versions, duration) is
provenance and stands beside the drawing, so that a store made on one machine serves another.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from actmax.errors import RecipeError, UnknownNameError, did_you_mean
from actmax.recipe.target import parse

ALGORITHM = 1
"""Revision of the arithmetic. Raise it with any change that alters what a recipe draws: every
drawing is then made again. A golden test fails when the arithmetic changes and this does not."""

METHODS: dict[str, dict[str, Any]] = {
    # The equation of the write-up, x + α ∇h, and nothing else (Erhan et al. 2009, section 3).
    "plain": {
        "parameterization": "pixels",
        "optimizer": "ascent",
        "steps": 1000,
        "step_size": 2.0,
        "start_sd": 0.01,
    },
    # What makes a drawing recognisable: ascent in a decorrelated Fourier space, on a network that
    # sees the picture shifted, scaled and turned anew at each step (Olah et al. 2017, "The Enemy
    # of Feature Visualization").
    "robust": {
        "parameterization": "fourier",
        "optimizer": "adam",
        "steps": 256,
        "step_size": 0.04,
        "anneal": 0.5,
        "start_sd": 0.01,
        "decay": 1.3,
        "decorrelate": True,
        "jitter": 12,
        "scale": 0.1,
        "rotate": 5.0,
    },
    # The same on the weights of an untrained convolutional generator instead of the picture's waves.
    "generator": {
        "parameterization": "generator",
        "optimizer": "adam",
        "steps": 256,
        "step_size": 0.01,
        "start_sd": 1.0,
        "jitter": 12,
        "scale": 0.1,
        "rotate": 5.0,
    },
}
"""What each named method fills in; any field may be overridden."""


class Recipe(BaseModel):
    """One drawing, fully described. Frozen, hashable, scalars only."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", strict=True, allow_inf_nan=False, use_attribute_docstrings=True
    )

    algorithm: int = ALGORITHM
    network: str
    """Identity in the registry: ``alexnet``, ``compact``, or a torchvision classifier."""
    weights: str
    """The first 16 hexadecimal digits of the SHA-256 of the weights file (8 for torchvision's own
    files, which are named by them)."""
    target: str
    """What is maximised, in the grammar of :mod:`actmax.recipe.target`."""
    parameterization: Literal["pixels", "fourier", "generator"]
    """What moves: the ``pixels`` themselves, the ``fourier`` coefficients of the picture, or the
    weights of an untrained ``generator``."""
    optimizer: Literal["ascent", "adam"]
    """How it moves: ``ascent`` is x + α ∇h, ``adam`` is Adam's step uphill."""
    steps: Annotated[int, Field(ge=1, le=100_000)]
    """Steps of gradient ascent."""
    step_size: Annotated[float, Field(gt=0)]
    """α: in normalised pixels per unit of gradient for ``ascent``, Adam's rate for ``adam``."""
    anneal: Annotated[float, Field(ge=0, le=1)] = 0.0
    """The last part of the steps, over which Adam's step size falls to zero; 0 with ``ascent``."""
    start_sd: Annotated[float, Field(ge=0)]
    """Standard deviation of the noise at the start: of the normalised pixels, or of the coefficients."""
    decay: Annotated[float, Field(ge=0)] = 0.0
    """Power of 1/frequency that scales the Fourier coefficients; 0 with pixels."""
    decorrelate: bool = False
    """Whether colours are ImageNet's decorrelated ones; false with pixels."""
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
        if self.parameterization != "fourier" and (self.decay or self.decorrelate):
            raise ValueError(f"decay and decorrelate belong to 'fourier', not to {self.parameterization!r}")
        if self.optimizer == "ascent" and self.anneal:
            raise ValueError("anneal belongs to optimizer 'adam': ascent takes one step size for all steps")
        if self.jitter >= self.size:
            raise ValueError(f"jitter {self.jitter} would shift a picture of size {self.size} out of itself")
        return self

    def digest(self) -> str:
        """The name of this drawing: 16 hexadecimal digits of a SHA-256 over all fields."""
        text = json.dumps(self.model_dump(), sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(text.encode()).hexdigest()[:16]

    def batch_key(self) -> tuple[Any, ...]:
        """Equal for recipes that may share a batch: all is equal but the seed and the channels."""
        target = parse(self.target)
        asked = self.model_dump(exclude={"target", "seed"})
        return (target.layer, bool(target.channels), target.place, *asked.values())


OVERRIDABLE = tuple(
    name
    for name in Recipe.model_fields
    if name not in ("algorithm", "network", "weights", "target", "seed", "size", "precision")
)
"""The fields that make up a method; the others say what is drawn, and how large and exact."""


def compose(method: str = "robust", overrides: Mapping[str, Any] | None = None, **fields: Any) -> Recipe:
    """A recipe from a named method, the author's overrides, and the rest of the fields.

    Raises:
        UnknownNameError: no such method, or a field that no recipe has.
        RecipeError: a value that a recipe cannot have; the message names field and value.
    """
    if method not in METHODS:
        raise UnknownNameError(f"There is no method {method!r}. {did_you_mean(method, METHODS)}")
    chosen = {**METHODS[method], **fields, **(overrides or {})}
    for name in chosen:
        if name not in Recipe.model_fields:
            raise UnknownNameError(f"A recipe has no field {name!r}. {did_you_mean(name, Recipe.model_fields)}")
    try:
        return Recipe(**chosen)
    except ValidationError as error:
        raise RecipeError("; ".join(explain(error))) from None


def explain(error: ValidationError) -> list[str]:
    """pydantic's findings in plain words, each with the key and the value: ``steps: -5 (…)``."""
    findings = []
    for finding in error.errors(include_url=False):
        key = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in finding["loc"]).lstrip(".")
        words = finding["msg"].removeprefix("Value error, ")
        if not key:
            findings.append(words)
        elif finding["type"] == "missing":  # its input is everything else that was given
            findings.append(f"{key}: {words[0].lower()}{words[1:]}")
        else:
            findings.append(f"{key}: {words[0].lower()}{words[1:]}, not {finding['input']!r}")
    return findings
