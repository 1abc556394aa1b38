"""The keys of `extra.gallery` in mkdocs.yml: types, ranges and defaults, and the class or channel that a word names."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import chain
from math import isfinite
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PrivateAttr,
    ValidationInfo,
    model_validator,
)

from actmax.errors import UnknownNameError, did_you_mean, quoted
from actmax.files import DIGITS
from actmax.networks import labels
from actmax.networks.class_set import ClassSet
from actmax.networks.description import Description
from actmax.networks.labels import Label
from actmax.recipe import DEFAULT, METHODS, OVERRIDABLE, RENAMED, accentuation
from gen.compared import COMPARED
from gen.settings.faults import fault, refuse_unknown
from gen.settings.units import Span, span, spans

NEGATIVE = "negative"
"""The name that drawings which minimize a channel have instead of their method's."""
PENDING = "0" * DIGITS
"""Name of a start picture in recipes before its file has been read."""


@dataclass(frozen=True)
class Member:
    """One class of a group."""

    word: str
    """What the author calls it: ``puma``."""
    label: Label
    """The class that is drawn."""
    stand_in: bool
    """Whether the class stands for a word that is none of its names."""


def addresses_of(label: Label) -> tuple[str, ...]:
    """What leads to a class on every site, as slugs: its name, index and WNID."""
    name = labels.slugify(label.name)
    return (label.slug, name, f"{name}-{label.index}", *label.keys)


def _classes(info: ValidationInfo) -> ClassSet:
    """The classes of the network, by which names are read."""
    return info.context if isinstance(info.context, ClassSet) else ClassSet()


def _class(word: Any, info: ValidationInfo) -> Label:
    try:
        return _classes(info).resolve(word)
    except UnknownNameError as error:
        raise fault(f"is {quoted(word)}: {error}") from None


def _path(named: str) -> str:
    try:
        return str(Path(named).expanduser())
    except RuntimeError:  # ~somebody
        raise fault(f"is {named!r}: there is no such user's folder.") from None


def _compared(name: str) -> str:
    names = [method.name for method in COMPARED]
    if name not in names:
        raise fault(f"is {quoted(name)}. {did_you_mean(name, names)}")
    return name


def _preset(name: str) -> str:
    if name not in METHODS:
        raise fault(f"is {quoted(name)}. {did_you_mean(name, METHODS)}")
    return name


def _members(line: Any, info: ValidationInfo) -> tuple[Member, ...]:
    """The classes of one line of a group: ``zebra``, ``340``, ``all``, ``0-397``, ``{bicycle: mountain bike}``."""
    known = _classes(info)
    if line == "all":
        return tuple(Member(label.name, label, stand_in=False) for label in known.labels)
    numbers = span(line) if isinstance(line, str) and not known.has_name(line) else None
    if numbers and numbers.first != numbers.last:
        if numbers.first > numbers.last or numbers.last >= len(known):
            last = len(known) - 1
            raise fault(f"is {quoted(line)}: a range of classes is written like 0-397, from 0 to {last} at most.")
        classes = known.labels[numbers.first : numbers.last + 1]
        return tuple(Member(label.name, label, stand_in=False) for label in classes)
    word = ""
    if isinstance(line, Mapping):
        if len(line) != 1:
            raise fault(f"is {quoted(line)}: write one `word: class` in a line.")
        ((word, line),) = line.items()
        if not isinstance(word, str) or not labels.url_name(word):
            raise fault(f"is {quoted({word: line})}: the word needs letters or digits, since it is part of a URL.")
    try:
        label = known.resolve(line)
    except UnknownNameError as error:
        whose = "ImageNet has" if known.is_imagenet else "the network has"
        raise fault(
            f"is {quoted(line)}: {error} If {whose} no such class, write which one stands for it: `- word: class`."
        ) from None
    if not word and known.is_imagenet and isinstance(line, str) and labels.slugify(line) not in addresses_of(label):
        word = line.strip()
    return (Member(word or label.name, label, stand_in=bool(word) and label not in known.find(word)),)


