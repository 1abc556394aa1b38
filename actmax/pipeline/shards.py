"""One share of a long list of drawings, for one of several machines. Needs no torch."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from actmax.engine.batches import kind
from actmax.errors import ActmaxError, quoted
from actmax.recipe.recipe import Recipe

_WRITTEN = re.compile(r"(\d{1,9})/(\d{1,9})", re.ASCII)


@dataclass(frozen=True)
class Shard:
    """Which share, of how many."""

    place: int = 1
    """From 1."""
    count: int = 1

    def __str__(self) -> str:
        return f"{self.place}/{self.count}"

    @classmethod
    def parse(cls, text: str) -> Shard:
        """``2/4`` -> the second of four.

        Raises:
            ActmaxError: it is no such share.
        """
        match = _WRITTEN.fullmatch(text)
        if match is None or not 1 <= int(match[1]) <= int(match[2]):
            raise ActmaxError(
                f"A shard is written like 2/4, the second of four, and counted from 1: not {quoted(text)}."
            )
        return cls(int(match[1]), int(match[2]))


def shard(recipes: Sequence[Recipe], wanted: Shard) -> list[Recipe]:
    """What one of several machines draws: each drawing is in exactly one share, whatever the order of the list.

    Drawings that may share a batch, and so cost the same, are dealt in turn: every share has as many of them as every
    other, or one more, whatever each kind costs.
    """
    by_digest = {recipe.digest(): recipe for recipe in recipes}
    dealt = sorted(by_digest, key=lambda digest: (repr(kind(by_digest[digest])), digest))
    return [by_digest[digest] for digest in dealt[wanted.place - 1 :: wanted.count]]
