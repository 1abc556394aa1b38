"""Everything that the write-up shows of the target network besides the gallery."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from actmax.measure import kinds
from actmax.measure.models import Ablation, Filters, LayerInfo
from actmax.networks.labels import Label
from actmax.pipeline.measurements import measured
from actmax.store.entry import Entry
from actmax.store.store import Store
from gen.plan import Plan
from gen.study.ablation import ablations
from gen.study.filters import first_filters
from gen.study.walk import Walk

if TYPE_CHECKING:
    from actmax.networks.network import Network


@dataclass(frozen=True)
class Study:
    """Everything that the write-up quotes besides the gallery."""

    label: Label
    """The class of the write-up's figures."""
    walk: Walk
    """A picture's way through the network."""
    layers: Sequence[LayerInfo]
    """From the image on; empty where the network's layers have no names."""
    channels: Mapping[tuple[str, int], Entry]
    """Drawings of the walk's channels, by layer and number."""
    filters: Filters | None
    """Of the first layer, where it sees the image's colors."""
    ablations: Mapping[Label, Ablation]
    """By class: how its logit changes without units of the last hidden layer."""
    variations: Mapping[str, Entry]
    """Drawings of the class by other parameterizations, step sizes and penalties."""


def study(plan: Plan, walked: Walk | None, entries: Mapping[str, Entry], store: Store) -> Study | None:
    """Measure, or read from the store, what the write-up shows; None where no walk is planned.

    Args:
        plan: of the site, complete.
        walked: the walk through the network.
        entries: the plan's drawings, by digest.
        store: where measurements are kept.

    Raises:
        ActmaxError: the network cannot be loaded.
    """
    if plan.walk is None or walked is None:
        return None
    return Study(
        label=plan.walk,
        walk=walked,
        layers=_layers(plan, store),
        channels={unit: entries[drawing.digest] for unit, drawing in (plan.walk_channels or {}).items()},
        filters=first_filters(plan, store),
        ablations=ablations(plan, entries, store),
        variations={name: entries[drawing.digest] for name, drawing in plan.variations.items()},
    )


def _layers(plan: Plan, store: Store) -> Sequence[LayerInfo]:
    size, hidden = plan.settings.size, set(plan.card.hidden)

    def compute(network: Network) -> tuple[LayerInfo, ...]:
        from actmax.measure.layers import layers

        return layers(network, size)

    def complete(layers: Sequence[LayerInfo]) -> bool:
        return {layer.name for layer in layers} >= hidden

    inputs = {"size": size, "layers": list(plan.card.layers)}
    return measured(kinds.LAYERS, inputs, compute, plan.source, store, complete)
