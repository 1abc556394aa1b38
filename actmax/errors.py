"""The errors that a user can correct, in one tree, and the wording of their messages."""

from __future__ import annotations

import difflib
import errno
from collections.abc import Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pydantic import ValidationError


class ActmaxError(Exception):
    """An error that a user can correct.

    The message is one paragraph: what is wrong, where, and what to do. It is shown without a traceback.
    """


class UnknownNameError(ActmaxError):
    """A class, layer, network, method or key that does not exist."""


class RecipeError(ActmaxError):
    """A recipe, or a combination of its parts, that is impossible."""


class PrecisionError(RecipeError):
    """A network that runs, but not in the precision or on the device that was requested."""


class WeightsError(ActmaxError):
    """Weights that are absent, damaged, or made for another network."""


class PictureError(ActmaxError):
    """A file that cannot be read as an image."""


class StoreError(ActmaxError):
    """A store, or an output file, that cannot be written or read."""


MAX_QUOTED = 80
"""Length to which a message shortens a value, in characters."""
MAX_PATH = 1000
"""The same for a path."""


def quoted(value: object) -> str:
    """Return a value's ``repr``, shortened, for a message.

    >>> quoted("zebre")
    "'zebre'"
    """
    if isinstance(value, int) and abs(value) >= 10**MAX_QUOTED:
        return "a number of too many digits"  # Python refuses to convert some of those to text
    text = repr(value[: MAX_QUOTED + 1] if isinstance(value, str | bytes) else value)
    text = " ".join(text.split()) if "\n" in text else text  # of arrays
    return text if len(text) <= MAX_QUOTED else f"{text[:MAX_QUOTED]}…"


def printable(name: object) -> str:
    r"""Return a path or a key as it is, or quoted if it contains unprintable characters.

    >>> printable("conv1.weight"), printable("two\nlines")
    ('conv1.weight', "'two\\nlines'")
    """
    text = str(name)
    return text if text.isprintable() and len(text) <= MAX_PATH else quoted(text)


def did_you_mean(name: str, allowed: Iterable[str]) -> str:
    """Return a sentence that names the nearest valid choices, never the name itself, or lists some if none is near.

    >>> did_you_mean("zebre", ["zebra", "tiger"])
    "Did you mean 'zebra'?"
    """
    choices = sorted({*allowed} - {name})
    folded = {choice.casefold(): choice for choice in choices}
    near = [folded[key] for key in difflib.get_close_matches(name[:MAX_QUOTED].casefold(), folded)]
    if near:
        return f"Did you mean {' or '.join(repr(choice) for choice in near)}?"
    if not choices:
        return "There are none."
    return f"Allowed: {', '.join(choices[:12])}{', …' if len(choices) > 12 else ''}."


def validation_messages(error: ValidationError) -> list[str]:
    """Return pydantic's errors as sentences with key and value, such as ``steps: input should be …, not -5``."""
    messages = []
    for detail in error.errors(include_url=False):
        key = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in detail["loc"]).lstrip(".")
        message = detail["msg"].removeprefix("Value error, ")
        if key:
            message = f"{key}: {message[0].lower()}{message[1:]}"
            if detail["type"] != "missing":  # the input of a missing key is everything else that was given
                message += f", not {quoted(detail['input'])}"
        messages.append(message)
    return messages


def reason(error: OSError) -> str:
    """Return why the operating system refused, in a few words."""
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return "No space is left on the disk"
    return error.strerror or str(error)
