"""An outline and a network -> the plan: each page with its addresses, and the recipes that it shows. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import chain
from types import MappingProxyType
from typing import Any

from actmax.networks.cards import Card, card
from actmax.networks.labels import Label
from actmax.networks.weights import Source
from actmax.recipe import Recipe, compose
from gen.plan import addresses
from gen.plan.subjects import Outline, Subject
from gen.settings.resolve import Asked, Gallery, Member, Method
from gen.settings.schema import Settings, UnitsSettings
from gen.settings.starts import Starts

NEGATIVE = "negative"
"""What a drawing of what silences a channel is called in place of its method."""


@dataclass(frozen=True)
class Variant:
    """One drawing on a page: a method and a seed."""

    method: str
    preset: str
    seed: int
    recipe: Recipe

    @property
    def anchor(self) -> str:
        """Its name in links and file names: ``robust-seed-0``."""
        return addresses.of_drawing(self.method, self.seed)


@dataclass(frozen=True)
class ClassPage:
    """One class with its page and its drawings."""

    label: Label
    words: tuple[str, ...]
    """The author's words for which this class stands in; often none."""
    groups: tuple[str, ...]
    variants: tuple[Variant, ...]
    """Never empty; the first is the page's main picture."""

    @property
    def url(self) -> str:
        """Its address, relative to the site's root, with a slash at its end: ``gallery/zebra/``."""
        return addresses.of_class(self.label)

    @property
    def aliases(self) -> tuple[str, ...]:
        """Other addresses of the page: by index, by WNID, by the author's words."""
        return tuple(addresses.of_name(name) for name in addresses.names(self.label, self.words))

    def by_method(self, method: str) -> Variant | None:
        """The first drawing by a method, if the class has one."""
        return next((variant for variant in self.variants if variant.method == method), None)


@dataclass(frozen=True)
class ChannelPage:
    """One channel of a layer with its page and its drawings."""

    layer: str
    channel: int
    variants: tuple[Variant, ...]
    """Never empty; the first is the page's main picture."""
    negatives: tuple[Variant, ...] = ()
    """What silences it most."""

    @property
    def every(self) -> tuple[Variant, ...]:
        """Also what silences it."""
        return (*self.variants, *self.negatives)

    @property
    def url(self) -> str:
        """Its address: ``network/conv4/117/``."""
        return addresses.of_unit(self.layer, self.channel)

    @property
    def name(self) -> str:
        """What a reader calls it, and what its drawing maximises: ``conv4:117``."""
        return f"{self.layer}:{self.channel}"


@dataclass(frozen=True)
class Plan:
    """All that will be published."""

    outline: Outline
    source: Source
    """The network that draws."""
    plates: tuple[ClassPage, ...]
    """In the order in which the author names the classes."""
    figures: Mapping[str, Recipe]
    """The write-up's figures: an address, and what is drawn there."""
    starts: Starts = field(default_factory=Starts)
    """The pictures that some drawings start from."""
    units: Mapping[str, tuple[ChannelPage, ...]] = field(default_factory=dict)
    """By layer, from the image on, the channels that have a page."""

    @property
    def settings(self) -> Settings:
        """The author's."""
        return self.outline.gallery.settings

    @property
    def groups(self) -> Mapping[str, tuple[Member, ...]]:
        """The class set."""
        return self.outline.gallery.groups

    @property
    def walk(self) -> Label | None:
        """The class that the write-up's figures are about, where there are any."""
        return self.asked.walk

    @property
    def asked(self) -> Asked:
        """The classes of the pages beside the gallery."""
        return self.outline.gallery.asked

    @property
    def card(self) -> Card:
        """What is known of the network that draws."""
        return card(self.source.network)

    def unit(self, layer: str, channel: int) -> ChannelPage | None:
        """The page of a channel, if it has one."""
        return self._by_unit.get((layer, channel))

    def unit_named(self, name: str) -> ChannelPage | None:
        """The page of a channel by the name that it has on pages, ``conv4:117``, if it has one."""
        return self._by_name.get(name)

    @property
    def channels(self) -> Iterator[ChannelPage]:
        """Every channel that has a page, layer by layer."""
        return chain.from_iterable(self.units.values())

    @cached_property
    def _by_unit(self) -> dict[tuple[str, int], ChannelPage]:
        return {(plate.layer, plate.channel): plate for plate in self.channels}

    @cached_property
    def _by_name(self) -> dict[str, ChannelPage]:
        return {plate.name: plate for plate in self.channels}

    def plate(self, label: Label) -> ClassPage:
        """The page of a class of the gallery."""
        return self._by_label[label]

    @cached_property
    def _by_label(self) -> dict[Label, ClassPage]:
        return {plate.label: plate for plate in self.plates}

    def recipes(self) -> list[Recipe]:
        """Everything to draw: one method after another, so that batches are full."""
        order = {method.name: place for place, method in enumerate(self.outline.gallery.methods)}
        variants = [variant for plate in self.plates for variant in plate.variants]
        of_classes = [variant.recipe for variant in sorted(variants, key=lambda variant: order[variant.method])]
        return of_classes + [variant.recipe for plate in self.channels for variant in plate.every]

    def recipe(self, target: str, preset: str, overrides: Mapping[str, Any] | None = None, seed: int = 0) -> Recipe:
        """A recipe for the network that draws, at the size and precision of the settings."""
        return _recipe(self.settings, self.source, target, preset, overrides, seed)

    def drawn(self, word: str, method: str) -> tuple[Member, Variant] | None:
        """The class that is listed under a word and its first drawing by a method, if there is one."""
        for member in chain.from_iterable(self.groups.values()):
            variant = self.plate(member.label).by_method(method)
            if member.word == word and variant is not None:
                return member, variant
        return None

    def class_target(self, label: Label) -> str:
        """What a drawing of a class maximises."""
        return _class_target(self.source, label)