def _once(lines: list[tuple[Member, ...]]) -> list[tuple[Member, ...]]:
    """Refuse a class that two lines of a group name; a range may repeat one."""
    positions: dict[Member, int] = {}
    for position, members in enumerate(lines):
        if len(members) == 1 and members[0] in positions:
            first = positions[members[0]]
            raise fault(f"has {quoted(members[0].word)} twice, in [{first}] and in [{position}]: name it once.")
        for member in members:
            positions.setdefault(member, position)
    return lines


def _group_name(name: str) -> str:
    if not labels.url_name(name):
        raise fault("has a name without letters or digits.")
    return name


def _methods(given: Any) -> Any:
    """Each method's keys with its name. A list holds names of presets."""
    if isinstance(given, list) and all(isinstance(name, str) for name in given):
        given = dict.fromkeys(given)
    if not isinstance(given, Mapping):
        return given
    named = {}
    for name, values in given.items():
        if isinstance(values, Mapping) and "name" in values:
            raise fault(f"has {quoted(name)} with an unknown key 'name'.")
        named[name] = {**(values or {}), "name": name} if isinstance(values, Mapping | None) else values
    return named


def _evaluation(given: Any) -> Any:
    if given is None:
        return {"network": ""}
    if given is False:
        return None
    if not isinstance(given, Mapping):
        raise fault(f"is {quoted(given)}: write `{{network: squeezenet1_0, weights: FILE}}`, or `false` for none.")
    return given


def _units(given: Any) -> Any:
    if given is not None and given != "all" and not isinstance(given, Mapping):
        raise fault(f"is {quoted(given)}: write `all`, or `{{layers: {{conv4: all, conv5: [0-31, 117]}}}}`.")
    return {"layers": "all"} if given == "all" else given


def _layers(given: Any) -> Any:
    if given == "all":
        return None
    if not isinstance(given, Mapping) or not all(isinstance(layer, str) for layer in given):
        raise fault(f"is {quoted(given)}: write `all`, or layers with their channels.")
    return given


def _values(given: Any) -> Any:
    """A number, or one for each channel."""
    numbers = given if isinstance(given, list) and given else [given]
    if not all(isinstance(each, int | float) and not isinstance(each, bool) and isfinite(each) for each in numbers):
        raise fault(f"is {quoted(given)}: write a number such as 0.5, or a list of one for each channel.")
    return tuple(map(float, given)) if isinstance(given, list) else float(given)


def _all(lines: Any) -> Any:
    return ["all"] if lines == "all" else lines


def _distinct(seeds: list[int]) -> list[int]:
    if len(set(seeds)) < len(seeds):
        raise fault(f"is {quoted(seeds)}, with one seed twice: the same drawing would be shown twice.")
    return seeds


def _some(groups: Any, info: ValidationInfo) -> Any:
    if not groups and info.data.get("publish") != "figures":
        raise fault("is missing or {}: at least 1 group of classes is required.")
    return groups


ClassName = Annotated[Label, BeforeValidator(_class)]
FilePath = Annotated[str, AfterValidator(_path)]
"""Relative to mkdocs.yml, unless it is absolute."""
Values = Annotated[float | tuple[float, ...], BeforeValidator(_values)]
Seeds = Annotated[list[Annotated[int, Field(ge=0, lt=2**63)]], Field(min_length=1), AfterValidator(_distinct)]
Line = Annotated[tuple[Member, ...], BeforeValidator(_members)]
Group = Annotated[list[Line], BeforeValidator(_all), Field(min_length=1), AfterValidator(_once)]


