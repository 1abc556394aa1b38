"""The drawings of the site: what each page shows, and the recipe of each. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from actmax.networks.cards import Card
from actmax.networks.labels import Label, slugify
from actmax.networks.statistics import measured
from actmax.networks.weights import Source
from actmax.recipe import ACCENTUATION, DEFAULT, Recipe, accentuation, compose
from gen.compared import COMPARED, compared
from gen.plan import addresses
from gen.settings import Method, Settings
from gen.settings.schema import NEGATIVE, ComparisonSettings, DiversitySettings, PhotoSettings, WalkSettings

STEP_SIZES = {"too small": 0.2, "right": 200.0, "too large": 20_000.0}
"""Step sizes of plain ascents of STEPS steps."""
STEPS = 50
"""Steps of the ascents that compare step sizes."""
PARAMETERIZATIONS = {"pixels": "plain", "fourier": DEFAULT, "generator": "generator"}
"""Parameterizations, each with the preset that uses it, in as many steps as the compared methods have."""
DRAWING = "fourier"
"""The variation that is the default drawing of the class."""
PENALTIES: Mapping[str, Mapping[str, float]] = {
    "without": {"excess_variation_weight": 0.0},
    DRAWING: {},
    "too-much": {"excess_variation_weight": 0.6, "excess_variation_limit": 0.0},
}
"""Penalties on total variation, as overrides of the default preset."""


@dataclass(frozen=True)
class PlannedDrawing:
    """A drawing that a page shows."""

    page: str
    """The page's address."""
    anchor: str
    """Its name, unique on the page; in the gallery part of links and file names: ``robust-seed-0``."""
    method: str
    """The author's name of the method, or that of a preset."""
    preset: str
    recipe: Recipe
    label: Label | None = None
    """The class that is maximized; None for a channel."""

    @property
    def seed(self) -> int:
        """Seed of the starting noise."""
        return self.recipe.seed

    @property
    def digest(self) -> str:
        """Digest of the recipe, by which it is stored."""
        return self.recipe.digest()


@dataclass(frozen=True)
class Composer:
    """Composes recipes for the target network, at the size and precision of the settings."""

    settings: Settings
    source: Source
    """The target network."""
    starts: Mapping[str, str]
    """Start pictures: the author's path, and the name in recipes."""

    @property
    def card(self) -> Card:
        """What is known of the target network without loading it."""
        return self.source.card

    def target(self, label: Label) -> str:
        """The target of a class: ``fc8:340``."""
        return f"{self.card.output}:{label.index}"

    def recipe(self, target: str, preset: str, overrides: Mapping[str, Any] | None, seed: int) -> Recipe:
        """A recipe by a preset and what differs from it."""
        return compose(
            preset,
            overrides,
            network=self.source.network,
            weights=self.source.digest,
            target=target,
            seed=seed,
            size=self.settings.size,
            precision=self.settings.precision,
        )

    def of_class(self, page: str, label: Label, method: Method, seed: int) -> PlannedDrawing:
        """A drawing of a class by one of the author's methods."""
        return self._by_method(page, self.target(label), method, seed, method.name, label)

    def of_channel(self, layer: str, channel: int, method: Method, seed: int, negative: bool) -> PlannedDrawing:
        """A drawing that maximizes a channel, or minimizes it, for the channel's page."""
        target = f"-{layer}:{channel}" if negative else f"{layer}:{channel}"
        name = NEGATIVE if negative else method.name
        return self._by_method(addresses.of_unit(layer, channel), target, method, seed, name)

    def of_target(self, page: str, anchor: str, target: str, method: Method, seed: int) -> PlannedDrawing:
        """A drawing of any target by one of the author's methods."""
        return replace(self._by_method(page, target, method, seed, method.name), anchor=anchor)

    def _by_method(
        self, page: str, target: str, method: Method, seed: int, name: str, label: Label | None = None
    ) -> PlannedDrawing:
        start = {"start": self.starts[method.start]} if method.start else {}
        recipe = self.recipe(target, method.preset, {**method.overrides, **start}, seed)
        return PlannedDrawing(page, addresses.of_drawing(name, seed), name, method.preset, recipe, label)

    def by_preset(
        self,
        page: str,
        name: str,
        label: Label,
        preset: str,
        overrides: Mapping[str, Any] | None = None,
        seed: int | None = None,
    ) -> PlannedDrawing:
        """A drawing of a class by a preset, from the first seed of the settings unless another is given."""
        recipe = self.recipe(self.target(label), preset, overrides, self.settings.seeds[0] if seed is None else seed)
        return PlannedDrawing(page, name, preset, preset, recipe, label)


