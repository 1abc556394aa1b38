"""The filters of the target network's first layer, which are images without any optimization."""

from __future__ import annotations

from typing import TYPE_CHECKING

from actmax.measure.kinds import FILTERS
from actmax.measure.models import Filters
from actmax.pipeline.measurements import measured
from actmax.store.store import Store
from gen.plan import Plan

if TYPE_CHECKING:
    from actmax.networks.network import Network


def first_filters(plan: Plan, store: Store) -> Filters | None:
    """Return the first layer's filters; None where it has no name, or does not see the image's colors.

    Raises:
        ActmaxError: the network cannot be loaded.
    """
    if not plan.card.hidden:
        return None
    layer = plan.card.hidden[0]

    def compute(network: Network) -> Filters | None:
        from actmax.measure.layers import filters

        return filters(network, layer)

    return measured(FILTERS, {"layer": layer}, compute, plan.source, store)
