"""`extra.gallery` of mkdocs.yml -> the classes and methods that it means, or an error that names all that is wrong."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from actmax.errors import RecipeError, UnknownNameError, did_you_mean, quoted, validation_messages
from actmax.files import DIGITS
from actmax.networks import labels
from actmax.networks.labels import Label
from actmax.recipe import METHODS, OVERRIDABLE, accentuation, compose
from gen.compared import COMPARED
from gen.settings import bounds
from gen.settings.schema import KEY, MethodSettings, SecondSettings, Settings, SettingsError, UnitsSettings
from gen.settings.units import Wanted, span, spans, wanted

UNREAD = "0" * DIGITS
"""Stands for a picture file that has not been read yet."""
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
    start: str = ""
    """A picture file to start from, relative to mkdocs.yml; empty: noise."""


@dataclass(frozen=True)
class Asked:
    """The classes of the pages beside the gallery; None where a page is not asked for."""

    walk: Label | None = None
    """The class that the write-up's figures are about."""
    comparison: tuple[Label, ...] = ()
    """The classes that all methods draw."""
    photo: Label | None = None
    """The class that a photo is drawn towards."""
    diversity: Label | None = None
    """The class that is drawn often."""
    units: Wanted | None = field(default_factory=dict)
    """By layer the channels that have pages; None: all of all layers."""
    units_by: str = ""
    """The name of the method that draws them."""


@dataclass(frozen=True)
class Gallery:
    """The settings, and what they mean."""

    settings: Settings
    methods: tuple[Method, ...]
    """In the author's order."""
    groups: Mapping[str, tuple[Member, ...]]
    """The class set."""
    asked: Asked
    """What is drawn beside it."""


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
    _units(values.get("units"))
    try:
        settings = Settings(**values)
    except ValidationError as error:
        faults = [f"{fault}." for fault in validation_messages(error)]
        raise SettingsError(f"{KEY} in mkdocs.yml: {_listed(faults)}") from None
    return Gallery(settings, _methods(settings), _groups(settings), _asked(settings))


def store_path(settings: Settings, root: Path) -> Path:
    """The store's folder; ``root`` is where mkdocs.yml lies."""
    return _path(settings.store, root, "store")


def photos_path(settings: Settings, root: Path) -> Path | None:
    """The folder of the author's pictures that channels are shown, if any."""
    return _path(settings.photos, root, "photos") if settings.photos else None


def weights_path(settings: Settings | SecondSettings, root: Path) -> Path | None:
    """The weights file that the author names for a network, if any."""
    return _path(settings.weights, root, "weights") if settings.weights else None


def picture_path(settings: Settings, root: Path) -> Path | None:
    """The picture that the author wants to be walked through the network, if any."""
    named = settings.walk.picture if settings.walk else None
    return _path(named, root, "walk.picture") if named else None


def start_path(named: str, root: Path, key: str) -> Path:
    """A picture that drawings start from; the key is where the author names it."""
    return _path(named, root, key)


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
    _known_keys(overrides, {*OVERRIDABLE, "preset", "groups", "start"}, key)
    for group in given.groups or ():
        if group not in settings.groups:
            raise SettingsError(f"{key}.groups names {group!r}. {did_you_mean(group, settings.groups)}")
    groups = tuple(settings.groups if given.groups is None else given.groups)
    if given.start:
        overrides = accentuation(UNREAD, overrides.get("feature_weight")) | dict(overrides)
    method = Method(name, preset, overrides, groups, given.start or "")
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
        members: dict[Member, str] = {}
        for place, line in enumerate(lines):
            key = f"{KEY}.groups.{group}[{place}]"
            try:
                several = [_member(key, one) for one in _several(key, line)]
            except SettingsError as error:
                faults.append(str(error))
                continue
            if len(several) == 1 and several[0] in members:
                word = quoted(several[0].word)
                faults.append(f"{key} is {word}, which the group has already, {members[several[0]]}: name it once.")
            members |= {one: f"in [{place}]" for one in several if one not in members}
        groups[group] = tuple(members)
    if faults:
        raise SettingsError(_listed(faults))
    return groups


