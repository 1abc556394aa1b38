"""The 1000 classes of ImageNet-1k: index, WNID, name, synonyms, definition, slug; and search among them.

Names are torchvision's, synonyms and definitions are WordNet's as timm ships them. Both are read as files: importing
either package would import torch, which a look-up does not need. No copy is kept here, which might differ from what
the networks were published with: if the files move, looking up a class fails. A test holds the published slugs.
"""

from __future__ import annotations

import difflib
import importlib.util
import re
import shlex
import textwrap
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from actmax.errors import MAX_QUOTED, ActmaxError, UnknownNameError, quoted
from actmax.networks import words

CLASSES = 1000
MAX_INDEX_DIGITS = 18
"""A longer number is no class's, and slow to read."""
MAX_SLUG_LETTERS = 200
"""Letters of a text that becomes a slug: ImageNet's longest name has 32, and file systems end at 255."""
MAX_LETTERS = 60
"""The same for letters that are not Latin, of which one may take four bytes."""
MIN_SIMILARITY = 0.8
"""Share of letters in common below which a class is not what a misspelled name meant: a woman is no wombat."""
MIN_PREFIX = 4
"""Letters from which on the beginning of a name is searched for."""
LIST_CLASSES = f"`actmax classes` lists all {CLASSES}."


@dataclass(frozen=True)
class Label:
    """One class of ImageNet-1k, or of a network with labels of its own."""

    index: int
    """Of its logit, from 0."""
    wnid: str
    """WordNet's identifier, such as ``n02391049``; empty for a class that is not ImageNet's."""
    name: str
    """torchvision's name, such as ``zebra``, or the label; not unique when case is ignored."""
    synonyms: tuple[str, ...]
    """WordNet's lemmas, or the name alone."""
    definition: str
    """WordNet's gloss, or nothing."""
    slug: str
    """Its name in URLs; unique over all classes of the network, whichever are drawn."""
    by_index: bool = True
    """Whether its index leads to it, because no class of the network has a number for a name."""

    @property
    def keys(self) -> tuple[str, ...]:
        """What leads to it besides its names: its index, its WNID."""
        return (*((str(self.index),) if self.by_index else ()), *((self.wnid,) if self.wnid else ()))


def slugify(text: str) -> str:
    """Turn a text into lower-case ASCII words joined by hyphens: ``jack-o'-lantern`` into ``jack-o-lantern``."""
    plain = unicodedata.normalize("NFKD", text[:MAX_SLUG_LETTERS]).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain.replace("'s", "s")).strip("-")


def url_name(text: str) -> str:
    """Return a text as a part of a URL: its slug or, without Latin letters and digits, its own letters.

    >>> url_name("Mountain bike"), url_name("Горный велосипед")
    ('mountain-bike', 'горный-велосипед')
    """
    shortened = unicodedata.normalize("NFC", text[:MAX_LETTERS]).lower()
    letters = (letter if unicodedata.category(letter)[0] in "LMN" else " " for letter in shortened)
    return slugify(text) or "-".join("".join(letters).split())


@cache
def classes() -> tuple[Label, ...]:
    """Return all 1000 classes, in the order of their indices.

    Raises:
        ActmaxError: torchvision or timm is not installed, or moved its data files.
    """
    names = _torchvision_names()
    info = _package_file("timm", "data/_info")
    try:
        wnids = (info / "imagenet_synsets.txt").read_text("utf-8").split()
        lemmas = _table(info / "imagenet_synset_to_lemma.txt")
        glosses = _table(info / "imagenet_synset_to_definition.txt")
    except (OSError, ValueError) as error:
        raise ActmaxError(f"ImageNet's class names cannot be read from timm: {error}.") from None
    if not (len(names) == len(set(wnids)) == CLASSES and lemmas.keys() & glosses.keys() >= set(wnids)):
        raise ActmaxError("The ImageNet classes of this torchvision and this timm do not fit together.")
    slugs = [slugify(name) for name in names]
    shared = {slug for slug, times in Counter(slugs).items() if times > 1}
    return tuple(
        Label(
            index=index,
            wnid=wnid,
            name=name,
            synonyms=tuple(lemmas[wnid].split(", ")),
            definition=glosses[wnid],
            slug=f"{slug}-{index}" if slug in shared else slug,
        )
        for index, (name, wnid, slug) in enumerate(zip(names, wnids, slugs, strict=True))
    )


