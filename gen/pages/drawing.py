"""One drawing as the site shows it: its files, its measures, its caption."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from actmax.errors import StoreError
from actmax.measure.models import Measures
from actmax.networks.class_set import ClassSet
from actmax.networks.labels import Label
from actmax.store.entry import Entry
from gen.pages.markdown import percent, rank, tenths
from gen.pages.pictures import MASK
from gen.plan import PlannedDrawing, addresses

TOP = 5
"""A drawing counts as recognized by a network, top-5, up to this rank."""
ENLARGED_WIDTH = 800
"""An image is shown up to three times its size, but no wider than this, in pixels."""


def recognition(measures: Measures) -> str:
    """Return how well a network recognizes a drawing: ``top1``, ``top5`` or ``missed``."""
    rank = measures.rank or 1
    return "top1" if rank == 1 else "top5" if rank <= TOP else "missed"


SMALL_SIZE = 64
"""Width of an image below which three times as large is still too small to look at."""


def enlargement(size: int) -> int:
    """Return by how much an image of this width is enlarged on its page, at most: 1, 2 or 3, and more for the smallest.

    >>> enlargement(224), enlargement(28)
    (3, 16)
    """
    return max(1, min(3 if size >= SMALL_SIZE else 16, ENLARGED_WIDTH // size))


@dataclass(frozen=True)
class Drawing:
    """A drawing on the page of a class or a channel."""

    page: str
    """The page's address."""
    variant: PlannedDrawing
    entry: Entry
    evaluation: Measures | None = None
    """Measures by the evaluation network, if there is one."""
    classes: ClassSet = field(default_factory=ClassSet)
    """Those of both networks."""

    @property
    def measures(self) -> Measures:
        """Measures by the target network, of the PNG."""
        return self.entry.measures()

    @property
    def name(self) -> str:
        """Method and seed, which distinguish it on its page: ``robust, seed 0``."""
        return f"{self.variant.method}, seed {self.variant.seed}"

    @property
    def caption(self) -> str:
        """The measures in one line."""
        failed = " (failed)" if self.measures.failed else ""
        return (
            f"{self.name}: {percent(self.measures.probability)}, rank {rank(self.measures.rank)}{failed}, "
            f"logit {tenths(self.measures.activation)}"
        )

    @property
    def top(self) -> list[tuple[Label, float]]:
        """The five most probable classes."""
        return self._labeled(self.measures.top)

    @property
    def second_top(self) -> list[tuple[Label, float]]:
        """The same by the evaluation network; empty without one."""
        return self._labeled(self.evaluation.top) if self.evaluation else []

    @property
    def recognition(self) -> str:
        """How well the evaluation network recognizes it, or, without one, the target network."""
        return recognition(self.evaluation or self.measures)

    @property
    def only_by_target(self) -> bool:
        """Whether the target network recognizes it, and the evaluation network does not, not even top-5."""
        return self.evaluation is not None and not self.measures.failed and (self.evaluation.rank or 0) > TOP

    @property
    def size(self) -> int:
        """Width and height of the PNG in pixels."""
        return self.variant.recipe.size

    @property
    def enlargement(self) -> int:
        """By how much it is enlarged on its page, at most."""
        return enlargement(self.size)

    @property
    def thumbnail(self) -> str:
        """Address of its small picture, for a page that shows several drawings."""
        return addresses.small_drawing(self.page, self.variant.anchor)

    @property
    def master(self) -> str:
        """Address of the PNG. It is named after its content, so that no later drawing takes it."""
        return addresses.master(self.entry.picture)

    @property
    def frames(self) -> str:
        """Address of the filmstrip."""
        return addresses.frames(self.page, self.variant.anchor)

    @property
    def cutout(self) -> str:
        """Address of the picture with a transparent background; empty if no mask is stored."""
        return addresses.cutout(self.page, self.variant.anchor) if MASK in self.entry.record.files else ""

    @property
    def data(self) -> str:
        """Address of the JSON."""
        return addresses.data(self.page, self.variant.anchor)

    @property
    def steps(self) -> list[int]:
        """The number of steps before each frame of the filmstrip."""
        return list(self.entry.record.frames)

    @property
    def first_win(self) -> int | None:
        """The number of steps before the class first was the top-1 prediction, in the augmented view."""
        wins = self.entry.record.wins
        return wins.first if wins else None

    def _labeled(self, top: Sequence[tuple[int, float]]) -> list[tuple[Label, float]]:
        classes = self.classes.labels
        if not top or any(index >= len(classes) for index, _ in top):
            whose = "ImageNet" if self.classes.is_imagenet else "the network"
            raise StoreError(
                f"The measures of the drawing {self.entry.digest} name a class that {whose} does not have: remove "
                f"{self.entry.folder}, and it will be drawn again."
            )
        return [(classes[index], probability) for index, probability in top]
