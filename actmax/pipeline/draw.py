"""Recipes -> stored drawings: what is in the store is taken from there, the rest is drawn and measured.

torch is imported only when something is missing.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from types import MappingProxyType

from PIL import Image

from actmax.networks.weights import Source
from actmax.pipeline.progress import Say, silent
from actmax.pipeline.publish import render_files
from actmax.recipe.recipe import Recipe
from actmax.store.entry import Entry
from actmax.store.record import Record
from actmax.store.store import Store

Engine = Callable[
    [Sequence[Recipe], Source, Callable[[int], object], Mapping[str, Image.Image]],
    Iterator[tuple[dict[str, bytes], Record]],
]
"""Recipes, the network, who is told of image-steps, pictures to start from -> files and record of each drawing."""
SIGN_OF_LIFE = 10.0
"""A log gets at most a line in so many seconds."""


@dataclass(frozen=True)
class Outcome:
    """What a call of :func:`draw` did."""

    entries: dict[str, Entry]
    """By digest: every recipe that was asked for."""
    drawn: int
    stored: int
    seconds: float

    def __add__(self, other: Outcome) -> Outcome:
        return Outcome(
            self.entries | other.entries,
            self.drawn + other.drawn,
            self.stored + other.stored,
            self.seconds + other.seconds,
        )

    def __str__(self) -> str:
        return f"drew {self.drawn}, {self.stored} from the store, {self.seconds:.0f} s"


def draw(
    recipes: Sequence[Recipe],
    source: Source,
    store: Store,
    *,
    fresh: bool = False,
    say: Say = silent,
    starts: Mapping[str, Image.Image] = MappingProxyType({}),
    engine: Engine | None = None,
) -> Outcome:
    """Every recipe's drawing. Each batch is stored as soon as it is done, so an end at any moment
    loses at most the batch in flight.

    Args:
        recipes: all for the network of ``source``.
        source: the network; loaded, and downloaded, only if something is missing.
        store: where drawings are kept. One that cannot be written serves what it has.
        fresh: draw also what is stored; the new drawing then takes the old one's place.
        say: told in a line what is going on, for logs.
        starts: the pictures that recipes start from (:func:`actmax.pictures.read_start`).
        engine: what draws; by default this process.

    Raises:
        ActmaxError: the weights cannot be had, a target does not exist, or the store cannot be written.
    """
    started = time.perf_counter()
    wanted = {recipe.digest(): recipe for recipe in recipes}
    entries: dict[str, Entry] = {}
    missing = wanted if fresh else _missing(wanted, store, entries)
    stored = len(entries)
    if missing:
        waiting = "Another process is drawing into this store; waiting for it."
        with store.lock(partial(say, waiting)):
            store.sweep()
            if not fresh:  # another process may have drawn it meanwhile
                missing = _missing(missing, store, entries)
                stored = len(entries)
            if missing:
                say(f"drawing {len(missing)} pictures, {stored} are in the store")
                _draw(list(missing.values()), source, store, entries, say, starts, engine or render_files)
    return Outcome(entries, len(wanted) - stored, stored, time.perf_counter() - started)


def _missing(wanted: dict[str, Recipe], store: Store, entries: dict[str, Entry]) -> dict[str, Recipe]:
    """Takes from the store what is there, and returns the rest."""
    missing = {}
    for digest, recipe in wanted.items():
        entry = store.get(recipe)
        if entry is None:
            missing[digest] = recipe
        else:
            entries[digest] = entry
    return missing


def _draw(
    recipes: list[Recipe],
    source: Source,
    store: Store,
    entries: dict[str, Entry],
    say: Say,
    starts: Mapping[str, Image.Image],
    engine: Engine,
) -> None:
    started = told = time.perf_counter()
    steps, every = 0, sum(recipe.steps for recipe in recipes)

    def count(more: int) -> None:
        nonlocal steps
        steps += more

    for done, (files, record) in enumerate(engine(recipes, source, count, starts), 1):
        entry = store.put(files, record)
        entries[entry.digest] = entry
        if (now := time.perf_counter()) - told > SIGN_OF_LIFE:
            left = (now - started) * (every - steps) / max(steps, 1)
            say(f"drawn {done} of {len(recipes)}, about {_minutes(left)} left")
            told = now


def _minutes(seconds: float) -> str:
    return f"{seconds / 60:.0f} min" if seconds >= 90 else f"{seconds:.0f} s"