Line = str | int | dict[str, str | int]
"""Of a group."""


def _several(key: str, line: Line) -> Sequence[Line]:
    """The classes that a line such as ``all`` or ``0-397`` stands for; any other line stands for itself."""
    if line == "all":
        return range(labels.CLASSES)
    match = span(line) if isinstance(line, str) else None
    if match is None or match.first == match.last:
        return [line]
    if match.first > match.last or match.last >= labels.CLASSES:
        raise SettingsError(
            f"{key} is {quoted(line)}: a range of classes is written like 0-397, from 0 to 999 at most."
        )
    return range(match.first, match.last + 1)


def _member(key: str, line: Line) -> Member:
    if isinstance(line, dict):
        if len(line) != 1:
            raise SettingsError(f"{key} is {quoted(line)}: write one `word: class` in a line.")
        ((word, named),) = line.items()
    else:
        word, named = "", line
    try:
        label = labels.resolve_class(named)
    except UnknownNameError as error:
        hint = " If ImageNet has no such class, say what stands for it: `- word: class`."
        raise SettingsError(f"{key}: {error}{hint}") from None
    if word and not labels.slugify(word):
        raise SettingsError(f"{key}: {word!r} needs letters or digits, since it stands in a URL.")
    return Member(word or label.name, label, bool(word) and label not in called(word))


def _asked(settings: Settings) -> Asked:
    def label(word: str | int, key: str) -> Label:
        try:
            return labels.resolve_class(word)
        except UnknownNameError as error:
            raise SettingsError(f"{KEY}.{key} in mkdocs.yml: {error}") from None

    walk, comparison, photo, diversity = settings.walk, settings.comparison, settings.photo, settings.diversity
    known = [one.name for one in COMPARED]
    for place, name in enumerate((comparison.methods if comparison else None) or ()):
        if name not in known:
            where = f"{KEY}.comparison.methods[{place}] in mkdocs.yml"
            raise SettingsError(f"{where} is {quoted(name)}. {did_you_mean(name, known)}")
    return Asked(
        walk=label(walk.label, "walk.class") if walk else None,
        comparison=tuple(
            dict.fromkeys(label(word, f"comparison.classes[{place}]") for place, word in enumerate(comparison.classes))
        )
        if comparison
        else (),
        photo=label(photo.label, "photo.class") if photo else None,
        diversity=label(diversity.label, "diversity.class") if diversity else None,
        units=wanted(settings),
        units_by=_units_by(settings),
    )


def _units_by(settings: Settings) -> str:
    named = settings.units.method if isinstance(settings.units, UnitsSettings) else ""
    if named and named not in settings.methods:
        raise SettingsError(
            f"{KEY}.units.method in mkdocs.yml is {quoted(named)}, which is none of `methods`. "
            f"{did_you_mean(named, settings.methods)}"
        )
    return named or next(iter(settings.methods))


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


def _units(given: object) -> None:
    """Says of `units` what a union of types would say in the names of classes."""
    if isinstance(given, Mapping):
        _known_keys(given, set(UnitsSettings.model_fields), f"{KEY}.units")
        if "layers" not in given:
            raise SettingsError(f"{KEY}.units in mkdocs.yml has no `layers:`: `all`, or layers with their channels.")
        layers = given["layers"]
        if layers != "all" and not (isinstance(layers, Mapping) and all(isinstance(layer, str) for layer in layers)):
            raise SettingsError(
                f"{KEY}.units.layers in mkdocs.yml is {quoted(layers)}: write `all`, or layers with their channels."
            )
        for layer, numbers in layers.items() if isinstance(layers, Mapping) else ():
            spans(numbers, f"{KEY}.units.layers.{layer}")
        try:
            UnitsSettings(**given)
        except ValidationError as error:
            faults = [f"{fault}." for fault in validation_messages(error)]
            raise SettingsError(f"{KEY}.units in mkdocs.yml: {_listed(faults)}") from None
    elif given is not None and given != "all":
        raise SettingsError(
            f"{KEY}.units in mkdocs.yml is {quoted(given)}: write `all`, or "
            "`{layers: {conv4: all, conv5: [0-31, 117]}}`."
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
