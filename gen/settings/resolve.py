"""`extra.gallery` of mkdocs.yml -> the classes and methods that it means, or an error that names all that is wrong."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from actmax.errors import RecipeError, UnknownNameError, did_you_mean, explain, quoted
from actmax.networks import labels
from actmax.networks.labels import Label
from actmax.recipe import METHODS, OVERRIDABLE, compose
from gen.settings import bounds
from gen.settings.schema import KEY, MethodSettings, SecondSettings, Settings, SettingsError

MOST = 20
"""How many faults one message lists."""


@dataclass(frozen=True)
class Member:
    """One line of a group."""

    word: str
    """What the author calls it."""
    label: Label
    """The class that is drawn."""
    stand_in: bool
    """Whether the class stands for a word that is none of its names."""


@dataclass(frozen=True)
class Method:
    """One way of drawing, checked."""

    name: str
    preset: str
    overrides: Mapping[str, Any]
    groups: tuple[str, ...]


@dataclass(frozen=True)
class Gallery:
    """The settings, and what they mean."""

    settings: Settings
    methods: tuple[Method, ...]
    """In the author's order."""
    groups: Mapping[str, tuple[Member, ...]]
    """The class set."""
    walk: Label | None
    """The class that the write-up's figures are about, where there are any."""


def read(values: object) -> Gallery:
    """Checks what stands under ``extra: gallery:``, and looks up what it names.

    Raises:
        SettingsError: a key that does not exist, a value of the wrong type or out of range, a method, group or class
            that does not exist; the message lists all of one kind.
    """
    if not isinstance(values, Mapping):
        given = "missing" if values is None else f"{type(values).__name__} {quoted(values)}"
        raise SettingsError(
            f"{KEY} in mkdocs.yml is {given}: it holds the settings of the gallery, `groups:` at least."
        )
    bounds.check(values, KEY)
    _known_keys(values, set(Settings.model_fields), KEY)
    _second(values.get("second_opinion"))
    try:
        settings = Settings(**values)
    except ValidationError as error:
        raise SettingsError(f"{KEY} in mkdocs.yml: {_listed([f'{fault}.' for fault in explain(error)])}") from None
    return Gallery(settings, _methods(settings), _groups(settings), _walk(settings))


def store_path(settings: Settings, root: Path) -> Path:
    """The store's folder; ``root`` is where mkdocs.yml lies."""
    return _path(settings.store, root, "store")


def weights_path(settings: Settings | SecondSettings, root: Path) -> Path | None:
    """The weights file that the author names for a network, if any."""
    return _path(settings.weights, root, "weights") if settings.weights else None


def picture_path(settings: Settings, root: Path) -> Path | None:
    """The picture that the author wants to be walked through the network, if any."""
    named = settings.walk.picture if settings.walk else None
    return _path(named, root, "walk.picture") if named else None


def called(word: str) -> tuple[Label, ...]:
    """The classes that a word of the author's is a name of, or whose address it would take."""
    try:
        return labels.meant(word) or labels.meant(labels.slugify(word))
    except UnknownNameError:  # a number that is the index of no class
        return ()


def _methods(settings: Settings) -> tuple[Method, ...]:
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
    method = Method(name, preset, overrides, tuple(settings.groups if given.groups is None else given.groups))
    try:  # what is wrong with it does not depend on the network
        compose(
            preset,
            overrides,
            network="",
            weights="",
            target="logits:0",
            seed=settings.seeds[0],
            size=settings.size,
            precision=settings.precision,
        )
    except RecipeError as error:
        raise SettingsError(f"{key} in mkdocs.yml: {error}.") from None
    return method


def _groups(settings: Settings) -> dict[str, tuple[Member, ...]]:
    groups: dict[str, tuple[Member, ...]] = {}
    faults: list[str] = []
    for group, lines in settings.groups.items():
        if not labels.slugify(group):
            faults.append(f"{KEY}.groups.{group}: a group's name needs letters or digits.")
        members = []
        for place, line in enumerate(lines):
            try:
                members.append(_member(f"{KEY}.groups.{group}[{place}]", line))
            except SettingsError as error:
                faults.append(str(error))
        groups[group] = tuple(members)
    if faults:
        raise SettingsError(_listed(faults))
    return groups


def _member(key: str, line: str | int | dict[str, str | int]) -> Member:
    if isinstance(line, dict):
        if len(line) != 1:
            raise SettingsError(f"{key} is {quoted(line)}: write one `word: class` in a line.")
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
    return Member(word or label.name, label, bool(word) and label not in called(word))


def _walk(settings: Settings) -> Label | None:
    try:
        return labels.resolve(settings.walk.label) if settings.walk else None
    except UnknownNameError as error:
        raise SettingsError(f"{KEY}.walk.class in mkdocs.yml: {error}") from None


def _path(named: str, root: Path, key: str) -> Path:
    try:
        return root / Path(named).expanduser()
    except RuntimeError:  # ~somebody
        raise SettingsError(f"{KEY}.{key} in mkdocs.yml is {named!r}: there is no such user's folder.") from None


def _second(given: object) -> None:
    """Says of `second_opinion` what a union of types would say in the names of classes."""
    if isinstance(given, Mapping):
        _known_keys(given, set(SecondSettings.model_fields), f"{KEY}.second_opinion")
    elif given is not None and given is not False:
        raise SettingsError(
            f"{KEY}.second_opinion in mkdocs.yml is {quoted(given)}: write "
            "`{network: squeezenet1_0, weights: FILE}`, or `false` for none."
        )


def _known_keys(values: Mapping[Any, Any], allowed: set[str], where: str) -> None:
    faults = [
        f"{where} in mkdocs.yml has an unknown key {quoted(key)}. {did_you_mean(str(key), allowed)}"
        for key in values
        if key not in allowed
    ]
    if faults:
        raise SettingsError(_listed(faults))


def _listed(faults: Sequence[str]) -> str:
    more = f" ({len(faults) - MOST} more like these.)" if len(faults) > MOST else ""
    return " ".join(faults[:MOST]) + more
