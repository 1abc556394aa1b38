"""Settings and a network -> the plan: every page with its addresses, and every drawing that one shows. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import chain
from types import MappingProxyType

from actmax.networks.cards import Card
from actmax.networks.class_set import ClassSet
from actmax.networks.labels import Label
from actmax.networks.weights import Source
from actmax.recipe import Recipe
from gen.plan import addresses, drawings
from gen.plan.classes import ClassPage, class_pages, figures
from gen.plan.drawings import Composer, PlannedDrawing
from gen.plan.shown import Shown
from gen.settings import Member, Settings
from gen.settings.starts import Starts


@dataclass(frozen=True)
class ChannelPage:
    """One channel of a layer with its page and its drawings."""

    layer: str
    channel: int
    variants: tuple[PlannedDrawing, ...]
    """Never empty; the first is the page's main picture."""
    negatives: tuple[PlannedDrawing, ...] = ()
    """Drawings that minimize it."""

    @property
    def every(self) -> tuple[PlannedDrawing, ...]:
        """Drawings that maximize and that minimize it."""
        return (*self.variants, *self.negatives)

    @property
    def url(self) -> str:
        """Its address: ``network/conv4/117/``."""
        return addresses.of_unit(self.layer, self.channel)

    @property
    def name(self) -> str:
        """Its name on pages, and the target of its drawing: ``conv4:117``."""
        return f"{self.layer}:{self.channel}"


@dataclass(frozen=True)
class Plan:
    """All that will be published."""

    settings: Settings
    """The author's."""
    source: Source
    """The target network."""
    class_pages: tuple[ClassPage, ...]
    """In the order in which the author names the classes."""
    figures: Mapping[str, PlannedDrawing]
    """The write-up's figures by address; each is a drawing of a class page too."""
    starts: Starts
    """The pictures that some drawings start from."""
    units: Mapping[str, tuple[ChannelPage, ...]]
    """By layer, from the image on, the channels that have a page."""
    variations: Mapping[str, PlannedDrawing]
    """The write-up's class by other parameterizations, penalty weights and step sizes, by name."""
    comparison: Mapping[tuple[str, Label], PlannedDrawing]
    """By each compared method, by method and class."""
    from_photo: Mapping[float, PlannedDrawing]
    """From the author's photo, by the weight of its features, the largest first."""
    by_seeds: tuple[PlannedDrawing, ...]
    """Of the class whose drawings are compared with one another, by seed."""
    by_facets: tuple[PlannedDrawing, ...]
    """Of the same class, by facet."""
    shown: Mapping[Shown, PlannedDrawing] = field(default_factory=dict)
    """Drawings that pages of the author's show, by what they ask for."""
    walk_channels: Mapping[tuple[str, int], PlannedDrawing] | None = None
    """The channels that the walk shows, by layer and number; None until the network has been shown its picture."""

    @property
    def live(self) -> bool:
        """Whether readers can draw in their browsers, which is ImageNet's classes."""
        return self.settings.live and self.classes.is_imagenet and self.settings.publish != "figures"

    @property
    def indexed(self) -> bool:
        """Whether there is a page of all classes."""
        return self.settings.publish == "gallery"

    @property
    def groups(self) -> Mapping[str, tuple[Member, ...]]:
        """The class set."""
        return self.settings.members

    @property
    def members(self) -> Iterator[Member]:
        """The members of all groups, in the author's order."""
        return chain.from_iterable(self.groups.values())

    @property
    def walk(self) -> Label | None:
        """The class that the write-up's figures are about, where there are any."""
        return self.settings.walk.label if self.settings.walk else None

    @property
    def card(self) -> Card:
        """What is known of the target network without loading it."""
        return self.source.card

    @property
    def classes(self) -> ClassSet:
        """The classes of the target network."""
        return self.card.class_set

    @property
    def complete(self) -> bool:
        """Whether every drawing is planned: the walk's channels are known, or there is no walk."""
        return self.walk is None or self.walk_channels is not None

    @cached_property
    def drawings(self) -> tuple[PlannedDrawing, ...]:
        """Every drawing of every page. Some recipes are on several pages.

        The gallery's stand method by method, so that batches are full.
        """
        order = {name: position for position, name in enumerate(self.settings.methods)}
        of_classes = [variant for page in self.class_pages for variant in page.variants]
        return (
            *sorted(of_classes, key=lambda variant: order[variant.method]),
            *(variant for page in self.channels for variant in page.every),
            *self.figures.values(),
            *self.variations.values(),
            *self.comparison.values(),
            *self.from_photo.values(),
            *self.by_seeds,
            *self.by_facets,
            *self.shown.values(),
            *(self.walk_channels or {}).values(),
        )

    def recipes(self) -> list[Recipe]:
        """Every recipe of the site, each once, by digest."""
        return list({drawing.digest: drawing.recipe for drawing in self.drawings}.values())

    def with_walk(self, channels: Mapping[str, Sequence[int]]) -> Plan:
        """The plan with the channels that the walk shows, by layer; which ones depends on the walk's picture."""
        wanted = self.settings.walk
        if wanted is None:
            return self
        return replace(self, walk_channels=drawings.of_walk(self.composer, wanted, channels))

    def unit(self, layer: str, channel: int) -> ChannelPage | None:
        """The page of a channel, if it has one."""
        return self._by_unit.get((layer, channel))

    def unit_named(self, name: str) -> ChannelPage | None:
        """The page of a channel by its name on pages, ``conv4:117``, if it has one."""
        return self._by_name.get(name)

    @property
    def channels(self) -> Iterator[ChannelPage]:
        """Every channel that has a page, layer by layer."""
        return chain.from_iterable(self.units.values())

    @cached_property
    def _by_unit(self) -> dict[tuple[str, int], ChannelPage]:
        return {(page.layer, page.channel): page for page in self.channels}

    @cached_property
    def _by_name(self) -> dict[str, ChannelPage]:
        return {page.name: page for page in self.channels}

    def class_page(self, label: Label) -> ClassPage:
        """The page of a class of the gallery."""
        return self._by_label[label]

    @cached_property
    def _by_label(self) -> dict[Label, ClassPage]:
        return {page.label: page for page in self.class_pages}

    def drawn(self, word: str, method: str) -> tuple[Member, PlannedDrawing] | None:
        """The class that is listed under a word and its first drawing by a method, if there is one."""
        for member in self.members:
            variant = self.class_page(member.label).by_method(method)
            if member.word == word and variant is not None:
                return member, variant
        return None

    def class_target(self, label: Label) -> str:
        """The target of a class: ``fc8:340``."""
        return self.composer.target(label)

    @property
    def composer(self) -> Composer:
        """What composes recipes for this network."""
        return Composer(self.settings, self.source, self.starts.names)


