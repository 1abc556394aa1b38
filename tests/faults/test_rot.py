"""Flipped bits and truncated, swapped, empty, renamed or lost files: the store returns what was put, or nothing."""

from __future__ import annotations

import random
import shutil
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import fakes
import pytest
from nightly import smoke
from pydantic import TypeAdapter
from recipes import of_class

from actmax.measure.kinds import Kind
from actmax.networks.weights import Source
from actmax.pipeline import measurements
from actmax.store import Store

CASES_PER_PART = 40
CHANNELS = (1, 2, 3)
WEATHER = Kind("weather", 1, TypeAdapter(tuple[float, str]))
SOURCE = Source("compact", "0123456789abcdef", Path("nowhere"))


def files(channel: int) -> dict[str, bytes]:
    return {"drawing.png": bytes([channel]) * 900, "frames.webp": f"the frames of {channel}".encode() * 20}


def small(channel: int) -> bytes:
    return f"a small picture of {channel}".encode() * 9


def measured(store: Store) -> Any:
    """Return a stored measurement of a network. The network is not loaded: only the storage is tested."""
    return measurements.measured(WEATHER, {}, lambda _: (1.5, "rain"), SOURCE, store)


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    store = Store(tmp_path_factory.mktemp("rot") / "store")
    for channel in CHANNELS:
        store.put(files(channel), fakes.record(of_class(channel))).derived("small.webp", partial(small, channel))
    measured(store)
    return store.path


def flip_bit(path: Path, _: Path, dice: random.Random) -> None:
    data = bytearray(path.read_bytes())
    bit = dice.randrange(8 * len(data))
    data[bit // 8] ^= 1 << bit % 8
    path.write_bytes(data)


def truncate(path: Path, _: Path, dice: random.Random) -> None:
    data = path.read_bytes()
    path.write_bytes(data[: dice.randrange(len(data))])


def append(path: Path, other: Path, _: random.Random) -> None:
    path.write_bytes(path.read_bytes() + other.read_bytes()[:50])


def swap(path: Path, other: Path, _: random.Random) -> None:
    contents, others = path.read_bytes(), other.read_bytes()
    path.write_bytes(others)
    other.write_bytes(contents)


def remove(path: Path, *_: object) -> None:
    path.unlink()


def become_a_folder(path: Path, *_: object) -> None:
    path.unlink()
    path.mkdir()


def rename(path: Path, other: Path, _: random.Random) -> None:
    """Give a file the name of another kind of file."""
    path.rename(path.with_name(other.name))


HARMS: list[Callable[[Path, Path, random.Random], None]] = [
    flip_bit,
    flip_bit,
    flip_bit,
    truncate,
    append,
    swap,
    remove,
    become_a_folder,
    rename,
]


@pytest.fixture(scope="module", autouse=True)
def _no_network() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(measurements, "load", lambda _: None)
        yield


@pytest.mark.parametrize("part", smoke(range(50)))
def test_the_store_returns_what_was_put_or_nothing(prepared: Path, tmp_path: Path, part: int, report: Any) -> None:
    for number in range(part * CASES_PER_PART, (part + 1) * CASES_PER_PART):
        dice = random.Random(number)
        root = tmp_path / "store"
        shutil.copytree(prepared, root)
        harms = dice.choices(HARMS, k=dice.choice((1, 1, 2)))
        for harm in harms:
            every = sorted(path for path in root.rglob("*") if path.is_file() and path.name != ".lock")
            harm(*dice.sample(every, 2), dice)
        check(Store(root), f"case {number}: {', '.join(harm.__name__ for harm in harms)}")
        shutil.rmtree(root)
        report.add("rot", tried=1)


def check(store: Store, case: str) -> None:
    listed = {entry.digest: entry for entry in store.entries()}
    intact = 0
    for channel in CHANNELS:
        entry = store.get(of_class(channel))
        assert (entry is None) == (of_class(channel).digest() not in listed), case
        if entry is None:
            continue
        intact += 1
        assert {name: entry.read(name) for name in files(channel)} == files(channel), case
        assert entry.record.model_dump(exclude={"files"}) == fakes.record(of_class(channel)).model_dump(
            exclude={"files"}
        ), case
        assert entry.derived("small.webp", partial(small, channel)) == small(channel), case
    assert len(listed) == intact, case
    assert measured(store) == (1.5, "rain"), case
    for channel in CHANNELS:  # the next build repairs the store
        if store.get(of_class(channel)) is None:
            store.put(files(channel), fakes.record(of_class(channel)))
            assert store.get(of_class(channel)) is not None, case