class Section(BaseModel):
    """A mapping of mkdocs.yml. An unknown key is refused, and the error names the nearest one."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, use_attribute_docstrings=True)

    renamed: ClassVar[Mapping[str, str]] = {}
    """Old names of keys, with the new ones."""
    elsewhere: ClassVar[Mapping[str, str]] = {}
    """Keys that belong elsewhere, with what to write."""

    @classmethod
    def keys(cls) -> Iterable[str]:
        """The keys that there are."""
        return (field.alias or name for name, field in cls.model_fields.items())

    @model_validator(mode="before")
    @classmethod
    def _refuse_unknown(cls, values: Any) -> Any:
        if isinstance(values, Mapping):
            refuse_unknown(values, cls.keys(), cls.renamed, cls.elsewhere)
        return values


class Method(Section):
    """One way of drawing: a preset, what differs from it, and the groups that it draws."""

    model_config = ConfigDict(extra="allow")
    renamed: ClassVar[Mapping[str, str]] = RENAMED
    elsewhere: ClassVar[Mapping[str, str]] = {
        **dict.fromkeys(("size", "seeds", "precision", "network", "weights"), "It belongs beside `methods:`, for all."),
        "seed": "Write `seeds:`, a list, beside `methods:`.",
    }

    name: str
    """The author's."""
    preset: Annotated[str, AfterValidator(_preset)]
    """The preset to start from; by default the one that the method is named after."""
    start: FilePath | None = None
    """An image file to start from instead of noise."""
    groups: list[str] | None = None
    """The groups that it draws; all of them by default."""

    @classmethod
    def keys(cls) -> Iterable[str]:
        """The keys that there are: its own, and the recipe fields."""
        return {*super().keys(), *OVERRIDABLE}

    @model_validator(mode="before")
    @classmethod
    def _default_preset(cls, values: Any) -> Any:
        if not isinstance(values, Mapping):
            return values
        name, preset = values.get("name"), values.get("preset")
        if labels.slugify(str(name)) != name:
            raise fault("has a name that cannot be part of a URL: use small letters, digits and hyphens.")
        if name == NEGATIVE:
            raise fault("has a name that `units.negative` uses for its drawings: use another one.")
        if preset is None and name not in METHODS:
            raise fault(f"has no `preset:`, and {name!r} is not one. {did_you_mean(name, METHODS)}")
        return {"preset": name, **values}

    @property
    def overrides(self) -> dict[str, Any]:
        """Recipe fields that differ from the preset."""
        given = self.model_extra or {}
        return accentuation(PENDING, given.get("feature_weight")) | given if self.start else dict(given)

    def draws(self, groups: Iterable[str]) -> bool:
        """Whether it draws a class that is in these groups."""
        return self.groups is None or not set(self.groups).isdisjoint(groups)


class WalkSettings(Section):
    """The page that follows one picture through the network."""

    picture: FilePath | None = None
    """An image file of the author's; by default the drawing of `class`."""
    label: Annotated[ClassName, Field(alias="class")]
    """The class whose drawing is walked through, and that the figures of the write-up are about."""
    channels: Annotated[int, Field(ge=1, le=64)] = 4
    """How many of each layer's channels are shown, with a drawing of each."""
    steps: Annotated[int, Field(ge=1, le=100_000)] = 64
    """Steps of the drawings that are made for the write-up alone."""


class ComparisonSettings(Section):
    """The page that compares the methods of the literature."""

    classes: Annotated[
        list[ClassName], Field(min_length=1, max_length=12), AfterValidator(lambda names: list(dict.fromkeys(names)))
    ]
    """What each of them draws."""
    methods: Annotated[list[Annotated[str, AfterValidator(_compared)]], Field(min_length=1)] | None = None
    """Which of them; by default all."""


class PhotoSettings(Section):
    """The page that starts from a photo."""

    renamed: ClassVar[Mapping[str, str]] = {"keep": "feature_weights"}

    picture: FilePath
    """An image file."""
    label: Annotated[ClassName, Field(alias="class")]
    """The class that it is drawn towards."""
    credit: str = ""
    """Who made the photo, and its license."""
    feature_weights: Annotated[list[Annotated[float, Field(ge=0, le=100)]], Field(min_length=1, max_length=8)] = [
        0.5,
        0.2,
        0.0,
    ]
    """Weights of the photo's features: a drawing for each."""


