"""Recipes -> stored drawings: what the store lacks is drawn and measured.

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
from actmax.pipeline.forecast import Forecast
from actmax.pipeline.progress import Log, no_log
from actmax.pipeline.publish import Rendered, render_files
from actmax.recipe.recipe import Recipe
from actmax.store.entry import Entry
from actmax.store.store import Store

Engine = Callable[
    [Sequence[Recipe], Source, Callable[[int], object], Mapping[str, Image.Image]],
    Iterator[Rendered],
]
"""Recipes, network, progress callback, start pictures -> files and record of each drawing."""


@dataclass(frozen=True)
class Outcome:
    """The result of :func:`draw`."""

    entries: dict[str, Entry]
    """By digest of the recipe."""
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
    log: Log = no_log,
    starts: Mapping[str, Image.Image] = MappingProxyType({}),
    engine: Engine | None = None,
    forecast: Forecast | None = None,
) -> Outcome:
    """Return every recipe's drawing, stored or drawn now.

    Each batch is stored as soon as it is done: an interruption loses at most the batches being computed.

    Args:
        recipes: all for the network of ``source``.
        source: the network; loaded, and downloaded, only if something is missing.
        store: where drawings are kept. One that cannot be written can still be read.
        fresh: draw even what is stored, and replace it.
        log: log callback.
        starts: the pictures that recipes start from (:func:`actmax.pictures.read_start`).
        engine: renders the drawings; by default this process.
        forecast: counts them with all else that it expects; by default there is nothing else.

    Raises:
        ActmaxError: the weights are not available, a target does not exist, or the store cannot be written.
    """
    if forecast is None:
        with Forecast(log) as forecast:
            return draw(recipes, source, store, fresh=fresh, log=log, starts=starts, engine=engine, forecast=forecast)
    started = time.perf_counter()
    forecast.begin()
    wanted = {recipe.digest(): recipe for recipe in recipes}
    entries: dict[str, Entry] = {}
    missing = wanted if fresh else _missing(wanted, store, entries)
    stored = len(entries)
    if missing:
        waiting = "Another process is drawing into this store; waiting for it."
        with store.lock(partial(log, waiting)):
            store.sweep()
            if not fresh:  # another process may have drawn it meanwhile
                missing = _missing(missing, store, entries)
                stored = len(entries)
            if missing:
                log(f"drawing {len(missing)} pictures, {stored} are in the store")
                forecast.expect(list(missing.values()), source.card)
                for files, record in (engine or render_files)(list(missing.values()), source, forecast.step, starts):
                    entry = store.put(files, record)
                    entries[entry.digest] = entry
                    forecast.drawn()
    return Outcome(entries, len(wanted) - stored, stored, time.perf_counter() - started)


def _missing(wanted: dict[str, Recipe], store: Store, entries: dict[str, Entry]) -> dict[str, Recipe]:
    """Add what is stored to the entries, and return the rest."""
    missing = {}
    for digest, recipe in wanted.items():
        entry = store.get(recipe)
        if entry is None:
            missing[digest] = recipe
        else:
            entries[digest] = entry
    return missing
