"""Which network draws: the one that is named, or what `auto` becomes. Needs no torch."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from pathlib import Path

from actmax.errors import StoreError, WeightsError
from actmax.networks import weights
from actmax.networks.cards import FALLBACK, PREFERRED
from actmax.networks.weights import Source
from actmax.pipeline.progress import Bar
from actmax.store.store import Store

AUTO = "auto"
_NOTE = "network"


@dataclass(frozen=True)
class NetworkSelection:
    """Which network draws, and why it is not the one that was hoped for."""

    source: Source
    fallback: str = ""
    """Why ``auto`` had to take the network in the package; empty where it had not."""


def select_network(network: str, file: Path | None, store: Store, retry: bool = False) -> NetworkSelection:
    """Which network draws. ``auto`` is decided once per store: AlexNet if its weights can be had.

    Args:
        network: ``auto``, or a network's name.
        file: weights that the user names; with ``auto`` they are AlexNet's.
        store: remembers what ``auto`` became, so that a later build does not ask the net again.
        retry: forget that and decide anew.

    Raises:
        WeightsError, UnknownNameError: as :func:`actmax.networks.weights.resolve_weights` does.
    """
    if network != AUTO or file is not None:
        return NetworkSelection(weights.resolve_weights(PREFERRED if network == AUTO else network, file))
    decided = {} if retry else store.note(_NOTE)
    if decided.get("network") not in (PREFERRED, FALLBACK):
        decided = {"network": PREFERRED, "why": ""}
        try:
            with Bar(f"{PREFERRED}'s weights", "B") as bar:
                weights.fetch(weights.resolve_weights(PREFERRED), bar.reach)
        except WeightsError as error:
            decided = {"network": FALLBACK, "why": str(error)}
        with contextlib.suppress(StoreError):  # a store that cannot be written still serves
            store.set_note(_NOTE, decided)
    return NetworkSelection(weights.resolve_weights(decided["network"]), str(decided.get("why", "")))
