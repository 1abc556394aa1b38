"""One picture on its way through the network: what is seen in it, and the channels that it excites most."""

from __future__ import annotations

import io
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from PIL import Image, ImageOps
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from actmax.errors import PictureError
from actmax.files import digest
from actmax.measure import revisions
from actmax.networks import labels
from actmax.networks.labels import Label
from actmax.pictures import read_rgb
from actmax.pipeline.answers import Question
from actmax.recipe import DEFAULT, Recipe
from actmax.store.entry import Entry
from actmax.store.store import Store
from gen.plan.plan import Plan
from gen.settings.resolve import picture_path
from gen.settings.schema import KEY, SettingsError, WalkSettings
from gen.study.answers import answer_to, stored_answer

if TYPE_CHECKING:
    from actmax.networks.network import Network

Channel = tuple[Annotated[int, Field(ge=0)], float]
"""Its number, and its mean activation over space."""


class Responses(BaseModel):
    """What a network does with one picture."""

    model_config = ConfigDict(frozen=True, allow_inf_nan=False)

    top: list[tuple[Annotated[int, Field(ge=0, lt=1000)], Annotated[float, Field(ge=0, le=1)]]]
    """The five most probable classes."""
    channels: dict[str, list[Channel]]
    """By layer: the most active channels."""


_SHAPE = TypeAdapter(Responses)


@dataclass(frozen=True)
class Unit:
    """A channel of a layer, how much a picture excites it, and the drawing of what it looks for."""

    channel: int
    activation: float
    entry: Entry


@dataclass(frozen=True)
class Walk:
    """One picture, and what the network does with it, before the channels are drawn."""

    picture: bytes
    """A PNG: the drawing of the class, or the author's own picture."""
    own_picture: bool
    """Whether the author named it."""
    top: list[tuple[Label, float]]
    """What the network sees in it: the five most probable classes."""
    channels: Mapping[str, list[Channel]]
    """By layer, from the image on: the most active channels."""
    recipes: Mapping[tuple[str, int], Recipe]
    """How each of them is drawn."""


def walk(plan: Plan, label: Label, drawing: Entry, store: Store, root: Path) -> Walk:
    """Shows the picture to the network, or takes from the store what it answered.

    Raises:
        ActmaxError: the author's picture cannot be read, or the network cannot be loaded.
    """
    wanted = _settings(plan)
    picture = _picture(plan, drawing, root)
    target, hidden = plan.class_target(label), plan.card.hidden

    def answer(network: Network) -> dict[str, Any]:
        from actmax.measure.measure import decode, measure
        from actmax.measure.probe import strongest

        image = decode(picture)
        return {
            "top": measure(network, target, image).top,
            "channels": strongest(network, image, hidden, wanted.channels),
        }

    responses = answer_to(_question(plan, label, picture), answer, _SHAPE, plan.source, store)
    return Walk(
        picture=picture,
        own_picture=wanted.picture is not None,
        top=[(labels.classes()[index], part) for index, part in responses.top],
        channels=_of_card(plan, responses),
        recipes=_recipes(plan, responses),
    )


def known_recipes(plan: Plan, label: Label, drawing: Entry, store: Store, root: Path) -> list[Recipe] | None:
    """The recipes of the channels if the store tells which they are, else None; nothing is worked out.

    Raises:
        ActmaxError: the author's picture cannot be read.
    """
    responses = stored_answer(_question(plan, label, _picture(plan, drawing, root)), _SHAPE, plan.source, store)
    return None if responses is None else list(_recipes(plan, responses).values())


def _settings(plan: Plan) -> WalkSettings:
    wanted = plan.settings.walk
    if wanted is None:
        raise ValueError("a plan without a walk")
    return wanted


def _question(plan: Plan, label: Label, picture: bytes) -> Question:
    about = {
        "picture": digest(picture),
        "target": plan.class_target(label),
        "layers": list(plan.card.hidden),
        "count": _settings(plan).channels,
        "measure": revisions.MEASURE,
    }
    return Question("strongest channels", revisions.STRONGEST, about)


def _of_card(plan: Plan, responses: Responses) -> dict[str, list[Channel]]:
    """By the network's own layers: nothing else that stands in a store is the name of one."""
    return {layer: responses.channels[layer] for layer in plan.card.hidden if layer in responses.channels}


def _recipes(plan: Plan, responses: Responses) -> dict[tuple[str, int], Recipe]:
    steps = {"steps": _settings(plan).steps}
    return {
        (layer, channel): plan.recipe(f"{layer}:{channel}", DEFAULT, steps, plan.settings.seeds[0])
        for layer, channels in _of_card(plan, responses).items()
        for channel, _ in channels
    }


def _picture(plan: Plan, drawing: Entry, root: Path) -> bytes:
    """The drawing, or the author's picture as a PNG, cut to a square of the drawings' size."""
    path, size = picture_path(plan.settings, root), plan.settings.size
    if path is None:
        return drawing.read("drawing.png")
    try:
        square = ImageOps.fit(read_rgb(path), (size, size), Image.Resampling.LANCZOS)
    except PictureError as error:
        raise SettingsError(f"{KEY}.walk.picture in mkdocs.yml is {_settings(plan).picture!r}: {error}") from None
    buffer = io.BytesIO()
    square.save(buffer, "PNG")
    return buffer.getvalue()
