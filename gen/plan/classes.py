"""The classes of the gallery: one page each, with its groups, words, methods and addresses; no two share an address."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from actmax.networks import labels
from actmax.networks.class_set import ClassSet
from actmax.networks.labels import Label
from actmax.recipe import METHODS
from gen.plan import addresses
from gen.plan.drawings import PlannedDrawing
from gen.settings import KEY, Method, Settings, SettingsError
from gen.settings.schema import addresses_of


@dataclass(frozen=True)
class ClassPage:
    """One class with its page and its drawings, however many groups it is in."""

    label: Label
    words: tuple[str, ...]
    """The author's words for which this class stands in; often none."""
    groups: tuple[str, ...]
    methods: tuple[Method, ...]
    """Those that draw it; never empty."""
    synonyms: tuple[str, ...] = ()
    """The author's words that are other names of the class, such as ``puma``; often none."""
    variants: tuple[PlannedDrawing, ...] = ()
    """One for each method and seed, as soon as the network is known."""

    @property
    def url(self) -> str:
        """Its address, relative to the site's root, with a slash at its end: ``gallery/zebra/``."""
        return addresses.of_class(self.label)

    @property
    def aliases(self) -> tuple[str, ...]:
        """Other addresses of the page: by index, by WNID, by the author's words."""
        return tuple(addresses.of_name(name) for name in addresses.names(self.label, (*self.words, *self.synonyms)))

    @property
    def main(self) -> PlannedDrawing:
        """The drawing that is the page's main image."""
        return self.variants[0]

    def by_method(self, method: str) -> PlannedDrawing | None:
        """The first drawing by a method, if the class has one."""
        return next((variant for variant in self.variants if variant.method == method), None)


def class_pages(settings: Settings) -> tuple[ClassPage, ...]:
    """The page of each class, in the author's order, still without drawings.

    Raises:
        SettingsError: two classes or groups have one address, or no method draws a class.
    """
    _refuse_shared_anchors(settings.groups)
    slugs = {label.slug for label in settings.classes.labels}
    groups: dict[Label, dict[str, None]] = {}
    words: dict[Label, dict[str, str]] = {}
    synonyms: dict[Label, dict[str, str]] = {}
    for group, members in settings.members.items():
        for member in members:
            groups.setdefault(member.label, {})[group] = None
            slug = labels.url_name(member.word)
            if member.stand_in:
                words.setdefault(member.label, {}).setdefault(slug, member.word)
            elif slug not in addresses_of(member.label) and slug not in slugs:
                synonyms.setdefault(member.label, {}).setdefault(slug, member.word)
    pages = tuple(
        ClassPage(
            label,
            tuple(words.get(label, {}).values()),
            tuple(joined),
            tuple(method for method in settings.methods.values() if method.draws(joined)),
            tuple(synonyms.get(label, {}).values()),
        )
        for label, joined in groups.items()
    )
    for page in pages:
        if not page.methods:
            raise SettingsError(
                f"{KEY}.methods in mkdocs.yml: no method draws {page.label.name!r} (group {page.groups[0]!r}). "
                "Give one of them this group, or leave its `groups:` out."
            )
    _refuse_shared_addresses(pages, settings.classes)
    return pages


def figures(settings: Settings, pages: Sequence[ClassPage]) -> dict[str, tuple[Label, Method]]:
    """The write-up's figures: what every method with the preset ``plain`` draws, at the draft's own paths.

    Raises:
        SettingsError: two different drawings have one address.
    """
    methods = {page.label: page.methods for page in pages}
    drawings: dict[str, tuple[Label, Method]] = {}
    for group, members in settings.members.items():
        for member in members:
            for method in methods[member.label]:
                if method.preset != "plain":
                    continue
                address = addresses.figure(group, member.word, {**METHODS["plain"], **method.overrides}["steps"])
                label, other = drawings.setdefault(address, (member.label, method))
                if label != member.label or other.overrides != method.overrides:
                    raise SettingsError(
                        f"{KEY} in mkdocs.yml: two drawings for one figure, {address}: {member.word!r} in {group!r}, "
                        f"by method {method.name!r}. Give the word, the group or the number of steps another value."
                    )
    return drawings


def _refuse_shared_anchors(groups: Mapping[str, object]) -> None:
    taken = {addresses.TITLE: "the page's own title"}
    for group in groups:
        anchor = addresses.of_group(group)
        if anchor in taken:
            raise SettingsError(
                f"{KEY}.groups.{group}: /{addresses.GALLERY}#{anchor} is already {taken[anchor]}: rename one."
            )
        taken[anchor] = f"the group {group!r}"


def _refuse_shared_addresses(pages: Sequence[ClassPage], classes: ClassSet) -> None:
    taken: dict[str, str] = {addresses.of_name(name): f"the gallery's own {name}" for name in addresses.RESERVED}
    for page in pages:
        name = page.label.name
        if page.url in taken and page.label.slug in addresses.RESERVED:
            raise SettingsError(f"{KEY}.labels in mkdocs.yml: /{page.url} is {taken[page.url]}: rename {name!r}.")
        for word in (*page.words, *page.synonyms):
            address = addresses.of_name(word)
            named = classes.find(word) if word in page.words else ()
            owner = next((repr(label.name) for label in named), None) or taken.get(address)
            if owner not in (None, repr(name)):
                raise SettingsError(
                    f"{KEY}.groups in mkdocs.yml: two names for one URL: {word!r} stands for {name!r}, but /{address} "
                    f"is the address of {owner}, or a name of it. Choose another word."
                )
            taken[address] = repr(name)
