"""Questions to a network, and what it answered: worked out once, and kept in the store."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from actmax import files
from actmax.errors import StoreError
from actmax.networks.weights import Source
from actmax.pipeline.publish import load
from actmax.recipe.recipe import ALGORITHM
from actmax.store.store import ANSWERS, Store

if TYPE_CHECKING:
    from actmax.networks.network import Network


@dataclass(frozen=True)
class Question:
    """What a network is asked."""

    name: str
    """What kind of question it is."""
    revision: int
    """Of the arithmetic that answers it (:mod:`actmax.measure.revisions`); older answers do not count."""
    about: Mapping[str, Any] = field(default_factory=dict)
    """What it is about, as plain JSON: pictures by their digest, targets, counts."""

    def identity(self, source: Source) -> dict[str, Any]:
        """What tells it from all other questions."""
        return {
            "ask": self.name,
            "revision": self.revision,
            "algorithm": ALGORITHM,
            "network": source.network,
            "weights": source.digest,
            "about": dict(self.about),
        }


def ask(question: Question, answer: Callable[[Network], Any], source: Source, store: Store) -> Any:
    """What a network answers to a question: from the store, or worked out and kept there.

    Args:
        question: tells it from all others.
        answer: works it out; returns what JSON can hold.
        source: the network.
        store: where answers are kept.

    Returns:
        The answer as JSON gives it back, whether it was stored or not: lists, not tuples.
    """
    known = answered(question, source, store)
    return keep(question, answer(load(source)), source, store) if known is None else known


def keep(question: Question, answer: Any, source: Source, store: Store) -> Any:
    """Keeps an answer in the store, and returns it as JSON gives it back."""
    known = json.loads(json.dumps(answer, allow_nan=False))
    identity = question.identity(source)
    with contextlib.suppress(StoreError):  # a store that cannot be written still serves
        store.set_note(_note(identity), {"asked": identity, "answer": known, "checksum": _checksum(known)})
    return known


def answered(question: Question, source: Source, store: Store) -> Any:
    """The stored answer to a question, or None where there is none that is whole."""
    identity = question.identity(source)
    known = store.note(_note(identity))
    answer = known.get("answer")
    return answer if known.get("asked") == identity and known.get("checksum") == _checksum(answer) else None


def _note(identity: Mapping[str, Any]) -> str:
    return f"{ANSWERS}/{_checksum(identity)}"


def _checksum(value: Any) -> str:
    return files.digest(json.dumps(value, sort_keys=True).encode())
