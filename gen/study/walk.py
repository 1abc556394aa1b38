"""One image on its way through the target network: its prediction, and the channels that respond and contribute."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image, ImageOps

from actmax.errors import PictureError
from actmax.files import digest
from actmax.measure import kinds
from actmax.measure.models import ChannelValues, Flow
from actmax.networks.labels import Label
from actmax.pictures import encode_image, read_rgb
from actmax.pipeline.measurements import measured, stored
from actmax.recipe import Recipe
from actmax.store.entry import Entry
from actmax.store.store import Store
from gen.plan import Plan
from gen.plan.drawings import DRAWING, of_walk
from gen.settings import KEY, SettingsError
from gen.settings.schema import WalkSettings
from gen.study.attribution import attribution, covers
from gen.study.measures import measures

if TYPE_CHECKING:
    from actmax.networks.network import Network

MAX_BASELINE = 50
"""Maximum number of drawings of other classes in the baseline."""


@dataclass(frozen=True)
class Channel:
    """A channel of a layer, and its part in the prediction."""

    number: int
    response: float
    """Mean over the map, after the ReLU."""
    baseline: float
    """Mean response to the gallery's drawings of other classes; 0 where there are none."""
    attribution: float
    """Of the class's logit: gradient × activation."""


@dataclass(frozen=True)
class Stage:
    """A layer on the way."""

    responding: Sequence[Channel]
    """The channels whose response is furthest above the baseline, in descending order."""
    contributing: Sequence[Channel]
    """The channels with the largest attribution, in descending order."""
    attribution: float
    """Sum over all channels of the layer."""

    @property
    def numbers(self) -> list[int]:
        """The channels of both lists, without duplicates."""
        return list(dict.fromkeys(channel.number for channel in (*self.contributing, *self.responding)))

    @property
    def common(self) -> int:
        """How many channels are in both lists."""
        return len(self.responding) + len(self.contributing) - len(self.numbers)


@dataclass(frozen=True)
class Walk:
    """One image and its way through the network, before the channels are drawn."""

    picture: bytes
    """A PNG: the drawing of the class, or the author's own picture."""
    own_picture: bool
    """Whether it is the author's."""
    top: list[tuple[Label, float]]
    """The five most probable classes."""
    logit: float
    """Of the class."""
    stages: Mapping[str, Stage]
    """By layer, from the image on."""
    flow: Flow
    """Between the contributing channels of each two successive layers."""
    baseline: int
    """Number of drawings of other classes in the baseline."""

    @property
    def channels(self) -> dict[str, list[int]]:
        """The selected channels, by layer."""
        return {layer: stage.numbers for layer, stage in self.stages.items()}


def walk(plan: Plan, entries: Mapping[str, Entry], store: Store, root: Path) -> Walk | None:
    """Follow the image through the network; None where no walk is planned. Measurements are stored.

    Args:
        plan: of the site.
        entries: its drawings, by digest, except the walk's channels.
        store: where measurements are kept.
        root: the folder of mkdocs.yml.

    Raises:
        ActmaxError: the author's picture cannot be read, or the network cannot be loaded.
    """
    wanted, hidden = plan.settings.walk, plan.card.hidden
    if wanted is None:
        return None
    picture = _picture(wanted, plan.settings.size, entries[plan.variations[DRAWING].digest], root)
    name, target = digest(picture), plan.class_target(wanted.label)
    prediction = measures(name, lambda: picture, target, plan.source, store, resize=False)
    stages: dict[str, Stage] = {}
    if hidden:
        contributions = attribution(name, lambda: picture, wanted.label, _widths(plan), plan.source, store)
        response = _response(plan, name, lambda: picture, store)
        others = [entries[recipe.digest()] for recipe in _others(plan)]
        baseline = [_response(plan, entry.picture, partial(entry.read, "drawing.png"), store) for entry in others]
        stages = _stages(hidden, wanted.channels, contributions, response, baseline)
    return Walk(
        picture=picture,
        own_picture=wanted.picture is not None,
        top=[(plan.classes.labels[index], probability) for index, probability in prediction.top],
        logit=prediction.activation,
        stages=stages,
        flow=_flow(plan, picture, stages, store) if stages else {},
        baseline=len(_others(plan)),
    )


