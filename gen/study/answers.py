"""Questions to a network whose answers have a known shape."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

from pydantic import TypeAdapter

from actmax.errors import StoreError
from actmax.networks.weights import Source
from actmax.pipeline.answers import Question, answered, ask
from actmax.store.store import Store

if TYPE_CHECKING:
    from actmax.networks.network import Network

T = TypeVar("T")


def answer_to(
    question: Question,
    answer: Callable[[Network], Any],
    shape: TypeAdapter[T],
    source: Source,
    store: Store,
    fits: Callable[[T], bool] = lambda _: True,
) -> T:
    """A network's answer: from the store, or worked out and kept there.

    Args:
        question: tells it from all others.
        answer: works it out; returns what JSON can hold.
        shape: what it must be.
        source: the network.
        store: where answers are kept.
        fits: whether it answers just what was asked, such as all of the layers, where the shape cannot tell.

    Raises:
        StoreError: what is stored has another shape.
        ActmaxError: the network cannot answer.
    """
    return shaped(ask(question, answer, source, store), question, shape, store, fits)


def stored_answer(question: Question, shape: TypeAdapter[T], source: Source, store: Store) -> T | None:
    """The stored answer, or None where there is none.

    Raises:
        StoreError: what is stored has another shape.
    """
    answer = answered(question, source, store)
    return None if answer is None else shaped(answer, question, shape, store)


def shaped(
    answer: Any, question: Question, shape: TypeAdapter[T], store: Store, fits: Callable[[T], bool] = lambda _: True
) -> T:
    """An answer as what it must be.

    Raises:
        StoreError: it is something else.
    """
    try:
        json.dumps(answer, allow_nan=False)  # Python reads NaN and infinity from JSON, which no answer has
        shaped = shape.validate_python(answer)
        if fits(shaped):
            return shaped
    except ValueError:  # pydantic's too
        pass
    raise StoreError(
        f"A stored answer about {question.name} in {store.path} is not one: remove {store.path / 'answers'}, and "
        "it will be worked out again."
    )