@dataclass(frozen=True)
class Meaning:
    """What a name may mean: a class, several classes that fall under it, or the nearest ones."""

    words: tuple[str, ...]
    """The name and its synonyms."""
    classes: tuple[Label, ...]
    """Never empty."""
    near: bool = False
    """Whether none of the classes is what the name means: they are only nearest to it."""


def resolve_class(name: str | int) -> Label:
    """Return the class with an index, a WNID, a name, a slug, a synonym, or a more general word for it alone.

    Case, spaces, hyphens, accents and a plural are ignored. A name that several classes share is told apart by its
    index: ``crane-517``.

    >>> resolve_class("puma").name, resolve_class("penguins").name
    ('cougar', 'king penguin')

    Raises:
        UnknownNameError: no class has the name, or several have; the nearest are named.
    """
    found = meanings(name)
    if len(found) == 1 and len(found[0].classes) == 1 and not found[0].near:
        return found[0].classes[0]
    raise UnknownNameError(_refusal(str(name), found))


def meanings(name: str | int) -> tuple[Meaning, ...]:
    """Return what a name may mean, possibly nothing: classes of that name, else those that fall under it, else the
    nearest. Synonyms, general words and nearest classes are WordNet's.

    >>> [(meaning.words[0], len(meaning.classes)) for meaning in meanings("bike")]
    [('bicycle', 2), ('motorcycle', 1)]

    Raises:
        UnknownNameError: no class has the index, or the name is neither text nor a number.
    """
    named = find_classes(name)
    if not isinstance(name, str) or (named and name.strip() in (named[0].wnid, str(named[0].index))):
        return tuple(Meaning(label.synonyms, (label,)) for label in named)
    slug = slugify(name)
    for word in (slug, *words.singulars(slug)):
        named = find_classes(word) if word and not word.isdecimal() else ()
        found = [Meaning(label.synonyms, (label,)) for label in named]
        found += [
            Meaning(sense.words, tuple(classes()[index] for index in sense.indices), sense.near)
            for sense in words.senses(word)
        ]
        if found:
            return tuple(found)
    return ()


def unique_name(label: Label) -> str:
    """Return the name of a class, with its index where the name alone could mean another: ``crane-517``."""
    alone = meanings(label.name)
    return label.name if len(alone) == 1 and alone[0].classes == (label,) else f"{slugify(label.name)}-{label.index}"


def find_classes(name: str | int) -> tuple[Label, ...]:
    """Return all classes with a name, possibly none. Fast, since it does not search for similar names.

    Raises:
        UnknownNameError: no class has the index, or the name is neither text nor a number.
    """
    if isinstance(name, bool) or not isinstance(name, str | int):
        raise UnknownNameError(f"{quoted(name)} is not the name, index or WNID of an ImageNet class.")
    if isinstance(name, str):
        name = name.strip()
        if not (name.isdecimal() and name.isascii()):
            return _by_name().get(slugify(name), ())
        if len(name) <= MAX_INDEX_DIGITS:
            name = int(name)
    if isinstance(name, str) or not 0 <= name < len(classes()):
        shown = name if isinstance(name, str) or abs(name) < 10**MAX_INDEX_DIGITS else "of so many digits"
        raise UnknownNameError(f"There is no ImageNet class {str(shown)[:MAX_QUOTED]}: indices run from 0 to 999.")
    return (classes()[name],)


def of_plural(slug: str) -> tuple[Label, ...]:
    """Return the classes whose name a slug is the plural of, possibly none."""
    return next((found for singular in words.singulars(slug) if (found := _by_name().get(singular, ()))), ())


def _refusal(name: str, found: Sequence[Meaning]) -> str:
    """Return why a name is no class's, what it may mean, and what to write."""
    shown = quoted(name)
    if not found:
        if not slugify(name) and any(letter.isalpha() for letter in name):
            return f"{shown} cannot be looked up: ImageNet's names are English, in Latin letters. {LIST_CLASSES}"
        near = search(name, most=3) or search(name.partition(",")[0], most=3)
        nearest = f" Nearest: {', '.join(repr(unique_name(label)) for label in near)}." if near else ""
        return f"ImageNet-1k has no class {shown}.{nearest} {LIST_CLASSES}"
    if all(meaning.near for meaning in found):
        nearest = ", ".join(repr(unique_name(label)) for meaning in found for label in meaning.classes)
        return f"ImageNet has no {name.strip()}; nearest: {nearest}. {LIST_CLASSES}"
    command = f"`actmax classes {shlex.quote(name.strip())}` lists them."
    if len(found) == 1:
        return f"{shown} is not one ImageNet class but {len(found[0].classes)}: {_some(found[0])}. {command}"
    if all(len(meaning.classes) == 1 for meaning in found):
        choices = " or ".join(f"{_some(meaning)} ({_shortened(meaning.classes[0])})" for meaning in found)
        return f"{shown} may mean {len(found)} ImageNet classes: write {choices}."
    other = [next((word for word in meaning.words if slugify(word) != slugify(name)), "") for meaning in found]
    choices = " or ".join(
        f"{word} ({_some(meaning)})" if word and other.count(word) == 1 else f"that of {_some(meaning)}"
        for word, meaning in zip(other, found, strict=True)
    )
    return f"{shown} has {len(found)} meanings: {choices}. Write one class; {command}"