def plan(
    settings: Settings,
    source: Source,
    starts: Starts | None = None,
    units: Mapping[str, Sequence[int]] = MappingProxyType({}),
) -> Plan:
    """Plan the site.

    Args:
        settings: the author's.
        source: the target network.
        starts: the pictures that the settings name.
        units: by layer, the numbers of the channels that have a page.

    Raises:
        SettingsError: two classes, groups or figures have one address, or no method draws a class.
    """
    starts = starts or Starts()
    composer = Composer(settings, source, starts.names)
    pages = class_pages(settings) if settings.publish != "figures" else ()
    walk, comparison, photo, diversity = settings.walk, settings.comparison, settings.photo, settings.diversity
    return Plan(
        settings=settings,
        source=source,
        class_pages=tuple(
            replace(
                page,
                variants=tuple(
                    composer.of_class(page.url, page.label, method, seed)
                    for method in page.methods
                    for seed in dict.fromkeys(settings.seeds)
                ),
            )
            for page in pages
        ),
        figures={
            address: replace(
                composer.of_class(addresses.WRITE_UP, label, method, settings.seeds[0]), anchor=address.split("/")[-1]
            )
            for address, (label, method) in figures(settings, pages).items()
        },
        starts=starts,
        units={
            layer: tuple(_channel_page(composer, layer, channel) for channel in channels)
            for layer, channels in units.items()
        },
        variations=drawings.variations(composer, walk.label) if walk else {},
        comparison=drawings.comparison(composer, comparison) if comparison else {},
        from_photo=drawings.from_photo(composer, photo) if photo else {},
        by_seeds=drawings.by_seeds(composer, diversity) if diversity else (),
        by_facets=drawings.by_facets(composer, diversity) if diversity else (),
    )


def _channel_page(composer: Composer, layer: str, channel: int) -> ChannelPage:
    settings, wanted = composer.settings, composer.settings.units
    seeds = dict.fromkeys(wanted.seeds if wanted and wanted.seeds else settings.seeds[:1])
    variants, negatives = (
        tuple(composer.of_channel(layer, channel, settings.units_method, seed, negative) for seed in seeds)
        for negative in (False, True)
    )
    return ChannelPage(layer, channel, variants, negatives if wanted and wanted.negative else ())