def plan(
    outline: Outline,
    source: Source,
    starts: Starts | None = None,
    units: Mapping[str, Sequence[int]] = MappingProxyType({}),
) -> Plan:
    """What to publish.

    Args:
        outline: of the settings.
        source: the network that was decided upon.
        starts: the pictures that the settings name.
        units: by layer, the numbers of the channels that have a page.
    """
    starts = starts or Starts()
    settings = outline.gallery.settings
    plates = tuple(
        ClassPage(subject.label, subject.words, subject.groups, _variants(settings, source, subject, starts))
        for subject in outline.subjects
    )
    figures = {
        address: _variant(settings, source, _class_target(source, label), method, settings.seeds[0], starts).recipe
        for address, (label, method) in outline.figures.items()
    }
    return Plan(outline, source, plates, figures, starts, _units(outline.gallery, source, starts, units))


def _units(
    gallery: Gallery, source: Source, starts: Starts, units: Mapping[str, Sequence[int]]
) -> dict[str, tuple[ChannelPage, ...]]:
    settings, asked = gallery.settings, gallery.settings.units
    method = next(method for method in gallery.methods if method.name == gallery.asked.units_by)
    seeds = list(dict.fromkeys(asked.seeds)) if isinstance(asked, UnitsSettings) else [settings.seeds[0]]
    negative = isinstance(asked, UnitsSettings) and asked.negative

    def drawn(target: str) -> tuple[Variant, ...]:
        return tuple(_variant(settings, source, target, method, seed, starts) for seed in seeds)

    return {
        layer: tuple(
            ChannelPage(
                layer,
                channel,
                drawn(f"{layer}:{channel}"),
                tuple(replace(one, method=NEGATIVE) for one in drawn(f"-{layer}:{channel}")) if negative else (),
            )
            for channel in channels
        )
        for layer, channels in units.items()
    }


def _variants(settings: Settings, source: Source, subject: Subject, starts: Starts) -> tuple[Variant, ...]:
    target = _class_target(source, subject.label)
    return tuple(_variant(settings, source, target, method, seed, starts) for method, seed in subject.drawings)


def _variant(settings: Settings, source: Source, target: str, method: Method, seed: int, starts: Starts) -> Variant:
    start = {"start": starts.names[method.start]} if method.start else {}
    recipe = _recipe(settings, source, target, method.preset, {**method.overrides, **start}, seed)
    return Variant(method.name, method.preset, seed, recipe)


def _class_target(source: Source, label: Label) -> str:
    return f"{card(source.network).output}:{label.index}"


def _recipe(
    settings: Settings, source: Source, target: str, preset: str, overrides: Mapping[str, Any] | None, seed: int
) -> Recipe:
    return compose(
        preset,
        overrides,
        network=source.network,
        weights=source.digest,
        target=target,
        seed=seed,
        size=settings.size,
        precision=settings.precision,
    )