def variations(composer: Composer, label: Label) -> dict[str, PlannedDrawing]:
    """The write-up's class by other parameterizations, penalty weights and step sizes, by name."""

    def draw(name: str, preset: str, overrides: Mapping[str, Any]) -> PlannedDrawing:
        return composer.by_preset(addresses.WRITE_UP, slugify(name), label, preset, overrides)

    return {
        **{name: draw(name, preset, compared(preset).overrides) for name, preset in PARAMETERIZATIONS.items()},
        **{name: draw(name, DEFAULT, overrides) for name, overrides in PENALTIES.items() if overrides},
        **{name: draw(name, "plain", {"steps": STEPS, "step_size": size}) for name, size in STEP_SIZES.items()},
    }


def comparison(composer: Composer, wanted: ComparisonSettings) -> dict[tuple[str, Label], PlannedDrawing]:
    """Drawings by each compared method, by method and class."""
    return {
        (method.name, label): composer.by_preset(
            addresses.METHODS, f"{method.name}-{label.slug}", label, method.name, method.overrides
        )
        for method in COMPARED
        if wanted.methods is None or method.name in wanted.methods
        # Channel statistics belong to one network, and cannot be measured here.
        if method.name != "statistics" or measured(composer.source.digest)
        for label in wanted.classes
    }


def from_photo(composer: Composer, wanted: PhotoSettings) -> dict[float, PlannedDrawing]:
    """Drawings that start from a photo, by the weight of its features, the largest first.

    A network whose layers have no names has no features to keep: it draws without them only.
    """
    weights = sorted(set(wanted.feature_weights), reverse=True)
    if ACCENTUATION["feature_layer"] not in composer.card.layers:
        weights = [0.0]
    start = composer.starts[wanted.picture]
    return {
        weight: composer.by_preset(
            addresses.PHOTO, f"feature-weight-{weight:g}", wanted.label, DEFAULT, accentuation(start, weight)
        )
        for weight in weights
    }


def by_seeds(composer: Composer, wanted: DiversitySettings) -> tuple[PlannedDrawing, ...]:
    """Drawings of one class that differ in the seed."""
    first = composer.settings.seeds[0]
    return tuple(
        composer.by_preset(addresses.DIVERSITY, f"seed-{seed}", wanted.label, DEFAULT, seed=seed)
        for seed in range(first, first + wanted.seeds)
    )


def by_facets(composer: Composer, wanted: DiversitySettings) -> tuple[PlannedDrawing, ...]:
    """Drawings of one class by facets; none for a network without a named hidden layer, of which facets are shares."""
    if not composer.card.hidden:
        return ()
    return tuple(
        composer.by_preset(
            addresses.DIVERSITY, f"facet-{facet}", wanted.label, DEFAULT, {"facets": wanted.facets, "facet": facet}
        )
        for facet in range(wanted.facets)
    )


def of_walk(
    composer: Composer, wanted: WalkSettings, channels: Mapping[str, Sequence[int]]
) -> dict[tuple[str, int], PlannedDrawing]:
    """The channels that the walk shows, by layer and number."""
    method = composer.settings.any_target_method
    overrides = {**method.overrides, "steps": wanted.steps}
    drawings = {}
    for layer, numbers in channels.items():
        for number in numbers:
            name = f"{layer}:{number}"
            recipe = composer.recipe(name, method.preset, overrides, composer.settings.seeds[0])
            drawings[layer, number] = PlannedDrawing(addresses.WALK, name, method.name, method.preset, recipe)
    return drawings
