"""`extra.gallery` of mkdocs.yml -> Settings, or an error that names key, value, and the nearest valid choice."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.exceptions import ConfigurationError
from mkdocs.utils.yaml import get_yaml_loader, yaml_load
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from actmax.errors import ActmaxError, UnknownNameError, did_you_mean
from actmax.networks import labels
from actmax.networks.labels import Label
from actmax.recipe.recipe import METHODS, OVERRIDABLE, explain

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
    steps: Annotated[int, Field(ge=1, le=100_000)] = 96
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
    inside the package; any other name is a torchvision classifier and needs `weights`. `auto` takes
    `alexnet` if its weights can be had, and else `compact`, with a warning; it decides once per
    store, and `actmax doctor --retry` decides anew."""

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
    without a word the compact network, where it is not the one that draws. `false`: none."""
    size: Annotated[int, Field(ge=64, le=2048)] = 224
    """Width and height of the drawings in pixels."""
    seeds: Annotated[list[Annotated[int, Field(ge=0, lt=2**63)]], Field(min_length=1)] = [0]
    """One drawing of each class and method for each of them."""
    walk: WalkSettings | None = None
    """What the write-up's own figures are about, such as `{class: zebra}`; without it they are not
    drawn. Beside `class` there are a `picture` of yours to walk through the network instead of the
    drawing of the class, how many `channels` of each layer are shown (4), and the `steps` of these
    drawings (96)."""
    store: str = ".cache"
    """Where drawings are kept, relative to mkdocs.yml. It may be committed: then nobody draws them
    twice."""
    methods: Annotated[dict[str, MethodSettings | None], Field(min_length=1)] = {"robust": None}
    """Ways of drawing, by name; the first that a class has is the one its page shows first."""
    groups: Annotated[
        dict[str, Annotated[list[str | int | dict[str, str | int]], Field(min_length=1)]], Field(min_length=1)
    ]
    """The class set, in named groups. A class is given by name (`zebra`), index (`340`) or WNID
    (`n02391049`). Where ImageNet has no class for your word, say what stands for it, such as
    `bicycle: mountain bike`: the page then says so, and `/gallery/bicycle/` leads to it."""


@dataclass(frozen=True)
class Member:
    """One line of a group."""

    word: str
    """What the author calls it."""
    label: Label
    """The class that is drawn."""
    stand_in: bool
    """Whether the class stands for a word that ImageNet does not have."""


@dataclass(frozen=True)
class Method:
    """One way of drawing, checked."""

    name: str
    preset: str
    overrides: Mapping[str, Any]
    groups: tuple[str, ...]


def configuration(path: Path) -> dict[str, Any]:
    """All of a mkdocs.yml, read as MkDocs reads it, environment variables filled in.

    Raises:
        SettingsError: there is no such file, or it is not YAML.
    """
    try:
        with path.open("rb") as file:
            whole = yaml_load(file, get_yaml_loader(config=MkDocsConfig(str(path))))
    except OSError as error:
        raise SettingsError(f"{path} cannot be read: {error.strerror or error}. Name it with --config.") from None
    except ConfigurationError as error:
        raise SettingsError(f"{path} is not valid YAML: {error}") from None
    return whole if isinstance(whole, dict) else {}


def read(values: object) -> Settings:
    """Checks what stands under ``extra: gallery:``.

    Raises:
        SettingsError: a key that does not exist, a value of the wrong type or out of range, a
            method or group that does not exist.
    """
    if not isinstance(values, Mapping):
        found = "missing" if values is None else f"{type(values).__name__} {values!r}"
        raise SettingsError(
            f"{KEY} in mkdocs.yml is {found}: it holds the settings of the gallery, `groups:` at least."
        )
    _known_keys(values, set(Settings.model_fields), KEY)
    _second(values.get("second_opinion"))
    try:
        settings = Settings(**values)
    except ValidationError as error:
        raise SettingsError(f"{KEY} in mkdocs.yml: {_first(error)}") from None
    except TypeError:
        raise SettingsError(f"{KEY} in mkdocs.yml has a key that is not a word.") from None
    methods(settings)
    members(settings)
    try:
        if settings.walk:
            labels.resolve(settings.walk.label)
    except UnknownNameError as error:
        raise SettingsError(f"{KEY}.walk.class in mkdocs.yml: {error}") from None
    return settings


def methods(settings: Settings) -> tuple[Method, ...]:
    """The ways of drawing, in the author's order."""
    return tuple(_method(name, given or MethodSettings(), settings) for name, given in settings.methods.items())


