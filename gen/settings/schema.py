"""The keys of `extra.gallery` in mkdocs.yml, their types, ranges and defaults."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator

from actmax.errors import ActmaxError
from actmax.recipe import DEFAULT

KEY = "extra.gallery"


class SettingsError(ActmaxError):
    """Something under ``extra: gallery:`` that cannot be."""


class MethodSettings(BaseModel):
    """One way of drawing: a preset, what differs from it, and which groups it is used for."""

    model_config = ConfigDict(frozen=True, extra="allow", strict=True)

    preset: str = ""
    """The preset to start from; by default the one that the method is named after."""
    groups: list[str] | None = None
    """The groups that are drawn so; all of them by default."""


class WalkSettings(BaseModel):
    """The page that follows one picture through the network."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, use_attribute_docstrings=True)

    picture: str | None = None
    """A picture file of the author's, relative to mkdocs.yml; by default the drawing of `class`."""
    label: Annotated[str | int, Field(alias="class")]
    """The class whose drawing is walked through, and that the figures of the write-up are about."""
    channels: Annotated[int, Field(ge=1, le=64)] = 4
    """How many of each layer's channels are shown, with a drawing of each."""
    steps: Annotated[int, Field(ge=1, le=100_000)] = 64
    """Steps of the drawings that are made for the write-up alone."""


class SecondSettings(BaseModel):
    """A network that is shown what another one drew."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    network: str
    weights: str | None = None
    """A weights file, relative to mkdocs.yml."""


class Settings(BaseModel):
    """What to draw, and how. Every key has a default but the classes."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, use_attribute_docstrings=True)

    network: str = "auto"
    """`alexnet` is torchvision's ImageNet AlexNet, downloaded once; `compact` is the small AlexNet
    inside the package; any other name is a classifier of torchvision (`squeezenet1_0`) or of timm
    (`timm/resnet18.a1_in1k`), and needs `weights`. `auto` takes `alexnet` if its weights can be had,
    and else `compact`, with a warning; it decides once per store, and `actmax doctor --retry` decides
    anew."""

    @field_validator("network", mode="before")
    @classmethod
    def _empty_is_auto(cls, network: object) -> object:
        """An environment variable that is set to nothing chooses nothing."""
        return "auto" if network in (None, "") else network

    weights: str | None = None
    """A weights file, relative to mkdocs.yml: a pickled state dict, or safetensors."""
    precision: Literal["auto", "fp32", "bf16"] = "auto"
    """Arithmetic inside the network; `auto` is bfloat16 where the hardware is fast at it."""
    second_opinion: SecondSettings | Literal[False] | None = None
    """Another network that is shown each drawing, such as `{network: squeezenet1_0, weights: FILE}`;
    without a word `efficientnet-lite0`, which is of another family than the networks that draw. `false`:
    none."""
    size: Annotated[int, Field(ge=64, le=2048)] = 224
    """Width and height of the drawings in pixels."""
    seeds: Annotated[list[Annotated[int, Field(ge=0, lt=2**63)]], Field(min_length=1)] = [0]
    """One drawing of each class and method for each of them."""
    walk: WalkSettings | None = None
    """What the write-up's own figures are about, such as `{class: zebra}`; without it they are not
    drawn. Beside `class` there are a `picture` of yours to walk through the network instead of the
    drawing of the class, how many `channels` of each layer are shown (4), and the `steps` of these
    drawings (64)."""
    live: bool = True
    """Whether readers may draw in their browsers: the engine and the compact network's weights (7.7 MB, fetched when a
    reader asks) become part of the site."""
    store: str = ".cache"
    """Where drawings are kept, relative to mkdocs.yml. It may be committed: then nobody draws them
    twice."""
    methods: Annotated[dict[str, MethodSettings | None], Field(min_length=1)] = {DEFAULT: None}
    """Ways of drawing, by name; the first that a class has is the one its page shows first."""
    groups: Annotated[
        dict[str, Annotated[list[str | int | dict[str, str | int]], Field(min_length=1)]], Field(min_length=1)
    ]
    """The class set, in named groups. A class is given by name (`zebra`), index (`340`) or WNID
    (`n02391049`). Where ImageNet has no class for your word, say what stands for it, such as
    `bicycle: mountain bike`: the page then says so, and `/gallery/bicycle/` leads to it."""
