"""What a second network says of the gallery's drawings: a picture that convinces only its own network says little."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from actmax.errors import ActmaxError, RecipeError, WeightsError
from actmax.networks import weights
from actmax.networks.cards import card
from actmax.networks.weights import Source
from actmax.pipeline.draw import ask
from actmax.store.store import Entry, Store
from gen.plan.plan import Plan
from gen.settings.schema import KEY, Settings, SettingsError, weights_path

if TYPE_CHECKING:
    from actmax.networks.network import Network


def second(settings: Settings, drawn_by: Source, root: Path) -> Source | None:
    """The network that is asked besides the one that draws, or None.

    Without a word from the author the compact network is at hand, unless it draws itself.

    Raises:
        SettingsError: its weights cannot be had, or it is the network that draws.
    """
    asked = settings.second_opinion
    if asked is False:
        return None
    if asked is None:
        return None if drawn_by.network == "compact" else weights.source("compact")
    if asked.network == "auto":
        raise SettingsError(
            f"{KEY}.second_opinion.network in mkdocs.yml is 'auto', which stands for the network that draws: say "
            "alexnet, compact or a torchvision model."
        )
    try:
        found = weights.source(asked.network, weights_path(asked, root))
    except ActmaxError as error:
        raise SettingsError(f"{KEY}.second_opinion in mkdocs.yml: {error}") from None
    # torchvision's file names carry eight digits, a file that is named gets sixteen.
    if found.digest[:8] == drawn_by.digest[:8]:
        raise SettingsError(f"{KEY}.second_opinion in mkdocs.yml names the network that draws: name another one.")
    return found


def opinions(plan: Plan, entries: Mapping[str, Entry], other: Source, store: Store) -> dict[str, dict[str, Any]]:
    """What the other network says of each drawing of the gallery, by digest; from the store where it is known.

    Raises:
        SettingsError: its weights cannot be downloaded, or are another network's.
        RecipeError: it cannot be shown a picture of that size.
    """
    output = card(other.network).output
    said = {}
    shown = [(plate.label.index, entries[one.recipe.digest()]) for plate in plan.plates for one in plate.variants]
    try:
        for index, entry in shown:
            target = f"{output}:{index}"
            question = {"ask": "opinion", "picture": entry.picture, "target": target}
            said[entry.digest] = ask(question, partial(_measured, entry, target), other, store)
    except WeightsError as error:
        raise SettingsError(f"{KEY}.second_opinion in mkdocs.yml: {error}") from None
    return said


def _measured(entry: Entry, target: str, network: Network) -> dict[str, Any]:
    from actmax.measure.measure import decode, measure

    try:
        return measure(network, target, decode(entry.read("drawing.png"))).as_dict()
    except RuntimeError as error:
        raise RecipeError(
            f"{network.card.title}, named as second_opinion, cannot be shown a picture of {entry.recipe.size} pixels: "
            f"{str(error).splitlines()[0]}"
        ) from None
