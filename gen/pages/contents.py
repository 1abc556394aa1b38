"""All that pages are made of: the plan, its drawings, and what is known of the network and of the site."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from importlib.metadata import version

from actmax.networks.cards import Card
from actmax.networks.labels import Label
from actmax.sounds.models import SoundExample
from actmax.store.entry import Entry
from gen.ledger.file import Ledger
from gen.pages.drawing import FIVE, Drawing
from gen.pages.place import Place
from gen.plan import ClassPage, Plan
from gen.study.comparison import Row
from gen.study.diversity import Diversity
from gen.study.evaluation import Evaluation
from gen.study.photo import Photo
from gen.study.study import Study
from gen.study.units import Units

File = tuple[str, str | bytes]
"""A path below docs/, with forward slashes, and what stands there."""


@dataclass(frozen=True)
class Witnessed:
    """How many of the gallery's drawings a second network recognises: of each class, the one that its page shows
    first."""

    title: str
    """Of the network."""
    drawings: int
    first: int
    """Of which it says the class first."""
    in_five: int
    """Of which the class is among its first five."""


@dataclass(frozen=True)
class Contents:
    """Everything is drawn, asked and measured; pages only show it."""

    plan: Plan
    entries: Mapping[str, Entry]
    """The drawing of each of the plan's recipes, by digest."""
    study: Study | None = None
    """What the write-up shows of the network, if it is asked for."""
    place: Place = field(default_factory=Place)
    evaluation: Evaluation | None = None
    """A second network's, where one is at hand."""
    comparison: Sequence[Row] = ()
    """The methods side by side, if they are asked for."""
    photo: Photo | None = None
    """Drawings from a photo, if they are asked for."""
    diversity: Diversity | None = None
    """How much drawings of one class differ, if that is asked for."""
    sounds: Mapping[str, SoundExample] | None = None
    """By kind, what a network of sounds draws, if that is asked for."""
    units: Units | None = None
    """What is known of the channels that have pages, if any have."""
    published: Ledger = field(default_factory=Ledger)
    """What must not be lost."""
    notes: frozenset[str] = frozenset()
    """Addresses of the author's own pages that generated ones refer to where they exist."""

    @property
    def network(self) -> Card:
        """The network that drew."""
        return self.plan.card

    @property
    def built(self) -> str:
        """How the site came to be, in a sentence, for the foot of each page."""
        method = next(iter(self.plan.settings.methods))
        return f"Drawn by {self.network.title}, method {method}. Built by actmax {version('actmax')}."

    @property
    def second(self) -> Card | None:
        """The network whose opinion was asked."""
        return self.evaluation.network if self.evaluation else None

    @cached_property
    def witnessed(self) -> Witnessed | None:
        """None where no second network was asked."""
        if self.evaluation is None:
            return None
        said = [main.evaluation.rank or 0 for main, *_ in self.drawings.values() if main.evaluation]
        first, in_five = (sum(0 < rank <= most for rank in said) for most in (1, FIVE))
        return Witnessed(self.evaluation.network.title, len(said), first, in_five)

    @cached_property
    def drawings(self) -> dict[Label, list[Drawing]]:
        """Of each class, the page's large picture first."""
        opinions = self.evaluation.measures if self.evaluation else {}
        return {
            plate.label: [
                Drawing(
                    plate.url, variant, self.entries[variant.recipe.digest()], opinions.get(variant.recipe.digest())
                )
                for variant in plate.variants
            ]
            for plate in self.plan.class_pages
        }

    @property
    def best(self) -> list[ClassPage]:
        """The classes, those first whose drawings convince most: the network that had no part in them, and then the
        one that drew."""

        def order(plate: ClassPage) -> tuple[int, int, float]:
            main = self.drawings[plate.label][0]
            opinion = main.evaluation.rank if main.evaluation else None
            return opinion or 1, main.measures.rank or 1, -(main.measures.probability or 0)

        return sorted(self.plan.class_pages, key=order)
