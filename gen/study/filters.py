"""The filters of a network's first layer, which need no drawing: they are pictures."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

from pydantic import Base64Bytes, BaseModel, ConfigDict, Field, TypeAdapter

from actmax.measure import revisions
from actmax.pipeline.answers import Question
from actmax.store.store import Store
from gen.plan import Plan
from gen.study.answers import answer_to

if TYPE_CHECKING:
    from actmax.networks.network import Network


class Filters(BaseModel):
    """All filters of a layer."""

    model_config = ConfigDict(frozen=True)

    side: Annotated[int, Field(ge=2, le=32)]
    """Of each, in pixels."""
    pixels: Annotated[list[Base64Bytes], Field(min_length=1, max_length=4096)]
    """Of each, row by row, red, green and blue."""


_SHAPE: TypeAdapter[Filters | None] = TypeAdapter(Filters | None)


def filters(plan: Plan, store: Store) -> Filters | None:
    """The first layer's; None where it has no name, or does not see the image's colours.

    Raises:
        ActmaxError: the network cannot be loaded, or what is stored is something else.
    """
    if not plan.card.hidden:
        return None
    first = plan.card.hidden[0]

    def answer(network: Network) -> dict[str, Any] | None:
        from actmax.measure.probe import filters

        return filters(network, first)

    question = Question("filters", revisions.FILTERS, {"layer": first})
    return answer_to(question, answer, _SHAPE, plan.source, store, _whole)


def _whole(found: Filters | None) -> bool:
    return found is None or all(len(one) == 3 * found.side**2 for one in found.pixels)