def _method(name: str, given: MethodSettings, settings: Settings) -> Method:
    key = f"{KEY}.methods.{name}"
    if labels.slugify(name) != name:
        raise SettingsError(f"{key}: a method's name stands in URLs: use small letters, digits and hyphens.")
    preset = given.preset or name
    if preset not in METHODS:
        where = f"{key}.preset is {preset!r}" if given.preset else f"{key} has no `preset:`, and {name!r} is not one"
        raise SettingsError(f"{where}. {did_you_mean(preset, METHODS)}")
    overrides = given.model_extra or {}
    _known_keys(overrides, {*OVERRIDABLE, "preset", "groups"}, key)
    for group in given.groups or ():
        if group not in settings.groups:
            raise SettingsError(f"{key}.groups names {group!r}. {did_you_mean(group, settings.groups)}")
    return Method(name, preset, overrides, tuple(given.groups if given.groups is not None else settings.groups))


def members(settings: Settings) -> dict[str, tuple[Member, ...]]:
    """The class set, group by group."""
    found: dict[str, tuple[Member, ...]] = {}
    anchors = {"gallery": "the page's own title"}
    for group, lines in settings.groups.items():
        anchor = labels.slugify(group)
        if not anchor:
            raise SettingsError(f"{KEY}.groups.{group}: a group's name needs letters or digits.")
        if anchor in anchors:
            raise SettingsError(f"{KEY}.groups.{group}: /gallery/#{anchor} is already {anchors[anchor]}: rename one.")
        anchors[anchor] = f"the group {group!r}"
        found[group] = tuple(_member(f"{KEY}.groups.{group}[{place}]", line) for place, line in enumerate(lines))
    return found


def _member(key: str, line: str | int | dict[str, str | int]) -> Member:
    if isinstance(line, dict):
        if len(line) != 1:
            raise SettingsError(f"{key} is {line!r}: write one `word: class` in a line.")
        ((word, named),) = line.items()
    else:
        word, named = "", line
    try:
        label = labels.resolve(named)
    except UnknownNameError as error:
        hint = " If ImageNet has no such class, say what stands for it: `- word: class`."
        raise SettingsError(f"{key}: {error}{hint}") from None
    if word and not labels.slugify(word):
        raise SettingsError(f"{key}: {word!r} needs letters or digits, since it stands in a URL.")
    stand_in = bool(word) and not _means(key, word, label)
    return Member(word or label.name, label, stand_in)


def _means(key: str, word: str, label: Label) -> bool:
    """Whether an author's word is itself a name of the class; that of another class cannot stand for this one."""
    try:
        own = labels.resolve(word)
    except UnknownNameError:
        return labels.slugify(word) == labels.slugify(label.name)  # one of the names that two classes share
    if own != label:
        raise SettingsError(
            f"{key}: two names for one URL: /gallery/{labels.slugify(word)}/ would be {label.name!r}, but {word!r} is "
            f"a name of {own.name!r} ({own.index}). Write it alone, or choose another word."
        )
    return True


def store_path(settings: Settings, root: Path) -> Path:
    """The store's folder; ``root`` is where mkdocs.yml lies."""
    return root / Path(settings.store).expanduser()


def weights_path(settings: Settings | SecondSettings, root: Path) -> Path | None:
    """The weights file that the author names for a network, if any."""
    return root / Path(settings.weights).expanduser() if settings.weights else None


def _second(given: object) -> None:
    """Says of `second_opinion` what a union of types would say in the names of classes."""
    if isinstance(given, Mapping):
        _known_keys(given, set(SecondSettings.model_fields), f"{KEY}.second_opinion")
    elif given is not None and given is not False:
        raise SettingsError(
            f"{KEY}.second_opinion in mkdocs.yml is {given!r}: write `{{network: squeezenet1_0, weights: FILE}}`, "
            "or `false` for none."
        )


def _known_keys(values: Mapping[Any, Any], allowed: set[str], where: str) -> None:
    for key in values:
        if key not in allowed:
            raise SettingsError(f"{where} in mkdocs.yml has an unknown key {key!r}. {did_you_mean(str(key), allowed)}")


def _first(error: ValidationError) -> str:
    findings = explain(error)
    more = f" ({len(findings) - 1} more like it)" if len(findings) > 1 else ""
    return f"{findings[0]}.{more}"
