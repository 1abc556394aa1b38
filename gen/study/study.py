"""All that the write-up shows of the network besides the gallery: the walk, silenced units, variations, layers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from actmax.measure import revisions
from actmax.networks.labels import Label
from actmax.pipeline.answers import Question
from actmax.pipeline.draw import Outcome, draw
from actmax.pipeline.progress import Say
from actmax.recipe import Recipe
from actmax.store.entry import Entry
from actmax.store.store import Store
from gen.plan.plan import Plan
from gen.study.answers import answer_to
from gen.study.beside import beside
from gen.study.filters import Filters, filters
from gen.study.silenced import Silenced, silenced
from gen.study.variations import DRAWING, variations
from gen.study.walk import Stage, known_recipes, walk

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
    outcome: Outcome
    """What it took."""


def study(plan: Plan, entries: Mapping[str, Entry], store: Store, root: Path, say: Say) -> Study | None:
    """Works out, or takes from the store, what the write-up shows; None where no `walk` is asked for.

    Args:
        plan: the gallery's.
        entries: its drawings and the variations, by digest.
        store: where everything is kept.
        root: the folder of mkdocs.yml.
        say: told what is going on.

    Raises:
        ActmaxError: the author's picture cannot be read, or the store not written.
    """
    if plan.walk is None:
        return None
    drawings = {name: entries[recipe.digest()] for name, recipe in variations(plan).items()}
    walked = walk(plan, plan.walk, drawings[DRAWING], entries, store, root)
    outcome = draw(list(walked.recipes.values()), plan.source, store, say=say)
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
        channels={unit: outcome.entries[recipe.digest()] for unit, recipe in walked.recipes.items()},
        filters=filters(plan, store),
        silenced=silenced(plan, entries, store),
        variations=drawings,
        outcome=outcome,
    )


@dataclass(frozen=True)
class Known:
    """The study's recipes, as far as the store tells them without drawing."""

    recipes: list[Recipe]
    complete: bool
    """Whether these are all; if not, the channels that the walk shows are not among them."""


def known(plan: Plan, store: Store, root: Path) -> Known:
    """Which drawings the study is made of; nothing is drawn or worked out.

    Raises:
        ActmaxError: the author's picture cannot be read.
    """
    drawn = [recipe for _, recipe in beside(plan)]
    if plan.walk is None:
        return Known(drawn, complete=True)
    entry = store.get(variations(plan)[DRAWING])
    channels = known_recipes(plan, plan.walk, entry, store, root) if entry else None
    return Known([*drawn, *(channels or ())], complete=channels is not None)


def _layers(plan: Plan, store: Store) -> list[Layer]:
    size = plan.settings.size

    def answer(network: Network) -> list[dict[str, Any]]:
        from actmax.measure.probe import layers

        return layers(network, size)

    question = Question("layers", revisions.LAYERS, {"size": size, "layers": list(plan.card.layers)})
    hidden = set(plan.card.hidden)
    return answer_to(question, answer, _LAYERS, plan.source, store, lambda it: {one.name for one in it} >= hidden)
