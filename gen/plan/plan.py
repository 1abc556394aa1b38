"""Settings -> Plates: each class's page, its URLs, and the recipes that it shows. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from actmax.errors import RecipeError
from actmax.networks import labels
from actmax.networks.cards import card
from actmax.networks.labels import Label
from actmax.networks.weights import Source
from actmax.recipe.recipe import Recipe, compose
from gen.settings.schema import KEY, Member, Method, Settings, SettingsError, members, methods

FIGURES = "assets/activation_maximization"
"""Where the write-up's figures lie, by the draft's own paths: ``{group}/{word}_{steps}.jpg``."""

RESERVED = {"index", "compare", "drawings"}
"""Addresses under gallery/ that are not classes."""


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
        return f"{self.method}-seed-{self.seed}"


@dataclass(frozen=True)
class Plate:
    """One class, one page, however many groups it is in."""

    label: Label
    words: tuple[str, ...]
    """The author's words for which this class stands in; often none."""
    groups: tuple[str, ...]
    variants: tuple[Variant, ...]
    """Never empty; the first is the page's main picture."""

    @property
    def url(self) -> str:
        """From the site's root, with both slashes' worth of permanence: ``gallery/zebra/``."""
        return f"gallery/{self.label.slug}/"

    @property
    def aliases(self) -> tuple[str, ...]:
        """Other addresses of the page: by index, by WNID, by the author's words."""
        names = (str(self.label.index), self.label.wnid, *map(labels.slugify, self.words))
        return tuple(f"gallery/{name}/" for name in names)

    def by_method(self, method: str) -> Variant | None:
        """The first drawing by a method, if the class has one."""
        return next((variant for variant in self.variants if variant.method == method), None)


@dataclass(frozen=True)
class Plan:
    """All that will be published."""

    settings: Settings
    source: Source
    groups: dict[str, tuple[Member, ...]]
    plates: tuple[Plate, ...]
    """In the order in which the author names the classes."""

    figures: dict[str, Recipe]
    """The write-up's figures: a path below docs/, and what is drawn there."""

    def plate(self, label: Label) -> Plate:
        """The page of a class that is in the set."""
        return self._by_label[label]

    @cached_property
    def _by_label(self) -> dict[Label, Plate]:
        return {plate.label: plate for plate in self.plates}

    def recipes(self) -> list[Recipe]:
        """Everything to draw: one method after another, so that batches are full."""
        every = [variant for plate in self.plates for variant in plate.variants]
        order = {method.name: place for place, method in enumerate(methods(self.settings))}
        return [variant.recipe for variant in sorted(every, key=lambda variant: order[variant.method])]


def plan(settings: Settings, source: Source) -> Plan:
    """What to publish.

    Args:
        settings: as read from mkdocs.yml.
        source: the network that was decided upon.

    Raises:
        SettingsError: two classes claim one address, a method that no class is drawn by, or a
            recipe that cannot be.
    """
    groups = members(settings)
    ways = methods(settings)
    in_groups: dict[Label, list[str]] = {}
    words: dict[Label, list[str]] = {}
    for group, lines in groups.items():
        for member in lines:
            joined = in_groups.setdefault(member.label, [])
            if group not in joined:
                joined.append(group)
            spoken = words.setdefault(member.label, [])
            if member.stand_in and labels.slugify(member.word) not in map(labels.slugify, spoken):
                spoken.append(member.word)
    plates = tuple(
        Plate(label, tuple(words[label]), tuple(joined), _variants(label, joined, ways, settings, source))
        for label, joined in in_groups.items()
    )
    for plate in plates:
        if not plate.variants:
            raise SettingsError(
                f"{KEY}.methods in mkdocs.yml: no method draws {plate.label.name!r} (group {plate.groups[0]!r}). "
                "Give one of them this group, or leave its `groups:` out."
            )
    _one_page_per_url(plates)
    return Plan(settings, source, groups, plates, _figures(settings, groups, plates))


def _variants(
    label: Label, joined: Sequence[str], ways: Sequence[Method], settings: Settings, source: Source
) -> tuple[Variant, ...]:
    network = card(source.network)
    variants = []
    for method in ways:
        if not set(method.groups) & set(joined):
            continue
        for seed in dict.fromkeys(settings.seeds):
            try:
                recipe = compose(
                    method.preset,
                    method.overrides,
                    network=source.network,
                    weights=source.digest,
                    target=f"{network.output}:{label.index}",
                    seed=seed,
                    size=settings.size,
                    precision=settings.precision,
                )
            except RecipeError as error:
                raise SettingsError(f"{KEY}.methods.{method.name} in mkdocs.yml: {error}.") from None
            variants.append(Variant(method.name, method.preset, seed, recipe))
    return tuple(variants)


def _figures(settings: Settings, groups: dict[str, tuple[Member, ...]], plates: Sequence[Plate]) -> dict[str, Recipe]:
    """What every method with the preset ``plain`` draws by the first seed, at the draft's own paths."""
    by_label = {plate.label: plate for plate in plates}
    figures: dict[str, Recipe] = {}
    for group, lines in groups.items():
        for member in lines:
            for variant in by_label[member.label].variants:
                if variant.preset != "plain" or variant.seed != settings.seeds[0]:
                    continue
                name = f"{labels.slugify(member.word)}_{variant.recipe.steps}.jpg"
                path = f"{FIGURES}/{labels.slugify(group)}/{name}"
                if figures.setdefault(path, variant.recipe) != variant.recipe:
                    raise SettingsError(
                        f"{KEY} in mkdocs.yml: two drawings for one figure, {path}: {member.word!r} in {group!r}, by "
                        f"method {variant.method!r}. Give the word, the group or the number of steps another value."
                    )
    return figures


def _one_page_per_url(plates: Sequence[Plate]) -> None:
    owners = {
        f"gallery/{name}/": label.name
        for label in labels.classes()
        for name in (label.slug, label.wnid, str(label.index))
    }
    owners |= {f"gallery/{name}/": f"the gallery's own {name}" for name in RESERVED}
    taken: dict[str, str] = {}
    for plate in plates:
        for word in plate.words:
            url = f"gallery/{labels.slugify(word)}/"
            owner = owners.get(url) or taken.get(url)
            if owner not in (None, plate.label.name):
                raise SettingsError(
                    f"{KEY}.groups in mkdocs.yml: two names for one URL: {word!r} stands for {plate.label.name!r}, "
                    f"but /{url} is the address of {owner!r}. Choose another word."
                )
            taken[url] = plate.label.name
