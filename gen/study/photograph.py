"""The author's photograph before the target network, and as an adversarial example."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from PIL import Image, ImageOps

from actmax.files import digest
from actmax.measure.kinds import ADVERSARIAL
from actmax.measure.models import Adversarial
from actmax.networks.class_set import ClassSet
from actmax.networks.labels import Label
from actmax.pictures import encode_image
from actmax.pipeline.measurements import measured
from actmax.store.store import Store
from gen.plan import Plan

if TYPE_CHECKING:
    from actmax.networks.network import Network


QUALITY = 90
"""Of the published photograph, which is the one that is measured."""


@dataclass(frozen=True)
class Photograph:
    """A photograph, its prediction, and the same after small steps toward the class of the walk."""

    picture: bytes
    """A WebP, as large as the drawings."""
    label: Label
    """The class of the walk."""
    credit: str
    """Who made the photograph, and its license."""
    adversarial: Adversarial
    classes: ClassSet = field(default_factory=ClassSet)
    """The network's."""

    @property
    def before(self) -> list[tuple[Label, float]]:
        """The five most probable classes of the photograph."""
        return self._named(self.adversarial.before.top)

    @property
    def after(self) -> list[tuple[Label, float]]:
        """The five most probable classes after the steps."""
        return self._named(self.adversarial.after.top)

    def _named(self, top: tuple[tuple[int, float], ...]) -> list[tuple[Label, float]]:
        return [(self.classes.labels[index], probability) for index, probability in top]


def photograph(plan: Plan, store: Store) -> Photograph | None:
    """Measure the photograph of the settings, or read it from the store; None where there is none, or no walk.

    Raises:
        ActmaxError: the network cannot be loaded.
    """
    wanted, label = plan.settings.photo, plan.walk
    if wanted is None or label is None:
        return None
    size = (plan.settings.size, plan.settings.size)
    square = ImageOps.fit(plan.starts.pictures[plan.starts.names[wanted.picture]], size, Image.Resampling.BICUBIC)
    picture, target = encode_image(square, "WEBP", quality=QUALITY), plan.class_target(label)

    def compute(network: Network) -> Adversarial:
        from actmax.measure.adversarial import adversarial
        from actmax.measure.measure import decode

        return adversarial(network, target, decode(picture))

    inputs = {"picture": digest(picture), "target": target}
    made = measured(ADVERSARIAL, inputs, compute, plan.source, store)
    return Photograph(picture, label, wanted.credit, made, plan.classes)
