"""What a user says of a network of their own: its labels and its images, checked. Needs no torch."""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from math import isfinite
from numbers import Integral
from pathlib import Path
from typing import Any

from actmax.errors import RecipeError, printable, quoted, reason
from actmax.networks.cards import IMAGENET_MEAN, Card
from actmax.networks.families import check_architecture

Labels = Iterable[str] | Mapping[str, int] | Mapping[int, str] | None

MAX_LABELS_BYTES = 1 << 22
"""Of a file of labels: 20 000 classes with names of 200 characters."""
MAX_LABEL = 200
"""Characters of a label."""


@dataclass(frozen=True)
class Description:
    """What is known of a network besides its name and its weights.

    >>> Description().is_empty, Description(labels=("cat", "dog"), channels=1).is_empty
    (True, False)
    """

    labels: tuple[str, ...] = ()
    """The names of its classes in the order of its logits; empty: ImageNet-1k's 1000."""
    channels: int | None = None
    """Of its images, 1 or 3; None: as many as ``mean`` has, or 3."""
    size: int | None = None
    """Height and width of its images; None: the network's usual one."""
    mean: float | tuple[float, ...] | None = None
    """Of each channel in [0, 1]; with ``std`` the normalization. None: the network's usual one, or 0."""
    std: float | tuple[float, ...] | None = None
    """None: the network's usual one, or 1."""
    folder: Path = Path()
    """Where the code of a ``module:function`` lies."""

    @property
    def is_empty(self) -> bool:
        """Whether nothing is said that a network's card could contradict."""
        return not self.labels and self.channels is None and self.mean is None and self.std is None


def described(card: Card, about: Description, file: Path) -> Card:
    """Return the card of a network with the user's weights, as the user describes it.

    Its title names the file, since what the weights have learned is not known.

    Raises:
        RecipeError: mean, std and channels do not fit each other or the network.
        UnknownNameError: they do not fit a network that does not exist.
    """
    title = f"{card.architecture}, weights {printable(file.name)}"
    card = replace(card, title=title, note="", layers=dict(card.layers))  # a dict reaches other processes
    if about.labels:
        card = replace(card, labels="", names=about.labels, classes=len(about.labels))
    if about.size and (card.family == "function" or not about.is_empty):
        card = replace(card, size=(about.size, about.size))
    if (about.mean is None) != (about.std is None):
        raise RecipeError("mean and std belong together: give both, of images from 0 to 1.")
    mean, std = about.mean, about.std
    if mean is None and card.family == "function":
        mean, std = 0.0, 1.0
    if mean is not None:
        means, stds = normalization(mean, std, about.channels)
        card = replace(card, mean=means, std=stds)
    channels = about.channels or len(card.mean or IMAGENET_MEAN)
    if channels not in (1, 3):
        raise RecipeError(f"{channels} channels are no picture's, which has 1 (gray) or 3 (RGB): use actmax.wrap.")
    if channels != 3 and card.family not in ("function", "timm"):
        check_architecture(card, about.folder)
        raise RecipeError(
            f"{card.architecture} takes images of 3 channels: name a function of yours, module:function, that returns "
            "your network."
        )
    return replace(card, channels=channels)


