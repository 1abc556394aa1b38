"""Bits that flip, files that are cut, swapped, emptied or lost: what the store serves is what was put, or nothing."""

from __future__ import annotations

import os
import random
import shutil
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import fakes
import pytest
from recipes import of_class

from actmax.networks.weights import Source
from actmax.pipeline import answers
from actmax.pipeline.answers import Question, ask
from actmax.store import Store

CASES = 2000 if os.environ.get("ACTMAX_FAULTS") == "whole" else 240
CHANNELS = (1, 2, 3)
SOURCE = Source("compact", "0123456789abcdef", Path("nowhere"))


def files(channel: int) -> dict[str, bytes]:
    return {"drawing.png": bytes([channel]) * 900, "frames.webp": f"the frames of {channel}".encode() * 20}


def small(channel: int) -> bytes:
    return f"a small picture of {channel}".encode() * 9


def asked(store: Store) -> Any:
    """A network's answer; loading the network itself is not what is tried here."""
    return ask(Question("weather", 1), lambda _: [1.5, "rain"], SOURCE, store)


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    store = Store(tmp_path_factory.mktemp("rot") / "store")
    for channel in CHANNELS:
        store.put(files(channel), fakes.record(of_class(channel))).derived(
            "small.webp", lambda channel=channel: small(channel)
        )
    asked(store)
    return store.path


def flip(path: Path, _: Path, dice: random.Random) -> None:
    data = bytearray(path.read_bytes())
    place = dice.randrange(8 * len(data))
    data[place // 8] ^= 1 << place % 8
    path.write_bytes(data)


def submodel(path: Path, _: Path, dice: random.Random) -> None:
    data = path.read_bytes()
    path.write_bytes(data[: dice.randrange(len(data))])


def grow(path: Path, other: Path, _: random.Random) -> None:
    path.write_bytes(path.read_bytes() + other.read_bytes()[:50])


def swap(path: Path, other: Path, _: random.Random) -> None:
    one, two = path.read_bytes(), other.read_bytes()
    path.write_bytes(two)
    other.write_bytes(one)


def lose(path: Path, *_: object) -> None:
    path.unlink()


def become_a_folder(path: Path, *_: object) -> None:
    path.unlink()
    path.mkdir()


def rename(path: Path, other: Path, _: random.Random) -> None:
    """Under the name of the other's kind, as a slip of the hand would."""
    path.rename(path.with_name(other.name))


HARMS: list[Callable[[Path, Path, random.Random], None]] = [
    flip,
    flip,
    flip,
    submodel,
    grow,
    swap,
    lose,
    become_a_folder,
    rename,
]


@pytest.fixture(scope="module", autouse=True)
def _no_network() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(answers, "load", lambda _: None)
        yield


@pytest.mark.parametrize("part", range(8))
def test_what_is_served_is_what_was_put_or_nothing(prepared: Path, tmp_path: Path, part: int, tried: Any) -> None:
    for case in range(part, CASES, 8):
        dice = random.Random(case)
        root = tmp_path / "store"
        shutil.copytree(prepared, root)
        harms = dice.choices(HARMS, k=dice.choice((1, 1, 2)))
        for harm in harms:
            every = sorted(path for path in root.rglob("*") if path.is_file() and path.name != ".lock")
            harm(*dice.sample(every, 2), dice)
        _served(Store(root), f"case {case}: {', '.join(harm.__name__ for harm in harms)}")
        shutil.rmtree(root)
        tried.add("rot", tried=1)


def _served(store: Store, where: str) -> None:
    listed = {entry.digest: entry for entry in store.entries()}
    whole = 0
    for channel in CHANNELS:
        entry = store.get(of_class(channel))
        assert (entry is None) == (of_class(channel).digest() not in listed), where
        if entry is None:
            continue
        whole += 1
        assert {name: entry.read(name) for name in files(channel)} == files(channel), where
        assert entry.record.model_dump(exclude={"files"}) == fakes.record(of_class(channel)).model_dump(
            exclude={"files"}
        ), where
        assert entry.derived("small.webp", partial(small, channel)) == small(channel), where
    assert len(listed) == whole, where
    assert asked(store) == [1.5, "rain"], where
    for channel in CHANNELS:  # the next build puts right what is wrong
        if store.get(of_class(channel)) is None:
            store.put(files(channel), fakes.record(of_class(channel)))
            assert store.get(of_class(channel)) is not None, where
