"""One drawing as the site shows it: file names, measures, and the words that are said of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from actmax.errors import StoreError
from actmax.measure.models import Measures
from actmax.networks import labels
from actmax.networks.labels import Label
from actmax.store.entry import Entry
from gen.pages.markdown import number, percent, place
from gen.pages.pictures import MASK
from gen.plan import PlannedDrawing, addresses

FIVE = 5
"""A class among a network's first so many is not far from what it sees."""


@dataclass(frozen=True)
class Drawing:
    """One drawing on the page of a class or of a channel."""

    page: str
    """The address of that page."""
    variant: PlannedDrawing
    entry: Entry
    evaluation: Measures | None = None
    """The measures by the second network, where there is one."""

    @property
    def measures(self) -> Measures:
        """Of the PNG master."""
        return self.entry.measures()

    @property
    def name(self) -> str:
        """What tells it from the others of its class: ``robust, seed 0``."""
        return f"{self.variant.method}, seed {self.variant.seed}"

    @property
    def caption(self) -> str:
        """What was measured, in a line."""
        failed = " (failed)" if self.measures.failed else ""
        return (
            f"{self.name}: {percent(self.measures.probability)}, place {place(self.measures.rank)}{failed}, "
            f"logit {number(self.measures.activation)}"
        )

    @property
    def top(self) -> list[tuple[Label, float]]:
        """The five most probable classes."""
        return self._named(self.measures.top)

    @property
    def second_top(self) -> list[tuple[Label, float]]:
        """The same as the second network sees it; empty where there is none."""
        return self._named(self.evaluation.top) if self.evaluation else []

    @property
    def own_alone(self) -> bool:
        """Whether it convinces the network that drew it, and the second network has the class not even among its
        first five."""
        return self.evaluation is not None and not self.measures.failed and (self.evaluation.rank or 0) > FIVE

    @property
    def size(self) -> int:
        """Width and height of the master in pixels."""
        return self.variant.recipe.size

    @property
    def master(self) -> str:
        """The PNG's address, under the name of its content, which no later drawing can take."""
        return addresses.master(self.entry.picture)

    @property
    def frames(self) -> str:
        """The address of the filmstrip."""
        return addresses.frames(self.page, self.variant.anchor)

    @property
    def cutout(self) -> str:
        """The address of the picture without what its steps hardly touched; empty where no mask was stored."""
        return addresses.cutout(self.page, self.variant.anchor) if MASK in self.entry.record.files else ""

    @property
    def data(self) -> str:
        """The address of the drawing's JSON."""
        return addresses.data(self.page, self.variant.anchor)

    @property
    def steps(self) -> list[int]:
        """After how many steps each frame of the filmstrip was kept."""
        return list(self.entry.record.frames)

    @property
    def first_win(self) -> int | None:
        """After how many steps the network first put the class first, in the view that the ascent saw."""
        wins = self.entry.record.wins
        return wins.first if wins else None

    def _named(self, top: Sequence[tuple[int, float]]) -> list[tuple[Label, float]]:
        classes = labels.classes()
        if not top or any(index >= len(classes) for index, _ in top):
            raise StoreError(
                f"The measures of the drawing {self.entry.digest} name a class that ImageNet does not have: remove "
                f"{self.entry.folder}, and it will be drawn again."
            )
        return [(classes[index], part) for index, part in top]