def read_labels(path: Path) -> tuple[str, ...]:
    """Read a file of labels: a name in each line, in the order of the logits; or JSON, a list of names or a mapping
    between names and indices (a data set's ``class_to_idx``, a transformer's ``id2label``).

    Raises:
        RecipeError: it cannot be read, or a label is empty, too long or no text.
    """
    try:
        if path.exists() and not path.is_file():
            raise RecipeError(f"The labels {printable(path)} cannot be read: it is no regular file.")
        with path.open("rb") as file:
            raw = file.read(MAX_LABELS_BYTES + 1)
        if len(raw) > MAX_LABELS_BYTES:
            raise RecipeError(f"The labels {printable(path)} have more than {MAX_LABELS_BYTES} bytes.")
        text = raw.decode("utf-8-sig")
    except OSError as error:
        raise RecipeError(f"The labels {printable(path)} cannot be read: {reason(error)}.") from None
    except UnicodeDecodeError:
        raise RecipeError(f"The labels {printable(path)} are not UTF-8: save them as such.") from None
    try:
        names = label_names(_json(text) if text.lstrip()[:1] in ("[", "{") else text.strip().splitlines())
    except RecipeError as error:
        raise RecipeError(f"{printable(path)}: {error}") from None
    names = tuple(name.strip() for name in names)
    for number, name in enumerate(names):
        if not name or len(name) > MAX_LABEL or any(unicodedata.category(sign).startswith("C") for sign in name):
            raise RecipeError(
                f"{printable(path)}: label {number} is {quoted(name)}; a label is 1 to {MAX_LABEL} letters."
            )
    if len(names) < 2:
        raise RecipeError(f"{printable(path)} has {len(names)} labels: write one for each logit, one a line.")
    return names


def _json(text: str) -> Any:
    """Return the labels in a JSON text. Keys that are numbers, as JSON has them, are indices.

    Raises:
        RecipeError: it is no JSON.
    """
    try:
        values = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise RecipeError(f"it is no JSON: {str(error)[:100]}.") from None
    if isinstance(values, dict) and all(isinstance(value, str) and key.isdecimal() for key, value in values.items()):
        return {int(key[:18]): value for key, value in values.items()}
    return values


def normalization(mean: Any, std: Any, channels: int | None) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Return mean and deviation of each channel.

    Raises:
        RecipeError: they are not numbers, do not fit the channels, or are those of images from 0 to 255.
    """
    given = [values for values in (mean, std) if _is_sequence(values)]
    if channels is not None and (not isinstance(channels, Integral) or channels < 1):
        raise RecipeError(f"channels must be a whole number from 1 on, not {quoted(channels)}.")
    count = int(channels or max(map(len, given), default=3))
    try:
        means, stds = (
            tuple(map(float, values)) if _is_sequence(values) else (float(values),) * count for values in (mean, std)
        )
    except (TypeError, ValueError):
        raise RecipeError(f"mean {quoted(mean)} and std {quoted(std)} must be numbers.") from None
    if not len(means) == len(stds) == count or not min(stds) > 0 or not all(map(isfinite, means + stds)):
        raise RecipeError(f"mean {mean} and std {std} must be {count} numbers each, one a channel, and std above 0.")
    if max(means) > 1 or max(stds) > 10:
        means, stds = (tuple(float(f"{value / 255:.4g}") for value in values) for values in (means, stds))
        raise RecipeError(
            f"mean {mean} and std {std} are not of images from 0 to 1, which is what actmax draws. If they are of "
            f"images from 0 to 255, write mean={means}, std={stds}."
        )
    return means, stds


def _is_sequence(values: Any) -> bool:
    return hasattr(values, "__len__") and getattr(values, "ndim", 1) > 0


def label_names(labels: Labels) -> tuple[str, ...]:
    """Return the labels in the order of the logits.

    Raises:
        RecipeError: they are not names, or their indices are not 0, 1, 2, ….
    """
    if labels is None:
        return ()
    if isinstance(labels, Mapping):
        pairs = [(value, key) if isinstance(value, Integral) else (key, value) for key, value in labels.items()]
        try:
            by_index = {int(index): label for index, label in pairs}
        except (TypeError, ValueError):
            raise RecipeError(f"labels must map names to indices, or indices to names, not {quoted(labels)}.") from None
        if sorted(by_index) != list(range(len(labels))):
            raise RecipeError(f"The indices of labels must be 0, 1, … {len(labels) - 1}, one for each logit.")
        labels = [str(by_index[index]) for index in range(len(labels))]
    if isinstance(labels, str) or not isinstance(labels, Iterable):
        raise RecipeError(f"labels must be a list of names, one for each logit, not {quoted(labels)}.")
    names = tuple(labels)
    others = [label for label in names if not isinstance(label, str)]
    if others:
        raise RecipeError(f"labels must be names, not {quoted(others[0])}.")
    return tuple(map(str, names))
