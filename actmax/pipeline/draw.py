"""Recipes -> stored drawings: what is in the store is taken from there, the rest is drawn and measured.

torch is imported only when something is missing.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tqdm import tqdm

from actmax.errors import StoreError, WeightsError
from actmax.networks import weights
from actmax.networks.weights import Source
from actmax.pipeline import encode
from actmax.recipe.recipe import ALGORITHM, Recipe
from actmax.store.store import Entry, Store

if TYPE_CHECKING:
    from actmax.engine.local import Drawing
    from actmax.networks.network import Network


SIGN_OF_LIFE = 10.0
"""A log shows at most one line in so many seconds."""

Say = Callable[[str], object]
"""Told in a line what is going on."""


@dataclass(frozen=True)
class Decision:
    """Which network draws, and why it is not the one that was hoped for."""

    source: Source
    fallback: str = ""
    """Why ``auto`` had to take the compact network; empty where it had not."""


def decide(network: str, file: Path | None, store: Store, retry: bool = False) -> Decision:
    """Which network draws. ``auto`` is decided once per store: AlexNet if its weights can be had.

    Args:
        network: ``auto``, or a network's name.
        file: weights that the user names; with ``auto`` they are AlexNet's.
        store: remembers what ``auto`` became, so that a later build does not ask the net again.
        retry: forget that and decide anew.

    Raises:
        WeightsError, UnknownNameError: as :func:`actmax.networks.weights.source` does.
    """
    if network != "auto" or file is not None:
        return Decision(weights.source("alexnet" if network == "auto" else network, file))
    decided = {} if retry else store.note("network")
    if decided.get("network") not in ("alexnet", "compact"):
        decided = {"network": "alexnet", "why": ""}
        try:
            with _Bar("AlexNet's weights", "B") as bar:
                weights.fetch(weights.source("alexnet"), bar.reach)
        except WeightsError as error:
            decided = {"network": "compact", "why": str(error)}
        store.set_note("network", decided)
    return Decision(weights.source(decided["network"]), str(decided.get("why", "")))


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
    say: Say = str,
) -> Outcome:
    """Every recipe's drawing. Each batch is stored as soon as it is done, so an end at any moment
    loses at most the batch in flight.

    Args:
        recipes: all for the network of ``source``.
        source: the network; loaded, and downloaded, only if something is missing.
        fresh: draw also what is stored; the new drawing then takes the old one's place.
        say: told in a line what is going on, for logs.

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
                _draw(list(missing.values()), source, store, entries, say)
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


def _draw(recipes: list[Recipe], source: Source, store: Store, entries: dict[str, Entry], say: Say) -> None:
    started = said = time.perf_counter()
    for done, (recipe, files, record) in enumerate(published(recipes, source), 1):
        entry = store.put(recipe, files, record)
        entries[entry.digest] = entry
        if (now := time.perf_counter()) - said > SIGN_OF_LIFE:
            say(f"drawn {done} of {len(recipes)}, {now - started:.0f} s")
            said = now


def published(recipes: list[Recipe], source: Source) -> Iterator[tuple[Recipe, dict[str, bytes], dict[str, Any]]]:
    """Draws without a store: yields each recipe with the files and the record that a store would hold."""
    from actmax.engine.local import render

    network = load(source)
    with _Bar("drawing", " steps", sum(recipe.steps for recipe in recipes)) as bar:
        for drawing in render(recipes, network, bar.update):
            yield drawing.recipe, *publish(drawing, network)


def ask(question: Mapping[str, Any], answer: Callable[[Network], Any], source: Source, store: Store) -> Any:
    """What a network answers to a question: from the store, or worked out and kept there.

    Args:
        question: tells it from all others; plain JSON.
        answer: works it out; returns plain JSON.
        source: the network.
        store: where answers are kept.
    """
    known = answered(question, source, store)
    if known is None:
        known = answer(load(source))
        asked = _asked(question, source)
        with contextlib.suppress(StoreError):  # a store that cannot be written still serves
            store.set_note(_note(asked), {"asked": asked, "answer": known})
    return known


def answered(question: Mapping[str, Any], source: Source, store: Store) -> Any:
    """The stored answer to a question, or None."""
    asked = _asked(question, source)
    known = store.note(_note(asked))
    return known.get("answer") if known.get("asked") == asked else None


def _asked(question: Mapping[str, Any], source: Source) -> dict[str, Any]:
    return {"algorithm": ALGORITHM, "network": source.network, "weights": source.digest, **question}


def _note(asked: Mapping[str, Any]) -> str:
    return f"answers/{hashlib.sha256(json.dumps(asked, sort_keys=True).encode()).hexdigest()[:16]}"


@lru_cache(maxsize=2)  # the one that draws, and the one whose opinion is asked
def load(source: Source) -> Network:
    """:func:`actmax.networks.network.load`, with a progress bar while weights are downloaded."""
    from actmax.networks import network as networks

    with _Bar(f"{source.network}'s weights", "B") as bar:
        return networks.load(source, bar.reach)


def publish(drawing: Drawing, network: Network) -> tuple[dict[str, bytes], dict[str, Any]]:
    """A drawing's files, and the record of what they do to the network that drew it."""
    from actmax.measure.measure import decode, measure

    files = {
        "drawing.png": encode.png(drawing.image, drawing.recipe),
        "drawing.jpg": encode.jpeg(drawing.image),
        "frames.webp": encode.filmstrip([image for _, image in drawing.frames]),
    }
    shown = ("drawing.png", "drawing.jpg")
    record = {
        "measures": {name: measure(network, drawing.recipe.target, decode(files[name])).as_dict() for name in shown},
        "frames": [step for step, _ in drawing.frames],
        "activations": [float(f"{value:.6g}") for value in drawing.activations],
        "wins": _wins(drawing.wins),
        "provenance": drawing.provenance,
    }
    return files, record


def _wins(wins: Sequence[bool] | None) -> dict[str, int | None] | None:
    """After how many steps the class came first for the first time, and from which on it stayed there."""
    if wins is None:
        return None
    lost = [step for step, won in enumerate(wins) if not won]
    stays = lost[-1] + 1 if lost else 0
    return {"first": wins.index(True) if True in wins else None, "stays": stays if stays < len(wins) else None}


class _Bar(tqdm):  # type: ignore[type-arg]
    """A progress bar on a terminal, nothing elsewhere."""

    def __init__(self, words: str, unit: str, total: int | None = None) -> None:
        super().__init__(
            desc=words,
            unit=unit,
            total=total,
            unit_scale=True,
            disable=None,
            leave=False,
            delay=0.2,
            dynamic_ncols=True,
        )

    def reach(self, done: int, total: int) -> None:
        """Sets the bar to an absolute count, as downloads report it."""
        self.total = total or None
        self.update(done - self.n)
