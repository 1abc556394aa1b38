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
    start: str | None = None
    """A picture file to start from in place of noise, relative to mkdocs.yml."""
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


class ComparisonSettings(BaseModel):
    """The page that puts the methods of the literature side by side."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    classes: Annotated[list[str | int], Field(min_length=1, max_length=12)]
    """What each of them draws."""
    methods: Annotated[list[str], Field(min_length=1)] | None = None
    """Which of them; by default all."""


class PhotoSettings(BaseModel):
    """The page that starts from a photo."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    picture: str
    """A picture file, relative to mkdocs.yml."""
    label: Annotated[str | int, Field(alias="class")]
    """The class that it is drawn towards."""
    credit: Annotated[str, Field(max_length=200)] = ""
    """Who made the photo, and by what right it stands here."""
    feature_weights: Annotated[list[Annotated[float, Field(ge=0, le=100)]], Field(min_length=1, max_length=8)] = [
        0.5,
        0.2,
        0.0,
    ]
    """How much of the photo is to stay: a drawing for each."""


class DiversitySettings(BaseModel):
    """The page that shows how much drawings of one class differ."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    label: Annotated[str | int, Field(alias="class")]
    """The class."""
    seeds: Annotated[int, Field(ge=2, le=16)] = 3
    """How many drawings by seeds alone."""
    facets: Annotated[int, Field(ge=2, le=16)] = 3
    """How many by facets."""


Numbers = Literal["all"] | int | str | list[int | str]
"""Channels of a layer: all, one, a range such as ``0-31``, or a list of those."""


class UnitsSettings(BaseModel):
    """Channels of layers, each with a page of its own."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    layers: Literal["all"] | dict[str, Numbers]
    """Of which layers, and which of each."""
    method: str = ""
    """By which of the methods; by default the first."""
    seeds: Annotated[list[Annotated[int, Field(ge=0, lt=2**63)]], Field(min_length=1)] = [0]
    """One drawing of each for each of them."""
    negative: bool = False
    """Whether what silences each most is drawn as well."""


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
    comparison: ComparisonSettings | None = None
    """The methods of the literature side by side, such as `{classes: [zebra, volcano]}`, and which `methods` if not
    all; without it there is no such page, as with the next two."""
    photo: PhotoSettings | None = None
    """Drawings that start from a photo of yours, such as `{picture: docs/cat.jpg, class: tiger}`, and how much of it
    is kept (`feature_weights`: [0.5, 0.2, 0.0]), and whom to `credit`."""
    diversity: DiversitySettings | None = None
    """How much drawings of one class differ, such as `{class: zebra}`, and how many are drawn by `seeds` (3) and by
    `facets` (3)."""
    units: Literal["all"] | UnitsSettings | None = None
    """Channels with pages of their own, below `/network/`: `all` of all layers, or
    `{layers: {conv4: all, conv5: [0-31, 117]}}`, with the `method` (the first), the `seeds` ([0]), and whether the
    `negative` of each, what silences it most, is drawn as well."""
    photos: str | None = None
    """A folder of pictures of yours, relative to mkdocs.yml: each channel's page shows those that excite it most."""
    sounds: bool = False
    """Whether there is a page on which activation maximization is heard: a small network in the package tells
    eight kinds of sound apart, and draws each of them."""
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
    `bicycle: mountain bike`: the page then says so, and `/gallery/bicycle/` leads to it. `everything: all`
    is all 1000 classes, and `animals: [0-397]` those of a range of indices."""

    @field_validator("groups", mode="before")
    @classmethod
    def _all_is_a_line(cls, groups: object) -> object:
        if not isinstance(groups, dict):
            return groups
        return {name: ["all"] if lines == "all" else lines for name, lines in groups.items()}
