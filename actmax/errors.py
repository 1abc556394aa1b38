"""What can go wrong in a way that a person can put right: one tree of errors, and the words for it."""

from __future__ import annotations

import difflib
import errno
from collections.abc import Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pydantic import ValidationError


class ActmaxError(Exception):
    """A fault that a person can put right.

    The message is one paragraph: what was wrong, where it stood, and what to do. It is shown
    without a traceback.
    """


class UnknownNameError(ActmaxError):
    """A class, layer, network, method or key that does not exist."""


class RecipeError(ActmaxError):
    """A recipe or a composition that asks for something impossible."""


class PrecisionError(RecipeError):
    """A network that does not run in the precision, or on the device, that it was to run in."""


class WeightsError(ActmaxError):
    """Weights that are absent, damaged, or made for another network."""


class PictureError(ActmaxError):
    """A picture file that cannot be read as one."""


class StoreError(ActmaxError):
    """A store, or an output file, that cannot be written or read."""


LONGEST = 80
"""Characters of a value that a message quotes: a value may be a book."""

LONGEST_PATH = 1000
"""Characters of a path that a message names."""


def quoted(value: object) -> str:
    """A value as it was written, shortened: for messages.

    >>> quoted("zebre")
    "'zebre'"
    """
    if isinstance(value, int) and abs(value) >= 10**LONGEST:
        return "a number of too many digits"  # Python refuses to write out some of those
    text = repr(value[: LONGEST + 1] if isinstance(value, str | bytes) else value)
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}…"


def shown(name: object) -> str:
    r"""A path or a key as a person would write it; with what cannot be printed escaped.

    >>> shown("conv1.weight"), shown("two\nlines")
    ('conv1.weight', "'two\\nlines'")
    """
    text = str(name)
    return text if text.isprintable() and len(text) <= LONGEST_PATH else quoted(text)


def did_you_mean(name: str, allowed: Iterable[str], most: int = 3) -> str:
    """The sentence that names the nearest valid choices, or lists a few where none is near.

    >>> did_you_mean("zebre", ["zebra", "tiger"])
    "Did you mean 'zebra'?"
    """
    choices = sorted(set(allowed))
    folded = {choice.casefold(): choice for choice in choices}
    near = [folded[key] for key in difflib.get_close_matches(name[:LONGEST].casefold(), folded, most, 0.6)]
    if near:
        return f"Did you mean {' or '.join(repr(choice) for choice in near)}?"
    listed = ", ".join(choices[:12]) + (", …" if len(choices) > 12 else "")
    return f"Allowed: {listed}."


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
            findings.append(f"{key}: {words[0].lower()}{words[1:]}, not {quoted(finding['input'])}")
    return findings


def reason(error: OSError) -> str:
    """Why the operating system refused, in a few words."""
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return "No space is left on the disk"
    return error.strerror or str(error)
