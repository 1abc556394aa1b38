"""Shards: the share of a list of drawings that one of several machines draws. Needs no torch."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from actmax.engine.batches import kind
from actmax.errors import ActmaxError, quoted
from actmax.recipe.recipe import Recipe

_SHARD = re.compile(r"(\d{1,9})/(\d{1,9})", re.ASCII)


@dataclass(frozen=True)
class Shard:
    """One share of several."""

    number: int = 1
    """From 1."""
    count: int = 1

    def __str__(self) -> str:
        return f"{self.number}/{self.count}"

    @classmethod
    def parse(cls, text: str) -> Shard:
        """Parse ``2/4``, the second of four.

        Raises:
            ActmaxError: it is not a shard.
        """
        match = _SHARD.fullmatch(text)
        if match is None or not 1 <= int(match[1]) <= int(match[2]):
            raise ActmaxError(
                f"A shard is written like 2/4, the second of four, and counted from 1: not {quoted(text)}."
            )
        return cls(int(match[1]), int(match[2]))


def shard(recipes: Sequence[Recipe], wanted: Shard) -> list[Recipe]:
    """Return one machine's share: each drawing is in exactly one, whatever the order of the list.

    Drawings that may share a batch, and so cost the same, are dealt in turn: the shares differ by at most one of each
    kind, whatever a kind costs.
    """
    by_digest = {recipe.digest(): recipe for recipe in recipes}
    dealt = sorted(by_digest, key=lambda digest: (repr(kind(by_digest[digest])), digest))
    return [by_digest[digest] for digest in dealt[wanted.number - 1 :: wanted.count]]
