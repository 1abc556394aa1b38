"""The choice of the target network: the named one, or what `auto` resolves to. Needs no torch."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from pathlib import Path

from actmax.errors import StoreError, WeightsError
from actmax.networks import weights
from actmax.networks.cards import AUTO, FALLBACK, PREFERRED
from actmax.networks.description import Description
from actmax.networks.weights import Source
from actmax.pipeline.progress import Bar
from actmax.store.store import Store

_NOTE = "network"


@dataclass(frozen=True)
class NetworkSelection:
    """The target network, and why `auto` fell back."""

    source: Source
    fallback: str = ""
    """Why the network in the package stands in for AlexNet; empty where it does not."""


def select_network(
    network: str,
    file: Path | None,
    store: Store,
    retry: bool = False,
    about: Description = Description(),  # noqa: B008 - immutable
) -> NetworkSelection:
    """Select the target network. ``auto`` is resolved once per store: AlexNet if its weights are available.

    Args:
        network: ``auto``, or a network's name.
        file: the user's weights; with ``auto`` they are AlexNet's.
        store: keeps what ``auto`` resolved to, so that a later build makes no request.
        retry: resolve ``auto`` again.
        about: what the user says of a network of their own.

    Raises:
        WeightsError, UnknownNameError: as :func:`actmax.networks.weights.resolve_weights` does.
    """
    if network != AUTO or file is not None or not about.is_empty:
        return NetworkSelection(weights.resolve_weights(PREFERRED if network == AUTO else network, file, about))
    resolved = {} if retry else store.note(_NOTE)
    if resolved.get("network") not in (PREFERRED, FALLBACK):
        resolved = {"network": PREFERRED, "why": ""}
        try:
            with Bar(f"{PREFERRED}'s weights", "B") as bar:
                weights.fetch(weights.resolve_weights(PREFERRED), bar.reach)
        except WeightsError as error:
            resolved = {"network": FALLBACK, "why": str(error)}
        with contextlib.suppress(StoreError):  # a store that cannot be written can still be read
            store.set_note(_NOTE, resolved)
    return NetworkSelection(weights.resolve_weights(resolved["network"]), str(resolved.get("why", "")))
