"""The classes of a network: ImageNet-1k's, or those that its labels name. Needs no torch."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from actmax.errors import UnknownNameError, did_you_mean, quoted
from actmax.networks import labels
from actmax.networks.labels import Label


@dataclass(frozen=True)
class ClassSet:
    """The classes of a network, in the order of its logits.

    >>> digits = ClassSet(("zero", "one", "two"))
    >>> digits.resolve("One").index, digits.resolve(2).name
    (1, 'two')
    """

    names: tuple[str, ...] = ()
    """Empty: ImageNet-1k's."""

    @property
    def is_imagenet(self) -> bool:
        """Whether they are ImageNet-1k's."""
        return not self.names

    @property
    def labels(self) -> tuple[Label, ...]:
        """All of them."""
        return _own(self.names)[0] if self.names else labels.classes()

    def resolve(self, name: str | int) -> Label:
        """Return the class with a name or an index; of ImageNet's also as :func:`labels.resolve_class` does.

        Case, spaces, hyphens and accents are ignored. Where a class has a number for a name, a number is a name.

        Raises:
            UnknownNameError: no class has the name, or several have; the nearest are named.
        """
        if self.is_imagenet:
            return labels.resolve_class(name)
        if isinstance(name, bool) or not isinstance(name, str | int):
            raise UnknownNameError(f"{quoted(name)} is not the name or index of a class: write a name in quotes.")
        found = self.find(name)
        if len(found) == 1:
            return found[0]
        if found:
            choices = " or ".join(repr(f"{labels.slugify(label.name)}-{label.index}") for label in found)
            raise UnknownNameError(f"{quoted(name)} is the name of {len(found)} classes: write {choices}.")
        near = did_you_mean(str(name), self.names)
        raise UnknownNameError(f"None of the {len(self.names)} labels is {quoted(name)}. {near}")

    def find(self, word: str | int) -> tuple[Label, ...]:
        """Return the classes that have a word, or what it is the plural of, as a name or in their address."""
        text = str(word).strip()
        slug = labels.slugify(text)
        if self.is_imagenet:
            try:
                return labels.find_classes(text) or labels.find_classes(slug) or labels.of_plural(slug)
            except UnknownNameError:  # a number that is no class's index
                return ()
        known, by_name = _own(self.names)
        found = by_name.get(text.casefold()) or by_name.get(slug, ())
        if not found and text.isdecimal() and len(text) <= labels.MAX_INDEX_DIGITS and int(text) < len(known):
            return (known[int(text)],)
        return found

    def has_name(self, word: str) -> bool:
        """Whether a word is exactly the name of a class that is not ImageNet's, such as ``0-9``."""
        return word in self.names

    def __len__(self) -> int:
        return len(self.names) or labels.CLASSES


def class_set(names: Sequence[str]) -> ClassSet:
    """Return the classes with these names; ImageNet's, if they are all of its names in their order."""
    own = tuple(names)
    imagenet = len(own) == labels.CLASSES and own == tuple(label.name for label in labels.classes())
    return ClassSet() if imagenet else ClassSet(own)


@lru_cache(maxsize=8)
def _own(names: tuple[str, ...]) -> tuple[tuple[Label, ...], Mapping[str, tuple[Label, ...]]]:
    """Return the labels of these names, and each by its name and slugs. A name without Latin letters has the slug
    ``class-3``."""
    slugs = [labels.slugify(name) or f"class-{index}" for index, name in enumerate(names)]
    times = Counter(slugs)
    numbered = not any(slug.isdecimal() for slug in slugs)
    known: list[Label] = []
    taken = {slug for slug, count in times.items() if count == 1}
    for index, (name, slug) in enumerate(zip(names, slugs, strict=True)):
        own = slug
        if times[slug] > 1:
            own = f"{slug}-{index}"
            while own in taken:
                own = f"{own}-{index}"
            taken.add(own)
        known.append(Label(index, "", name, (name,), "", own, numbered))
    by_name: dict[str, tuple[Label, ...]] = {}
    for label, slug in zip(known, slugs, strict=True):
        for key in {label.name.casefold(), slug}:
            by_name[key] = (*by_name.get(key, ()), label)
    for label in known:
        by_name.setdefault(label.slug, (label,))
    return tuple(known), by_name
