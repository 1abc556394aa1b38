"""Everyday words for ImageNet's classes, from WordNet 3.0: what is above them (dog) and what is near (giraffe).

``words.tsv`` is made by :mod:`actmax.networks.wordnet`; its license is beside it. :mod:`actmax.networks.labels` looks
words up, here and among the classes' own names.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from functools import cache
from pathlib import Path

TABLE = Path(__file__).with_name("words.tsv")
"""Rows of words, a tab, and classes: ``151-268`` fall under the words, ``~351,352`` are near; ``=ox`` is a plural."""
ENDINGS = (("ies", "y"), ("es", ""), ("s", ""), ("men", "man"))
"""Of regular plurals, with those of the singular."""


@dataclass(frozen=True)
class Sense:
    """What a word means, other than the name of a class."""

    words: tuple[str, ...]
    """Synonyms; the first is the most usual."""
    indices: tuple[int, ...]
    """Of classes: those that fall under the words, or the nearest, best first."""
    near: bool
    """Whether no class falls under the words, and these are only near."""


def senses(word: str) -> tuple[Sense, ...]:
    """Return what a word means. It is a slug: lower case, with hyphens.

    >>> senses("penguin")
    (Sense(words=('penguin',), indices=(145,), near=False),)
    """
    return _table()[0].get(word, ())


def singulars(word: str) -> tuple[str, ...]:
    """Return what a slug may be the plural of.

    >>> singulars("timber-wolves"), singulars("buses")
    (('timber-wolf',), ('bus', 'buse'))
    """
    start, hyphen, last = word.rpartition("-")
    irregular = _table()[1].get(last)
    found = [irregular] if irregular else [last[: -len(old)] + new for old, new in ENDINGS if last.endswith(old)]
    return tuple(f"{start}{hyphen}{singular}" for singular in found if singular)


@cache
def _table() -> tuple[dict[str, tuple[Sense, ...]], dict[str, str]]:
    """Return the senses by word, those with most classes first, and the irregular plurals."""
    senses: dict[str, tuple[Sense, ...]] = defaultdict(tuple)
    plurals = {}
    for line in TABLE.read_text("utf-8").splitlines():
        named, _, rest = line.partition("\t")
        words = tuple(named.split(", "))
        if rest.startswith("="):
            plurals[named] = rest[1:]
            continue
        sense = Sense(words, _numbers(rest.removeprefix("~")), rest.startswith("~"))
        for word in words:
            senses[word.replace(" ", "-")] += (sense,)
    return senses, plurals


def _numbers(ranges: str) -> tuple[int, ...]:
    spans = (part.partition("-") for part in ranges.split(","))
    return tuple(number for low, _, high in spans for number in range(int(low), int(high or low) + 1))
