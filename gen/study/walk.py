"""One picture on its way through the network: what is seen in it, which channels answer it loudest, and which add most
to the answer."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import numpy as np
from PIL import Image, ImageOps
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from actmax.errors import PictureError
from actmax.files import digest
from actmax.measure import revisions
from actmax.networks import labels
from actmax.networks.labels import Label
from actmax.pictures import encode_image, read_rgb
from actmax.pipeline.answers import Question
from actmax.recipe import Recipe
from actmax.store.entry import Entry
from actmax.store.store import Store
from gen.plan import Plan
from gen.plan.drawings import DRAWING
from gen.settings import KEY, SettingsError
from gen.settings.schema import WalkSettings
from gen.study.answers import answer_to, stored_answer

if TYPE_CHECKING:
    from actmax.networks.network import Network

Numbers = dict[str, list[float]]
"""By layer, a number for each channel."""


class Seen(BaseModel):
    """What a network makes of the picture."""

    model_config = ConfigDict(frozen=True, allow_inf_nan=False)

    top: list[tuple[Annotated[int, Field(ge=0, lt=1000)], Annotated[float, Field(ge=0, le=1)]]]
    """The five most probable classes."""
    logit: float
    """Of the class that the walk is about."""
    adds: Numbers
    """What each channel adds to that."""


_SEEN = TypeAdapter(Seen)
_NUMBERS = TypeAdapter(Numbers)
_PASSED = TypeAdapter(dict[str, list[list[float]]])
OTHERS = 50
"""Of how many drawings of other classes the mean is taken that an answer is compared with, at most."""


@dataclass(frozen=True)
class Channel:
    """One of a layer, and what it does with the picture."""

    number: int
    answer: float
    """The mean over the map of what it hands on, after the ReLU."""
    usual: float
    """The same, as a mean over the gallery's drawings of other classes; 0 where there are none."""
    adds: float
    """To the class's logit: gradient × activation."""


@dataclass(frozen=True)
class Stage:
    """A layer on the way."""

    loudest: Sequence[Channel]
    """Those whose answer is furthest above the usual one, first the one that is furthest."""
    adding: Sequence[Channel]
    """Those that add most to the logit."""
    added: float
    """What all channels of the layer add."""

    @property
    def numbers(self) -> list[int]:
        """Of all of them, each once."""
        return list(dict.fromkeys(channel.number for channel in (*self.adding, *self.loudest)))

    @property
    def common(self) -> int:
        """How many are among both."""
        return len(self.loudest) + len(self.adding) - len(self.numbers)


@dataclass(frozen=True)
class Walk:
    """One picture, and what the network does with it, before the channels are drawn."""

    picture: bytes
    """A PNG: the drawing of the class, or the author's own picture."""
    own_picture: bool
    """Whether the author named it."""
    top: list[tuple[Label, float]]
    """What the network sees in it: the five most probable classes."""
    logit: float
    """Of the class."""
    stages: Mapping[str, Stage]
    """By layer, from the image on."""
    passed: Mapping[str, Sequence[Sequence[float]]]
    """By layer from the second on: what each channel of the layer before that adds most hands on to each of its own."""
    others: int
    """With how many drawings of other classes the answers were compared."""

    @property
    def channels(self) -> dict[str, list[int]]:
        """By layer, the channels that are shown."""
        return {layer: stage.numbers for layer, stage in self.stages.items()}


def walk(plan: Plan, entries: Mapping[str, Entry], store: Store, root: Path) -> Walk | None:
    """Shows the picture to the network, or takes the result from the store; None where no walk is planned.

    Args:
        plan: of the site.
        entries: its drawings, by digest, but for the walk's channels.
        store: where answers are kept.
        root: the folder of mkdocs.yml.

    Raises:
        ActmaxError: the author's picture cannot be read, or the network cannot be loaded.
    """
    label = plan.walk
    if label is None:
        return None
    wanted, hidden = _settings(plan), plan.card.hidden
    picture = _picture(plan, entries[plan.variations[DRAWING].recipe.digest()], root)
    target = plan.class_target(label)

    def look(network: Network) -> dict[str, Any]:
        from actmax.measure.channels import attribution
        from actmax.measure.measure import decode, measure

        image = decode(picture)
        measured = measure(network, target, image)
        adds = attribution(network, image, label.index, hidden) if hidden else {}
        return {"top": measured.top, "logit": measured.activation, "adds": adds}

    asked = _question(plan, label, picture)
    seen = answer_to(asked, look, _SEEN, plan.source, store, lambda found: _complete(found.adds, plan))
    stages = {}
    if hidden:
        own = _answers(plan, digest(picture), lambda: picture, store)
        drawings = [entries[recipe.digest()] for recipe in _others(plan)]
        others = [_answers(plan, one.picture, partial(one.read, "drawing.png"), store) for one in drawings]
        stages = _stages(plan, seen, own, others)
    adding = {layer: [channel.number for channel in stage.adding] for layer, stage in stages.items()}

    def hand_on(network: Network) -> dict[str, list[list[float]]]:
        from actmax.measure.channels import flow
        from actmax.measure.measure import decode

        return flow(network, decode(picture), adding)

    about = {"picture": digest(picture), "channels": adding}
    question = Question("passed on", revisions.FLOW, about)
    passed = answer_to(question, hand_on, _PASSED, plan.source, store, lambda it: _joins(it, adding)) if stages else {}
    return Walk(
        picture=picture,
        own_picture=wanted.picture is not None,
        top=[(labels.classes()[index], part) for index, part in seen.top],
        logit=seen.logit,
        stages=stages,
        passed={layer: passed[layer] for layer in list(stages)[1:]},
        others=len(_others(plan)),
    )


