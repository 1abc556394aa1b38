"""All that the write-up shows of the network besides the gallery: the walk, silenced units, variations, layers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from actmax.measure import revisions
from actmax.networks.labels import Label
from actmax.pipeline.answers import Question
from actmax.store.entry import Entry
from actmax.store.store import Store
from gen.plan import Plan
from gen.study.answers import answer_to
from gen.study.filters import Filters, filters
from gen.study.silenced import Silenced, silenced
from gen.study.walk import Stage, Walk

if TYPE_CHECKING:
    from actmax.networks.network import Network


class Layer(BaseModel):
    """A layer of the network that draws."""

    model_config = ConfigDict(frozen=True)

    name: str
    shape: list[Annotated[int, Field(ge=1)]]
    """Of its output for one image."""
    parameters: Annotated[int, Field(ge=0)]


_LAYERS = TypeAdapter(list[Layer])


@dataclass(frozen=True)
class Study:
    """Everything that the write-up quotes beside the gallery."""

    label: Label
    """The class that its figures are about."""
    picture: bytes
    """A PNG: the drawing of the class, or the author's own picture."""
    own_picture: bool
    """Whether the author named it."""
    layers: list[Layer]
    """From the image on; empty where the network's layers have no names."""
    top: list[tuple[Label, float]]
    """What the network sees in the picture: the five most probable classes."""
    logit: float
    """Of the class, for the picture."""
    stages: Mapping[str, Stage]
    """By layer: the channels that answer loudest, and those that add most to the logit."""
    others: int
    """With how many drawings of other classes the answers were compared."""
    passed: Mapping[str, Sequence[Sequence[float]]]
    """By layer from the second on: what each channel of the layer before that adds most hands on to each of its own."""
    channels: Mapping[tuple[str, int], Entry]
    """By layer and number: what each of those channels looks for."""
    filters: Filters | None
    """Of the first layer, where they are pictures."""
    silenced: Mapping[Label, Silenced]
    """By class: how its logit changes without units."""
    variations: Mapping[str, Entry]
    """Drawings of the class by other means."""


def study(plan: Plan, walked: Walk | None, entries: Mapping[str, Entry], store: Store) -> Study | None:
    """Computes, or takes from the store, what the write-up shows; None where no walk is planned.

    Args:
        plan: of the site, complete.
        walked: the walk's picture as the network sees it.
        entries: the plan's drawings, by digest.
        store: where results are kept.

    Raises:
        ActmaxError: the store cannot be read or written.
    """
    if plan.walk is None or walked is None:
        return None
    return Study(
        label=plan.walk,
        picture=walked.picture,
        own_picture=walked.own_picture,
        layers=_layers(plan, store),
        top=walked.top,
        logit=walked.logit,
        stages=walked.stages,
        others=walked.others,
        passed=walked.passed,
        channels={unit: entries[one.recipe.digest()] for unit, one in (plan.walk_channels or {}).items()},
        filters=filters(plan, store),
        silenced=silenced(plan, entries, store),
        variations={name: entries[one.recipe.digest()] for name, one in plan.variations.items()},
    )


def _layers(plan: Plan, store: Store) -> list[Layer]:
    size = plan.settings.size

    def answer(network: Network) -> list[dict[str, Any]]:
        from actmax.measure.probe import layers

        return layers(network, size)

    question = Question("layers", revisions.LAYERS, {"size": size, "layers": list(plan.card.layers)})
    hidden = set(plan.card.hidden)
    return answer_to(question, answer, _LAYERS, plan.source, store, lambda it: {one.name for one in it} >= hidden)