def _some(meaning: Meaning, most: int = 4) -> str:
    """Return the first classes of a meaning."""
    names = [repr(unique_name(label)) for label in meaning.classes[:most]]
    return ", ".join([*names, "…"] if len(meaning.classes) > most else names)


def _shortened(label: Label) -> str:
    """Return the first words of a definition."""
    return textwrap.shorten(label.definition.partition(";")[0], MAX_QUOTED, placeholder=" …")


def search(text: str, most: int = 10) -> list[Label]:
    """Return the classes whose names are most similar to a text, best first.

    A class whose name or synonym contains the words comes before one with a similar spelling.
    """
    text = text.strip()[:MAX_QUOTED]
    wanted = slugify(text)
    if not wanted:
        return []
    wanted_parts = set(wanted.split("-"))
    matcher = difflib.SequenceMatcher(b=wanted)
    scored = []
    for label, names in _spellings():
        if text in (str(label.index), label.wnid) or wanted in names:
            score = 3.0
        elif any(wanted_parts <= parts for parts in names.values()):
            score = 2.0
        elif len(wanted) >= MIN_PREFIX and any(part.startswith(wanted) for parts in names.values() for part in parts):
            score = 1.5
        else:
            score = 0.0
            for name in names:
                matcher.set_seq1(name)
                least = max(score, MIN_SIMILARITY)
                if matcher.real_quick_ratio() >= least and matcher.quick_ratio() >= least:
                    score = max(score, matcher.ratio())
        if score >= MIN_SIMILARITY:
            scored.append((-score, label.index, label))
    return [label for *_, label in sorted(scored)[:most]]


@cache
def _spellings() -> tuple[tuple[Label, dict[str, set[str]]], ...]:
    """Return each class with the slugs of its name and synonyms, and the words of each."""
    return tuple(
        (label, {name: set(name.split("-")) for name in {label.slug, *map(slugify, (label.name, *label.synonyms))}})
        for label in classes()
    )


@cache
def _by_name() -> dict[str, tuple[Label, ...]]:
    """Return the classes by the slugs of their names and synonyms, those with it as their own name first."""
    found: dict[str, dict[Label, None]] = defaultdict(dict)
    for label in classes():
        found[slugify(label.name)][label] = None
    for label in classes():
        for synonym in (*label.synonyms, ", ".join(label.synonyms)):  # lists of ImageNet's classes join them
            found[slugify(synonym)][label] = None
    for label in classes():  # these are nobody else's
        for own in (label.wnid, f"{slugify(label.name)}-{label.index}"):
            found[own] = {label: None}
    return {slug: tuple(named) for slug, named in found.items()}


def _table(path: Path) -> dict[str, str]:
    lines = path.read_text("utf-8").splitlines()
    return dict(line.split("\t", 1) for line in lines)


def _package_file(package: str, path: str) -> Path:
    spec = importlib.util.find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        raise ActmaxError(f"The package {package} is not installed: ImageNet's class names come from it.")
    return Path(spec.submodule_search_locations[0]) / path


def _torchvision_names() -> list[str]:
    """Read torchvision's names from a plain Python file, which is run alone, without torchvision."""
    path = _package_file("torchvision", "models/_meta.py")
    spec = importlib.util.spec_from_file_location("_actmax_torchvision_meta", path)
    if spec is None or spec.loader is None or not path.is_file():
        raise ActmaxError(f"This torchvision keeps ImageNet's class names elsewhere than in {path}.")
    module = importlib.util.module_from_spec(spec)
    try:
        spec.loader.exec_module(module)
        names: list[str] = module._IMAGENET_CATEGORIES
    except (AttributeError, ImportError) as error:
        raise ActmaxError(f"This torchvision keeps ImageNet's class names elsewhere than in {path}: {error}.") from None
    return names
