"""Ablation of the last hidden layer's units, on each class's drawing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Literal

from actmax.measure import kinds
from actmax.measure.models import Ablation
from actmax.networks.labels import Label
from actmax.pipeline.measurements import measured
from actmax.store.entry import Entry
from actmax.store.store import Store
from gen.plan import Plan

if TYPE_CHECKING:
    from actmax.networks.network import Network

COUNTS = (1, 2, 4, 8, 16, 32, 64, 128)
"""How many units are set to zero at a time."""
Selection = Literal["most", "least", "random"]
"""Which of the active units: the most active, the least active, or random ones."""


def ablations(plan: Plan, entries: Mapping[str, Entry], store: Store) -> dict[Label, Ablation]:
    """Return, for each class of the gallery, an ablation on its main drawing; empty where the layers have no names.

    Each drawing has a measurement of its own, so that a new class or a new drawing adds only its own.

    Raises:
        ActmaxError: a drawing cannot be read, or the network cannot be loaded.
    """
    if not plan.card.hidden or not plan.card.layers:
        return {}
    drawings = {plate.label: entries[plate.main.digest] for plate in plan.class_pages}
    return {label: _ablation(plan, label, entry, store) for label, entry in drawings.items()}


def mean_change(of_classes: Mapping[Label, Ablation], selection: Selection) -> list[float]:
    """Return the mean change of the logit over classes, for each of COUNTS."""
    columns = zip(*(getattr(ablation, selection) for ablation in of_classes.values()), strict=True)
    return [sum(column) / len(column) for column in columns]


def _ablation(plan: Plan, label: Label, entry: Entry, store: Store) -> Ablation:
    def compute(network: Network) -> Ablation:
        from actmax.measure.channels import ablation
        from actmax.measure.measure import decode

        return ablation(network, decode(entry.read("drawing.png")), label.index, COUNTS)

    inputs = {"picture": entry.picture, "class": label.index, "counts": list(COUNTS)}
    return measured(
        kinds.ABLATION, inputs, compute, plan.source, store, lambda stored: len(stored.counts) == len(COUNTS)
    )