class DiversitySettings(Section):
    """The page that shows how much drawings of one class differ."""

    label: Annotated[ClassName, Field(alias="class")]
    """The class."""
    seeds: Annotated[int, Field(ge=2, le=16)] = 3
    """How many drawings differ in the seed alone."""
    facets: Annotated[int, Field(ge=2, le=16)] = 3
    """How many drawings differ in the facet."""


class UnitsSettings(Section):
    """Channels of layers, each with a page of its own."""

    layers: Annotated[
        dict[str, Annotated[tuple[Span, ...] | None, BeforeValidator(spans)]] | None, BeforeValidator(_layers)
    ]
    """By layer the channels; None: all of all layers."""
    method: str = ""
    """Which of the methods draws them; by default the first."""
    seeds: Seeds | None = None
    """One drawing of each channel for each of them; by default the first of the settings."""
    negative: bool = False
    """Whether each channel is minimized as well."""


class EvaluationSettings(Section):
    """The evaluation network, which classifies what another one has drawn."""

    network: str
    """Empty: the default one."""
    weights: FilePath | None = None
    """A weights file."""


class Settings(Section):
    """What to draw, and how. Every key but the classes has a default."""

    elsewhere: ClassVar[Mapping[str, str]] = {
        name: f"It belongs to a method: `methods: {{{DEFAULT}: {{{name}: …}}}}`." for name in ("preset", *OVERRIDABLE)
    }

    network: Annotated[str, BeforeValidator(lambda name: "auto" if name in (None, "") else name)] = "auto"
    """`alexnet` is torchvision's ImageNet AlexNet, downloaded once; `compact` is the small AlexNet
    inside the package; any other name is a classifier of torchvision (`squeezenet1_0`), of timm
    (`timm/resnet18.a1_in1k`) or of yours (`module:function`, code that runs), and needs `weights`.
    `auto` takes `alexnet` if its weights can be had, and else `compact`, with a warning; it is resolved
    once per store, and again by `actmax doctor --retry`."""
    weights: FilePath | None = None
    """A weights file, relative to mkdocs.yml: a checkpoint as `torch.save` writes it, or safetensors."""
    labels: FilePath | None = None
    """A file with the names of the network's classes, relative to mkdocs.yml: one a line, in the order of the logits,
    or JSON; by default ImageNet's 1000. The names in `groups` are then these, there is no drawing in the browser, and
    no evaluation network unless `second_opinion` names one of the same classes."""
    channels: Literal[1, 3] | None = None
    """Channels of the network's images: 1 for gray; by default as many as `mean` has, or 3."""
    mean: Values | None = None
    """Mean of each channel in [0, 1], a number or a list; with `std` the normalization of the network's images. By
    default the network's usual one, and none for a `module:function`."""
    std: Values | None = None
    """Standard deviation of each channel in [0, 1]."""
    precision: Literal["auto", "fp32", "bf16"] = "auto"
    """Arithmetic inside the network; `auto` is bfloat16 where the hardware is fast at it."""
    second_opinion: Annotated[
        EvaluationSettings | None, BeforeValidator(_evaluation), Field(default=None, validate_default=True)
    ]
    """The evaluation network, which classifies each drawing too, such as
    `{network: squeezenet1_0, weights: FILE}`; by default `mobilenet-v2`, which is of another family than
    the networks that draw, and with which nothing was chosen. `false`: none."""
    size: Annotated[int, Field(ge=16, le=2048)] = 224
    """Width and height of the drawings in pixels, and of the images of a `module:function`."""
    seeds: Seeds = [0]
    """One drawing of each class and method for each of them."""
    walk: WalkSettings | None = None
    """The class that the write-up's own figures are about, such as `{class: zebra}`; without it they are not
    drawn. Besides `class` there are a `picture` of yours to walk through the network instead of the
    drawing of the class, how many `channels` of each layer are shown (4), and the `steps` of these
    drawings (64)."""
    comparison: ComparisonSettings | None = None
    """The methods of the literature side by side, such as `{classes: [zebra, volcano]}`, and which `methods` if not
    all; without it there is no such page, as with the next two."""
    photo: PhotoSettings | None = None
    """Drawings that start from a photo of yours, such as `{picture: docs/cat.jpg, class: tiger}`, how strongly its
    features are kept (`feature_weights`: [0.5, 0.2, 0.0]), and whom to `credit`."""
    diversity: DiversitySettings | None = None
    """How much drawings of one class differ, such as `{class: zebra}`, and how many are drawn by `seeds` (3) and by
    `facets` (3)."""
    units: Annotated[UnitsSettings | None, BeforeValidator(_units)] = None
    """Channels with pages of their own, below `/network/`: `all` of all layers, or
    `{layers: {conv4: all, conv5: [0-31, 117]}}`, with the `method` (the first), the `seeds` (the first), and
    `negative: true` to minimize each channel as well."""
    photos: FilePath | None = None
    """A folder of pictures of yours, relative to mkdocs.yml: the page of each class and channel shows those that excite
    it most and least, with the active region framed."""
    sounds: bool = False
    """Whether there is a page with activation maximization of sounds: a small network in the package classifies
    eight kinds of sound, and draws each of them."""
    live: bool = True
    """Whether readers can draw in their browsers: the engine and the compact network's weights (4.9 MB, downloaded when
    a reader turns to them) become part of the site."""
    store: FilePath = ".cache"
    """Where drawings are kept, relative to mkdocs.yml. It can be committed: then nobody draws them
    twice."""
    methods: Annotated[
        dict[str, Method],
        BeforeValidator(_methods),
        Field(min_length=1, default={DEFAULT: None}, validate_default=True),
    ]
    """Ways of drawing, by name; the first one that draws a class makes the main image of its page."""
    publish: Literal["gallery", "classes", "figures"] = "gallery"
    """What becomes part of the site: `gallery`, a page of all classes and a page for each; `classes`, only the page of
    each; `figures`, only the drawings that [pages of yours show](own-site.md#figures), and `groups` is not needed."""
    groups: Annotated[
        dict[Annotated[str, AfterValidator(_group_name)], Group],
        AfterValidator(_some),
        Field(default={}, validate_default=True),
    ]
    """The class set, in named groups. A class is given by name (`zebra`), index (`340`) or WNID
    (`n02391049`); a synonym (`puma`) is shown as you write it, and `/gallery/puma/` leads to the page. A word that
    several classes share (`crane`, `dog`) is refused with what it may mean, which `actmax classes` lists in full.
    Where ImageNet has no class for your word, write which one stands for it, such as
    `bicycle: mountain bike`: the page then states it, and `/gallery/bicycle/` leads to it. Your words may be of any
    script (`зебра: zebra`). `everything: all`
    is all 1000 classes, and `animals: [0-397]` those of a range of indices."""

    _classes: ClassSet = PrivateAttr(default_factory=ClassSet)

    def model_post_init(self, context: Any) -> None:
        """Keep the classes by which names were read."""
        if isinstance(context, ClassSet):
            self._classes = context

    @property
    def classes(self) -> ClassSet:
        """The classes of the network."""
        return self._classes

    def description(self, root: Path) -> Description:
        """What the author says of the network besides its name and weights.

        Args:
            root: the folder of mkdocs.yml.
        """
        return Description(self.classes.names, self.channels, self.size, self.mean, self.std, root)

    @cached_property
    def members(self) -> Mapping[str, tuple[Member, ...]]:
        """The class set: by group its members, each once."""
        return {group: tuple(dict.fromkeys(chain.from_iterable(lines))) for group, lines in self.groups.items()}

    @property
    def any_target_method(self) -> Method:
        """The first method that fits any target: it has no facets, and starts from no picture of a class."""
        fitting = (
            method for method in self.methods.values() if not method.start and not method.overrides.get("facets")
        )
        return next(fitting, Method(name=DEFAULT, preset=DEFAULT))

    @property
    def units_method(self) -> Method:
        """The method that draws channels."""
        named = self.units.method if self.units else ""
        return self.methods[named] if named else next(iter(self.methods.values()))
