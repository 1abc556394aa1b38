"""What is drawn: the classes of the gallery, each with its groups, words and drawings, and its addresses checked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from actmax.networks import labels
from actmax.networks.labels import Label
from actmax.recipe import METHODS
from gen.plan import addresses
from gen.settings.resolve import Gallery, Method, called
from gen.settings.schema import KEY, SettingsError


@dataclass(frozen=True)
class Subject:
    """One class, one page, however many groups it is in."""

    label: Label
    words: tuple[str, ...]
    """The author's words for which this class stands in; often none."""
    groups: tuple[str, ...]
    drawings: tuple[tuple[Method, int], ...]
    """Methods and seeds. Never empty; the first is the page's main picture."""


@dataclass(frozen=True)
class Outline:
    """All that will be published, whatever network draws it."""

    gallery: Gallery
    subjects: tuple[Subject, ...]
    """In the order in which the author names the classes."""
    figures: Mapping[str, tuple[Label, Method]]
    """The write-up's figures: an address, and the class and the method that are drawn there by the first seed."""


def outline(gallery: Gallery) -> Outline:
    """One subject for each class.

    Raises:
        SettingsError: two classes, groups or figures claim one address, or no method draws a class.
    """
    _one_anchor_per_group(gallery.groups)
    groups: dict[Label, list[str]] = {}
    words: dict[Label, dict[str, str]] = {}
    for group, members in gallery.groups.items():
        for member in members:
            joined = groups.setdefault(member.label, [])
            if group not in joined:
                joined.append(group)
            if member.stand_in:
                words.setdefault(member.label, {}).setdefault(labels.slugify(member.word), member.word)
    subjects = tuple(
        Subject(label, tuple(words.get(label, {}).values()), tuple(joined), _drawings(gallery, joined))
        for label, joined in groups.items()
    )
    for subject in subjects:
        if not subject.drawings:
            raise SettingsError(
                f"{KEY}.methods in mkdocs.yml: no method draws {subject.label.name!r} (group {subject.groups[0]!r}). "
                "Give one of them this group, or leave its `groups:` out."
            )
    _one_page_per_address(subjects)
    return Outline(gallery, subjects, _figures(gallery, groups))


def _drawings(gallery: Gallery, groups: Sequence[str]) -> tuple[tuple[Method, int], ...]:
    return tuple(
        (method, seed)
        for method in gallery.methods
        if set(method.groups) & set(groups)
        for seed in dict.fromkeys(gallery.settings.seeds)
    )


def _figures(gallery: Gallery, joined: Mapping[Label, Sequence[str]]) -> dict[str, tuple[Label, Method]]:
    """What every method with the preset ``plain`` draws, at the draft's own paths."""
    figures: dict[str, tuple[Label, Method]] = {}
    for group, members in gallery.groups.items():
        for member in members:
            for method in gallery.methods:
                if method.preset != "plain" or not set(joined[member.label]) & set(method.groups):
                    continue
                address = addresses.figure(group, member.word, {**METHODS["plain"], **method.overrides}["steps"])
                label, other = figures.setdefault(address, (member.label, method))
                if label != member.label or other.overrides != method.overrides:
                    raise SettingsError(
                        f"{KEY} in mkdocs.yml: two drawings for one figure, {address}: {member.word!r} in {group!r}, "
                        f"by method {method.name!r}. Give the word, the group or the number of steps another value."
                    )
    return figures


def _one_anchor_per_group(groups: Mapping[str, object]) -> None:
    taken = {addresses.TITLE: "the page's own title"}
    for group in groups:
        anchor = addresses.of_group(group)
        if anchor in taken:
            raise SettingsError(
                f"{KEY}.groups.{group}: /{addresses.GALLERY}#{anchor} is already {taken[anchor]}: rename one."
            )
        taken[anchor] = f"the group {group!r}"


def _one_page_per_address(subjects: Sequence[Subject]) -> None:
    taken: dict[str, str] = {addresses.of_name(name): f"the gallery's own {name}" for name in addresses.RESERVED}
    for subject in subjects:
        name = subject.label.name
        for word in subject.words:
            address = addresses.of_name(word)
            owner = next((repr(label.name) for label in called(word)), None) or taken.get(address)
            if owner not in (None, repr(name)):
                raise SettingsError(
                    f"{KEY}.groups in mkdocs.yml: two names for one URL: {word!r} stands for {name!r}, but /{address} "
                    f"is the address of {owner}, or a name of it. Choose another word."
                )
            taken[address] = repr(name)
