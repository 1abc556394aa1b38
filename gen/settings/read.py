"""`extra.gallery` of mkdocs.yml -> settings, or an error that names all that is wrong."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Mapping
from pathlib import Path

from pydantic import ValidationError

from actmax.errors import RecipeError, did_you_mean, quoted
from actmax.networks.class_set import ClassSet
from actmax.networks.description import read_labels
from actmax.recipe import compose
from gen.settings.faults import KEY, SettingsError, sentences
from gen.settings.schema import Method, Settings

MAX_LENGTH = 200
"""Characters of a word or a path."""


def read(values: object, root: Path = Path()) -> Settings:
    """Validate what stands under ``extra: gallery:``.

    Args:
        values: as YAML gives them.
        root: the folder of mkdocs.yml, where the file of labels lies.

    Raises:
        SettingsError: an unknown key, a value of the wrong type or out of range, a method, group or class that does
            not exist; the message lists all of one kind.
    """
    if not isinstance(values, Mapping):
        given = "missing" if values is None else f"{type(values).__name__} {quoted(values)}"
        raise SettingsError(
            f"{KEY} in mkdocs.yml is {given}: it holds the settings of the gallery, `groups:` at least."
        )
    try:
        for key, text in _texts(values, KEY):
            _check_text(key, text)
        settings = Settings.model_validate(dict(values), context=_classes(values.get("labels"), root))
    except ValidationError as error:
        raise SettingsError(sentences(error)) from None
    except RecursionError:
        raise SettingsError(f"{KEY} in mkdocs.yml is nested too deep.") from None
    for method in settings.methods.values():
        _check_method(method, settings)
    if settings.publish == "figures":
        for key in ("walk", "comparison", "photo", "diversity", "units", "sounds"):
            if getattr(settings, key):
                raise SettingsError(
                    f"{KEY}.{key} in mkdocs.yml makes pages, and `publish: figures` wants none: remove one of the two."
                )
    named = settings.units.method if settings.units else ""
    if named and named not in settings.methods:
        raise SettingsError(
            f"{KEY}.units.method in mkdocs.yml is {quoted(named)}, which is none of `methods`. "
            f"{did_you_mean(named, settings.methods)}"
        )
    return settings


def _classes(file: object, root: Path) -> ClassSet:
    """The classes of the network: those of a file of labels, or ImageNet's."""
    if not isinstance(file, str) or not file:  # what else it may be is refused with all other faults
        return ClassSet()
    try:
        return ClassSet(read_labels(root / Path(file).expanduser()))
    except (RecipeError, RuntimeError) as error:
        raise SettingsError(f"{KEY}.labels in mkdocs.yml is {quoted(file)}: {error}") from None


def _texts(value: object, key: str) -> Iterator[tuple[str, str]]:
    """Every text of the settings, which pages may show, with its key; keys are texts too."""
    if isinstance(value, str):
        yield key, value
    elif isinstance(value, Mapping):
        for name, inner in value.items():
            yield from _texts(name, key)
            yield from _texts(inner, f"{key}.{name}")
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from _texts(inner, f"{key}[{index}]")


def _check_text(key: str, text: str) -> None:
    if len(text) > MAX_LENGTH:
        raise SettingsError(f"{key} in mkdocs.yml has {quoted(text)}, which is longer than {MAX_LENGTH} characters.")
    if any(unicodedata.category(character) in ("Cc", "Cs", "Zl", "Zp") for character in text):
        raise SettingsError(
            f"{key} in mkdocs.yml has {quoted(text)}: line breaks and other control characters are not allowed there."
        )


def _check_method(method: Method, settings: Settings) -> None:
    """Refuse a method that draws a group which there is not, or whose fields do not fit together."""
    key = f"{KEY}.methods.{method.name}"
    for group in method.groups or ():
        if group not in settings.groups:
            raise SettingsError(f"{key}.groups in mkdocs.yml has {group!r}. {did_you_mean(group, settings.groups)}")
    try:  # none of its fields depends on the network
        compose(
            method.preset,
            method.overrides,
            network="",
            weights="",
            target="logits:0",
            seed=settings.seeds[0],
            size=settings.size,
            precision=settings.precision,
        )
    except RecipeError as error:
        raise SettingsError(f"{key} in mkdocs.yml: {error}.") from None
