"""Everything that pages are made of: the plan, its drawings, the measurements, and facts about the site."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from importlib.metadata import version

from actmax.measure.models import Measures, Output
from actmax.networks.cards import Card
from actmax.networks.labels import Label
from actmax.sounds.models import SoundExample
from actmax.store.entry import Entry
from gen.ledger.file import Ledger
from gen.pages.drawing import TOP, Drawing
from gen.pages.site_info import SiteInfo
from gen.plan import ClassPage, Plan, PlannedDrawing
from gen.study.comparison import Row
from gen.study.diversity import Diversity
from gen.study.evaluation import Evaluation
from gen.study.examples import Examples
from gen.study.photo import Photo
from gen.study.photograph import Photograph
from gen.study.study import Study
from gen.study.units import Unit, Units

File = tuple[str, str | bytes]
"""A path below docs/, with forward slashes, and the file's content."""


@dataclass(frozen=True)
class Recognition:
    """How many main drawings of the gallery's classes the evaluation network recognizes."""

    network: str
    """The evaluation network's title."""
    drawings: int
    top1: int
    top5: int


@dataclass(frozen=True)
class Contents:
    """Everything is drawn and measured; pages only show it."""

    plan: Plan
    entries: Mapping[str, Entry]
    """The drawing of each of the plan's recipes, by digest."""
    study: Study | None = None
    """Measurements for the walk; None without a walk."""
    site: SiteInfo = field(default_factory=SiteInfo)
    evaluation: Evaluation | None = None
    """Measures by the evaluation network, if there is one."""
    comparison: Sequence[Row] = ()
    """The methods side by side, if the settings name classes to compare."""
    photograph: Photograph | None = None
    """A photograph before the target network, if a page has a figure of it."""
    script: Output | None = None
    """What the write-up's script saves, if a page has a figure of it."""
    photo: Photo | None = None
    """Drawings that start from a photo, if the settings name one."""
    diversity: Diversity | None = None
    """How much drawings of one class differ, if the settings name a class."""
    sounds: Mapping[str, SoundExample] | None = None
    """By kind, the sounds drawn by a network of sounds, if the settings want them."""
    units: Units | None = None
    """Measurements of the channels that have pages, if any have."""
    examples: Mapping[Unit, Examples] = field(default_factory=dict)
    """The author's photos for the page of each channel and class, if the settings name a folder."""
    lead_probabilities: Sequence[float] = ()
    """What the target network gives the front page's class for each frame of its drawing; empty if not measured."""
    published: Ledger = field(default_factory=Ledger)
    """Addresses and anchors that must keep working."""
    notes: frozenset[str] = frozenset()
    """Addresses of the author's own pages that generated ones link to, if they exist."""

    @property
    def network(self) -> Card:
        """The target network."""
        return self.plan.card

    @property
    def built(self) -> str:
        """A sentence about how the site was built, for the foot of each page."""
        method = next(iter(self.plan.settings.methods))
        return f"Drawn by {self.network.title}, method {method}. Built by actmax {version('actmax')}."

    @property
    def second(self) -> Card | None:
        """The evaluation network."""
        return self.evaluation.network if self.evaluation else None

    @property
    def evaluations(self) -> Mapping[str, Measures]:
        """The evaluation network's measures by digest; empty without one."""
        return self.evaluation.measures if self.evaluation else {}

    @cached_property
    def recognition(self) -> Recognition | None:
        """None without an evaluation network."""
        if self.evaluation is None:
            return None
        ranks = [main.evaluation.rank or 0 for main, *_ in self.drawings.values() if main.evaluation]
        top1, top5 = (sum(0 < rank <= limit for rank in ranks) for limit in (1, TOP))
        return Recognition(self.evaluation.network.title, len(ranks), top1, top5)

    @cached_property
    def drawings(self) -> dict[Label, list[Drawing]]:
        """The drawings of each class, the main one first."""
        return {page.label: [self.drawing(planned) for planned in page.variants] for page in self.plan.class_pages}

    def drawing(self, planned: PlannedDrawing) -> Drawing:
        """A planned drawing with its measures."""
        entry, evaluation = self.entries[planned.digest], self.evaluations.get(planned.digest)
        return Drawing(planned.page, planned, entry, evaluation, self.plan.classes)

    @property
    def lead(self) -> Drawing:
        """The drawing on the front page: the one that the evaluation network recognizes best."""
        return self.drawings[self.best[0].label][0]

    @property
    def best(self) -> list[ClassPage]:
        """The classes by the ranks that the evaluation network and the target network give their main drawings, then by
        the probabilities. The first is the one that the front page shows."""

        def order(page: ClassPage) -> tuple[float, ...]:
            main = self.drawings[page.label][0]
            measures = [measured for measured in (main.evaluation, main.measures) if measured]
            return *(each.rank or 1 for each in measures), *(-(each.probability or 0) for each in measures)

        return sorted(self.plan.class_pages, key=order)
