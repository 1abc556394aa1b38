"""What YAML may bring along that no setting can be: refused before anything else looks at it."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Mapping

from actmax.errors import quoted
from gen.settings.schema import SettingsError

LONGEST = 200
"""Characters of a word or a path."""
DEEPEST = 6
"""Levels of lists and mappings: no key needs more than five."""
MOST = 50_000
"""Values in all. Each of the 1000 classes may be named in many groups, but an anchor may stand for billions."""
LARGEST = 2**64
"""A number beyond this is none that a setting takes, and may be too long to be written out."""


def check(values: object, key: str) -> None:
    """Lets pass what consists of short words, numbers, lists and mappings.

    Raises:
        SettingsError: a word that is too long or holds control characters, a number that is too large, a date or
            another type, too many values or levels; the message names the first.
    """
    for count, (path, value) in enumerate(_walk(values, key, 0)):
        if count >= MOST:
            raise SettingsError(f"{key} in mkdocs.yml holds more than {MOST} values: is there an anchor in itself?")
        if trouble := _trouble(value):
            raise SettingsError(f"{quoted(path)[1:-1]} in mkdocs.yml {trouble}.")


def _walk(value: object, path: str, level: int) -> Iterator[tuple[str, object]]:
    """Each value with its key; keys are values too."""
    yield path, value if level <= DEEPEST else ...
    if level > DEEPEST:
        return
    if isinstance(value, Mapping):
        for name, inner in value.items():
            yield path, name
            yield from _walk(inner, f"{path}.{name}"[: 2 * LONGEST] if isinstance(name, str) else path, level + 1)
    elif isinstance(value, list):
        for place, inner in enumerate(value):
            yield from _walk(inner, f"{path}[{place}]", level + 1)


def _trouble(value: object) -> str:
    """Why no setting can be that; empty where one can."""
    if value is ...:
        return f"is nested more than {DEEPEST} levels deep"
    if isinstance(value, str):
        if len(value) > LONGEST:
            return f"holds {quoted(value)}, which is longer than {LONGEST} characters"
        if any(unicodedata.category(sign) in ("Cc", "Cs", "Zl", "Zp") for sign in value):
            return f"holds {quoted(value)}: a line break or another control character cannot stand there"
    elif isinstance(value, int) and abs(value) >= LARGEST:
        return "holds a number of more than 19 digits"
    elif value is not None and not isinstance(value, int | float | list | Mapping):
        return f"holds {quoted(value)}, which YAML reads as a {type(value).__name__}: put it in quotes"
    return ""
