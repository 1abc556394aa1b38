"""An outline and a network -> the plan: each page with its addresses, and the recipes that it shows. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from actmax.networks.cards import Card, card
from actmax.networks.labels import Label
from actmax.networks.weights import Source
from actmax.recipe import Recipe, compose
from gen.plan import addresses
from gen.plan.subjects import Outline, Subject
from gen.settings.resolve import Member, Method
from gen.settings.schema import Settings


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
class Plate:
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
class Plan:
    """All that will be published."""

    outline: Outline
    source: Source
    """The network that draws."""
    plates: tuple[Plate, ...]
    """In the order in which the author names the classes."""
    figures: Mapping[str, Recipe]
    """The write-up's figures: an address, and what is drawn there."""

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
        return self.outline.gallery.walk

    @property
    def card(self) -> Card:
        """What is known of the network that draws."""
        return card(self.source.network)

    def plate(self, label: Label) -> Plate:
        """The page of a class of the gallery."""
        return self._by_label[label]

    @cached_property
    def _by_label(self) -> dict[Label, Plate]:
        return {plate.label: plate for plate in self.plates}

    def recipes(self) -> list[Recipe]:
        """Everything to draw: one method after another, so that batches are full."""
        order = {method.name: place for place, method in enumerate(self.outline.gallery.methods)}
        variants = [variant for plate in self.plates for variant in plate.variants]
        return [variant.recipe for variant in sorted(variants, key=lambda variant: order[variant.method])]

    def recipe(self, target: str, preset: str, overrides: Mapping[str, Any] | None = None, seed: int = 0) -> Recipe:
        """A recipe for the network that draws, at the size and precision of the settings."""
        return _recipe(self.settings, self.source, target, preset, overrides, seed)

    def class_target(self, label: Label) -> str:
        """What a drawing of a class maximises."""
        return _class_target(self.source, label)


def plan(outline: Outline, source: Source) -> Plan:
    """What to publish.

    Args:
        outline: of the settings.
        source: the network that was decided upon.
    """
    settings = outline.gallery.settings
    plates = tuple(
        Plate(subject.label, subject.words, subject.groups, _variants(settings, source, subject))
        for subject in outline.subjects
    )
    figures = {
        address: _variant(settings, source, label, method, settings.seeds[0]).recipe
        for address, (label, method) in outline.figures.items()
    }
    return Plan(outline, source, plates, figures)


def _variants(settings: Settings, source: Source, subject: Subject) -> tuple[Variant, ...]:
    return tuple(_variant(settings, source, subject.label, method, seed) for method, seed in subject.drawings)


def _variant(settings: Settings, source: Source, label: Label, method: Method, seed: int) -> Variant:
    target = _class_target(source, label)
    recipe = _recipe(settings, source, target, method.preset, method.overrides, seed)
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
