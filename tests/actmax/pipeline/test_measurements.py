"""Measurements in the store: computed once, typed, checked, and read without torch."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

import pytest
from pydantic import Field, FiniteFloat, TypeAdapter

from actmax.errors import WeightsError
from actmax.measure import kinds
from actmax.measure.kinds import Kind
from actmax.measure.models import Filters, LayerInfo
from actmax.networks.weights import Source
from actmax.pipeline import measurements
from actmax.pipeline.measurements import cached, measured, stored
from actmax.store import Store

SHARE: Kind[float] = Kind("share", 1, TypeAdapter(Annotated[FiniteFloat, Field(le=1)]))
SOURCE = Source("compact", "0123456789abcdef", Path("nowhere"))
INPUTS = {"picture": "0123456789abcdef"}


class Computation:
    """Returns a value, and counts its calls."""

    def __init__(self, value: Any) -> None:
        self.value = value
        self.calls = 0

    def __call__(self, *_: object) -> Any:
        self.calls += 1
        return self.value


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "store")


@pytest.fixture(autouse=True)
def _no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(measurements, "load", lambda _: None)


def file(store: Store) -> Path:
    (path,) = (store.path / "measurements").iterdir()
    return path


def test_a_measurement_is_computed_once(store: Store) -> None:
    compute = Computation(0.1 + 0.2)
    assert stored(SHARE, INPUTS, SOURCE, store) is None
    assert [measured(SHARE, INPUTS, compute, SOURCE, store) for _ in range(3)] == [0.1 + 0.2] * 3
    assert cached(SHARE, INPUTS, compute, SOURCE, store) == stored(SHARE, INPUTS, SOURCE, store) == 0.1 + 0.2
    assert compute.calls == 1


@pytest.mark.parametrize(
    ("kind", "inputs", "source"),
    [
        (replace(SHARE, revision=2), INPUTS, SOURCE),
        (replace(SHARE, name="another"), INPUTS, SOURCE),
        (SHARE, {"picture": "another"}, SOURCE),
        (SHARE, INPUTS, replace(SOURCE, digest="another")),
        (SHARE, INPUTS, replace(SOURCE, network="alexnet")),
    ],
)
def test_another_revision_kind_input_or_network_is_another_measurement(
    store: Store, kind: Kind[float], inputs: dict[str, object], source: Source
) -> None:
    measured(SHARE, INPUTS, Computation(0.5), SOURCE, store)
    assert measured(kind, inputs, Computation(0.25), source, store) == 0.25
    assert stored(SHARE, INPUTS, SOURCE, store) == 0.5


@pytest.mark.parametrize("value", [2.0, "x", None, [0.5], {"a": 0.5}])
def test_a_forged_value_of_another_type_is_computed_again(store: Store, value: Any) -> None:
    measured(SHARE, INPUTS, Computation(0.5), SOURCE, store)
    note = json.loads(file(store).read_text())
    file(store).write_text(json.dumps(note | {"value": value, "checksum": measurements._checksum(value)}))
    assert stored(SHARE, INPUTS, SOURCE, store) is None
    assert measured(SHARE, INPUTS, Computation(0.25), SOURCE, store) == 0.25


@pytest.mark.parametrize("damage", [lambda text: text[:-9], lambda text: text.replace("0.5", "0.6"), lambda _: "[]"])
def test_a_damaged_file_is_computed_again(store: Store, damage: Callable[[str], str]) -> None:
    measured(SHARE, INPUTS, Computation(0.5), SOURCE, store)
    file(store).write_text(damage(file(store).read_text()))
    assert measured(SHARE, INPUTS, Computation(0.25), SOURCE, store) == 0.25


def test_an_incomplete_value_is_computed_again(store: Store) -> None:
    measured(SHARE, INPUTS, Computation(0.5), SOURCE, store)
    assert measured(SHARE, INPUTS, Computation(0.75), SOURCE, store, lambda share: share > 0.6) == 0.75


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_numbers_that_are_not_finite_are_an_error(store: Store, value: float) -> None:
    with pytest.raises(WeightsError, match="The share of compact cannot be kept"):
        measured(SHARE, INPUTS, Computation(value), SOURCE, store)
    assert not store.path.exists()


def test_a_store_that_cannot_be_written_still_serves(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"a regular file")
    assert measured(SHARE, INPUTS, Computation(0.5), SOURCE, Store(tmp_path / "file" / "store")) == 0.5


def test_none_is_a_value_and_bytes_are_kept(store: Store) -> None:
    compute = Computation(None)
    assert [measured(kinds.FILTERS, {"layer": "a"}, compute, SOURCE, store) for _ in range(2)] == [None, None]
    assert compute.calls == 1
    filters = Filters(side=2, pixels=(bytes(range(12)), b"\xff" * 12))
    assert measured(kinds.FILTERS, {"layer": "b"}, Computation(filters), SOURCE, store) == filters
    assert stored(kinds.FILTERS, {"layer": "b"}, SOURCE, store) == filters


STORED = """
import sys
from pathlib import Path
from actmax.measure import kinds
from actmax.networks.weights import Source
from actmax.pipeline.measurements import stored
from actmax.store import Store

print(stored(kinds.LAYERS, {}, Source("compact", "0123456789abcdef", Path("nowhere")), Store(Path(sys.argv[1]))))
print(*sorted({"torch", "torchvision", "timm"} & set(sys.modules)))
"""


def test_a_stored_measurement_is_read_without_torch(store: Store) -> None:
    layers = (LayerInfo(name="conv1", shape=(64, 15, 15), parameters=23296),)
    measured(kinds.LAYERS, {}, Computation(layers), SOURCE, store)
    script = [sys.executable, "-c", STORED, str(store.path)]
    assert subprocess.check_output(script, text=True).splitlines() == [str(layers), ""]
