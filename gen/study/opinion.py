"""What a second network says of the gallery's drawings: a picture that convinces only its own network says little."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import TypeAdapter

from actmax.errors import ActmaxError, RecipeError, WeightsError
from actmax.measure import revisions
from actmax.networks import weights
from actmax.networks.cards import FALLBACK, WITNESS, Card, card
from actmax.networks.weights import Source
from actmax.pipeline.answers import Question
from actmax.store.entry import Entry
from actmax.store.record import Measures
from actmax.store.store import Store
from gen.plan import Plan
from gen.settings import KEY, Settings, SettingsError
from gen.study.answers import answer_to

if TYPE_CHECKING:
    from actmax.networks.network import Network

WHERE = f"{KEY}.second_opinion in mkdocs.yml"
Look = Callable[[Entry, str], Callable[["Network"], Any]]
"""How a network is shown a drawing, and measured for a target."""
_SHAPE = TypeAdapter(Measures)


@dataclass(frozen=True)
class Opinions:
    """What a second network says of the drawings."""

    network: Card
    measures: Mapping[str, Measures]
    """By digest of the drawing."""


def second(settings: Settings, drawn_by: Source, root: Path) -> Source | None:
    """The network that is asked besides the one that draws, or None.

    Without a word from the author it is the witness, of another family than the networks that draw by default; where
    the witness draws itself, the network in the package.

    Raises:
        SettingsError: its weights cannot be had, or it is the network that draws.
    """
    wanted = settings.second_opinion
    if wanted is None:
        return None
    name = wanted.network or (FALLBACK if drawn_by.network == WITNESS else WITNESS)
    if name == "auto":
        raise SettingsError(
            f"{KEY}.second_opinion.network in mkdocs.yml is 'auto', which stands for the network that draws: say "
            "alexnet, compact or another classifier."
        )
    try:
        other = weights.resolve_weights(name, root / wanted.weights if wanted.weights else None)
    except ActmaxError as error:
        raise SettingsError(f"{WHERE}: {error}") from None
    # torchvision's own file is known by eight digits, one that is named by sixteen.
    if other.digest.startswith(drawn_by.digest) or drawn_by.digest.startswith(other.digest):
        raise SettingsError(f"{WHERE} names the network that draws: name another one.")
    return other


def look(entry: Entry, target: str) -> Callable[[Network], Any]:
    """Shows a network the published file of a drawing, at the size that the network was trained on."""

    def answer(network: Network) -> Any:
        from actmax.measure.measure import decode, measure, resized

        return measure(network, target, resized(decode(entry.read("drawing.png")), network.size)).model_dump()

    return answer


def opinions(plan: Plan, entries: Mapping[str, Entry], other: Source, store: Store, look: Look = look) -> Opinions:
    """What the other network says of each drawing of a class, the gallery's and those beside it; from the store where
    it is known.

    Raises:
        SettingsError: its weights cannot be downloaded, or are another network's.
        RecipeError: it cannot be shown a picture of that size.
    """
    network = card(other.network)
    measures: dict[str, Measures] = {}
    try:
        for drawing in plan.drawings:
            if drawing.label is None:
                continue
            entry, target = entries[drawing.recipe.digest()], f"{network.output}:{drawing.label.index}"
            if entry.digest not in measures:
                about = {"picture": entry.picture, "target": target, "measure": revisions.MEASURE}
                question = Question("opinion", revisions.OPINION, about)
                measures[entry.digest] = answer_to(question, look(entry, target), _SHAPE, other, store)
    except (WeightsError, RecipeError) as error:
        raise SettingsError(f"{WHERE}: {error}") from None
    return Opinions(network, measures)