def known_channels(plan: Plan, store: Store, root: Path) -> dict[str, list[int]] | None:
    """Return the channels of the walk by layer, as stored measurements determine them; None where one is missing.

    Raises:
        ActmaxError: the author's picture cannot be read.
    """
    wanted, hidden = plan.settings.walk, plan.card.hidden
    drawing = store.get(plan.variations[DRAWING].recipe) if wanted else None
    if wanted is None or drawing is None:
        return None
    if not hidden:
        return {}
    name, source = digest(_picture(wanted, plan.settings.size, drawing, root)), plan.source
    complete = partial(covers, widths=_widths(plan))
    inputs = {"picture": name, "class": wanted.label.index, "layers": list(hidden)}
    contributions = stored(kinds.ATTRIBUTION, inputs, source, store, complete)
    responses = []
    for picture in (name, *(entry.picture if (entry := store.get(recipe)) else "" for recipe in _others(plan))):
        response = stored(kinds.MEAN_RESPONSE, _response_inputs(plan, picture), source, store, complete)
        if response is None:
            return None
        responses.append(response)
    if contributions is None:
        return None
    stages = _stages(hidden, wanted.channels, contributions, responses[0], responses[1:])
    return {layer: stage.numbers for layer, stage in stages.items()}


def likely_drawings(plan: Plan) -> list[Recipe]:
    """Guess how many channels the walk will draw, before it is known which, for a forecast.

    Half of the channels that respond most are usually among those that contribute most.
    """
    wanted = plan.settings.walk
    if wanted is None:
        return []
    channels = dict.fromkeys(plan.card.hidden, range(wanted.channels * 3 // 2))
    return [drawing.recipe for drawing in of_walk(plan.composer, wanted, channels).values()]


def _widths(plan: Plan) -> dict[str, int]:
    return dict.fromkeys(plan.card.hidden, 1)


def _response_inputs(plan: Plan, picture: str) -> dict[str, object]:
    return {"picture": picture, "layers": list(plan.card.hidden)}


def _response(plan: Plan, picture: str, read: Callable[[], bytes], store: Store) -> ChannelValues:
    """Return the mean response of every channel to an image."""

    def compute(network: Network) -> ChannelValues:
        from actmax.measure.channels import mean_response
        from actmax.measure.measure import decode

        return mean_response(network, decode(read()), plan.card.hidden)

    return measured(
        kinds.MEAN_RESPONSE,
        _response_inputs(plan, picture),
        compute,
        plan.source,
        store,
        partial(covers, widths=_widths(plan)),
    )


def _flow(plan: Plan, picture: bytes, stages: Mapping[str, Stage], store: Store) -> Flow:
    """Return the contributions between the contributing channels of successive layers."""
    selected = {layer: [channel.number for channel in stage.contributing] for layer, stage in stages.items()}

    def compute(network: Network) -> Flow:
        from actmax.measure.channels import flow
        from actmax.measure.measure import decode

        return flow(network, decode(picture), selected)

    def complete(flow: Flow) -> bool:
        return all(
            [len(row) for row in flow.get(layer, ())] == [len(selected[below])] * len(selected[layer])
            for below, layer in pairwise(selected)
        )

    inputs = {"picture": digest(picture), "channels": selected}
    return measured(kinds.FLOW, inputs, compute, plan.source, store, complete)


def _others(plan: Plan) -> list[Recipe]:
    """Return the gallery's drawings of other classes, which make the baseline."""
    return [plate.main.recipe for plate in plan.class_pages if plate.label != plan.walk][:MAX_BASELINE]


def _stages(
    hidden: Sequence[str],
    count: int,
    contributions: ChannelValues,
    response: ChannelValues,
    others: Sequence[ChannelValues],
) -> dict[str, Stage]:
    """Select the channels of each hidden layer.

    Args:
        hidden: the layers.
        count: how many channels of each in either list.
        contributions: attribution of the class's logit.
        response: to the image.
        others: responses to the gallery's drawings of other classes.
    """
    stages = {}
    for layer in hidden:
        width = min(len(values[layer]) for values in (contributions, response, *others))
        added, own = (np.array(values[layer][:width]) for values in (contributions, response))
        baseline = np.mean([values[layer][:width] for values in others] or [(0.0,) * width], axis=0)
        channels = [Channel(index, *map(float, (own[index], baseline[index], added[index]))) for index in range(width)]
        stages[layer] = Stage(
            responding=[channels[index] for index in np.argsort(baseline - own, kind="stable")[:count]],
            contributing=[channels[index] for index in np.argsort(-added, kind="stable")[:count]],
            attribution=float(added.sum()),
        )
    return stages


def _picture(wanted: WalkSettings, size: int, drawing: Entry, root: Path) -> bytes:
    """Return the drawing, or the author's picture as a PNG, cropped to a square of the drawings' size."""
    if wanted.picture is None:
        return drawing.read("drawing.png")
    try:
        square = ImageOps.fit(read_rgb(root / wanted.picture), (size, size), Image.Resampling.LANCZOS)
    except PictureError as error:
        raise SettingsError(f"{KEY}.walk.picture in mkdocs.yml is {wanted.picture!r}: {error}") from None
    return encode_image(square, "PNG")