def known_channels(plan: Plan, store: Store, root: Path) -> dict[str, list[int]] | None:
    """The channels that the walk shows, by layer, if the store has what they depend on, else None; nothing is computed.

    Raises:
        ActmaxError: the author's picture cannot be read.
    """
    drawing = store.get(plan.variations[DRAWING].recipe) if plan.walk else None
    if plan.walk is None or drawing is None:
        return None
    picture = _picture(plan, drawing, root)
    seen = stored_answer(_question(plan, plan.walk, picture), _SEEN, plan.source, store)
    others = [store.get(recipe) for recipe in _others(plan)]
    if seen is None or not _complete(seen.adds, plan) or None in others:
        return None
    if not plan.card.hidden:
        return {}
    names = [digest(picture), *(entry.picture for entry in others if entry)]
    answers = [stored_answer(_question_of_answers(plan, name), _NUMBERS, plan.source, store) for name in names]
    complete = [answer for answer in answers if answer is not None and _complete(answer, plan)]
    if len(complete) < len(answers):
        return None
    return {layer: stage.numbers for layer, stage in _stages(plan, seen, complete[0], complete[1:]).items()}


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
        "measure": revisions.MEASURE,
        "matters": revisions.ATTRIBUTION,
    }
    return Question("walk", revisions.WALK, about)


def _question_of_answers(plan: Plan, name: str) -> Question:
    return Question("answering", revisions.MEAN_RESPONSE, {"picture": name, "layers": list(plan.card.hidden)})


def _answers(plan: Plan, name: str, read: Callable[[], bytes], store: Store) -> Numbers:
    """How loudly each channel answers a picture."""

    def answer(network: Network) -> Numbers:
        from actmax.measure.channels import mean_response
        from actmax.measure.measure import decode

        return mean_response(network, decode(read()), plan.card.hidden)

    question = _question_of_answers(plan, name)
    return answer_to(question, answer, _NUMBERS, plan.source, store, lambda found: _complete(found, plan))


def _others(plan: Plan) -> list[Recipe]:
    """The gallery's drawings of other classes, with which an answer is compared."""
    return [plate.variants[0].recipe for plate in plan.class_pages if plate.label != plan.walk][:OTHERS]


def _complete(numbers: Numbers, plan: Plan) -> bool:
    """Whether every hidden layer has numbers, as a network has them."""
    return all(numbers.get(layer) for layer in plan.card.hidden)


def _joins(passed: Mapping[str, Sequence[Sequence[float]]], shown: Mapping[str, Sequence[int]]) -> bool:
    """Whether there is a number for every channel and each one of the layer before."""
    return all(
        [len(row) for row in passed.get(layer, ())] == [len(shown[below])] * len(shown[layer])
        for below, layer in pairwise(shown)
    )


def _stages(plan: Plan, seen: Seen, own: Numbers, others: Sequence[Numbers]) -> dict[str, Stage]:
    """By the network's own layers: nothing else that stands in a store is the name of one.

    Args:
        plan: the gallery's.
        seen: what the network makes of the picture.
        own: how loudly the channels answer the picture.
        others: and how the gallery's drawings.
    """
    count = _settings(plan).channels
    stages = {}
    for layer in plan.card.hidden:
        width = min(len(numbers[layer]) for numbers in (seen.adds, own, *others))
        adds, answer = (np.array(numbers[layer][:width]) for numbers in (seen.adds, own))
        usual = np.mean([numbers[layer][:width] for numbers in others] or [[0.0] * width], axis=0)
        channels = [
            Channel(number, *(float(values[number]) for values in (answer, usual, adds))) for number in range(width)
        ]
        stages[layer] = Stage(
            loudest=[channels[place] for place in np.argsort(usual - answer, kind="stable")[:count]],
            adding=[channels[place] for place in np.argsort(-adds, kind="stable")[:count]],
            added=float(adds.sum()),
        )
    return stages


def _picture(plan: Plan, drawing: Entry, root: Path) -> bytes:
    """The drawing, or the author's picture as a PNG, cut to a square of the drawings' size."""
    wanted, size = _settings(plan), plan.settings.size
    if wanted.picture is None:
        return drawing.read("drawing.png")
    try:
        square = ImageOps.fit(read_rgb(root / wanted.picture), (size, size), Image.Resampling.LANCZOS)
    except PictureError as error:
        raise SettingsError(f"{KEY}.walk.picture in mkdocs.yml is {wanted.picture!r}: {error}") from None
    return encode_image(square, "PNG")
