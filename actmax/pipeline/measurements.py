"""Measurements of a network, computed once and kept in the store. Needs no torch for those that are stored."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, TypeVar

from pydantic import ValidationError

from actmax.errors import StoreError, WeightsError
from actmax.files import digest
from actmax.measure.kinds import Kind
from actmax.networks.weights import Source
from actmax.pipeline.publish import load
from actmax.recipe.recipe import ALGORITHM
from actmax.store.store import MEASUREMENTS, Store

if TYPE_CHECKING:
    from actmax.networks.network import Network

T = TypeVar("T")


def measured(
    kind: Kind[T],
    inputs: Mapping[str, object],
    compute: Callable[[Network], T],
    source: Source,
    store: Store,
    complete: Callable[[T], bool] = lambda _: True,
) -> T:
    """Return a measurement of a network: from the store, or computed and kept there.

    Args:
        kind: of measurement.
        inputs: what identifies it among others of its kind, as JSON: pictures by their digest, targets, counts.
        compute: measures the loaded network.
        source: the network; loaded only if the measurement is not stored.
        store: where measurements are kept. One that cannot be written still serves.
        complete: whether a stored value covers the inputs, such as all of the layers, where its type cannot tell. One
            that does not is computed again.

    Raises:
        ActmaxError: the network cannot be loaded or measured.
    """
    return cached(kind, inputs, lambda: compute(load(source)), source, store, complete)


def cached(
    kind: Kind[T],
    inputs: Mapping[str, object],
    compute: Callable[[], T],
    source: Source,
    store: Store,
    complete: Callable[[T], bool] = lambda _: True,
) -> T:
    """Return a measurement like :func:`measured`, computed without the network of ``source`` being loaded."""
    for value in _stored(kind, inputs, source, store, complete):
        return value
    try:
        text = kind.type.dump_json(compute())
        value = kind.type.validate_json(text)
    except ValidationError as error:
        raise WeightsError(f"The {kind.name} of {source.network} cannot be kept: {error.errors()[0]['msg']}.") from None
    key, raw = _key(kind, inputs, source), json.loads(text)
    with contextlib.suppress(StoreError):
        store.set_note(_name(key), {"key": key, "value": raw, "checksum": _checksum(raw)})
    return value


def stored(
    kind: Kind[T],
    inputs: Mapping[str, object],
    source: Source,
    store: Store,
    complete: Callable[[T], bool] = lambda _: True,
) -> T | None:
    """Return the stored measurement, or None where there is none that is whole, of the kind's type and complete."""
    return next(_stored(kind, inputs, source, store, complete), None)


def _stored(
    kind: Kind[T], inputs: Mapping[str, object], source: Source, store: Store, complete: Callable[[T], bool]
) -> Iterator[T]:
    """Yield the stored measurement, which may be None, or nothing."""
    key = _key(kind, inputs, source)
    note = store.note(_name(key))
    raw = note.get("value")
    if note.get("key") == key and note.get("checksum") == _checksum(raw):
        with contextlib.suppress(ValidationError):
            value = kind.type.validate_json(json.dumps(raw))
            if complete(value):
                yield value


def _key(kind: Kind[T], inputs: Mapping[str, object], source: Source) -> dict[str, object]:
    return {
        "kind": kind.name,
        "revision": kind.revision,
        "algorithm": ALGORITHM,
        "network": source.network,
        "weights": source.digest,
        "inputs": dict(inputs),
    }


def _name(key: Mapping[str, object]) -> str:
    return f"{MEASUREMENTS}/{_checksum(key)}"


def _checksum(value: object) -> str:
    return digest(json.dumps(value, sort_keys=True).encode())
