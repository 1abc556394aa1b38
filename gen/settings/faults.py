"""What is wrong with the settings, in words: each fault with its key, its value, and what would be right."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from pydantic import ValidationError
from pydantic_core import PydanticCustomError

from actmax.errors import ActmaxError, did_you_mean, quoted

KEY = "extra.gallery"
MAX_FAULTS = 20
"""How many faults one message lists."""


class SettingsError(ActmaxError):
    """Something under ``extra: gallery:`` that is invalid."""


def fault(words: str) -> PydanticCustomError:
    """An error for a validator to raise; the words continue "KEY in mkdocs.yml"."""
    return PydanticCustomError("setting", "{words}", {"words": words})


def refuse_unknown(
    values: Mapping[object, object],
    allowed: Iterable[str],
    renamed: Mapping[str, str],
    elsewhere: Mapping[str, str],
) -> None:
    """Refuse unknown keys; each error names the new key, where the key belongs, or the nearest ones.

    Args:
        values: the keys with their values.
        allowed: the keys that there are.
        renamed: old names of keys, with the new ones.
        elsewhere: keys of other sections, with what to write.

    Raises:
        PydanticCustomError: there is an unknown key.
    """
    allowed = set(allowed)
    faults = []
    for key in values:
        if key not in allowed:
            new, there = renamed.get(str(key)), elsewhere.get(str(key))
            hint = f"It is now {new!r}." if new else there or did_you_mean(str(key), allowed)
            faults.append(f"has an unknown key {quoted(key)}. {hint}")
    if faults:
        raise fault(" It ".join(faults[:MAX_FAULTS]))


def sentences(error: ValidationError) -> str:
    """A validation error as one paragraph: a sentence for each fault, with key and value."""
    faults = []
    for finding in error.errors(include_url=False, include_context=False):
        key = "".join(
            f"[{part}]" if isinstance(part, int) else f".{part}" for part in finding["loc"] if part != "[key]"
        )
        words, where = finding["msg"].partition(" or instance of")[0], f"{KEY}{key} in mkdocs.yml"
        if finding["type"] == "setting":
            faults.append(f"{where} {words}")
        elif finding["type"] == "missing":
            faults.append(f"{where} is missing: it is required.")
        else:
            faults.append(f"{where}: {words[0].lower()}{words[1:]}, not {quoted(finding['input'])}.")
    more = f" ({len(faults) - MAX_FAULTS} more like these.)" if len(faults) > MAX_FAULTS else ""
    return " ".join(faults[:MAX_FAULTS]) + more
