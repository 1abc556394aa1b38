"""The 1000 classes of ImageNet-1k: index, WNID, name, synonyms, definition, slug; and search among them.

Names are torchvision's, synonyms and definitions are WordNet's as timm ships them. Both are read as files: importing
either package would import torch, which a look-up does not need. No copy is kept here, which might differ from what
the networks were published with: if the files move, looking up a class fails. A test holds the published slugs.
"""

from __future__ import annotations

import difflib
import importlib.util
import re
import unicodedata
from collections import Counter, defaultdict
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from actmax.errors import MAX_QUOTED, ActmaxError, UnknownNameError, did_you_mean, quoted

CLASSES = 1000
MAX_INDEX_DIGITS = 18
"""A longer number is no class's, and slow to read."""
MAX_SLUG_LETTERS = 200
"""Letters of a text that becomes a slug: ImageNet's longest name has 32, and file systems end at 255."""


@dataclass(frozen=True)
class Label:
    """One class of ImageNet-1k."""

    index: int
    """Of its logit, 0…999."""
    wnid: str
    """WordNet's identifier, such as ``n02391049``."""
    name: str
    """torchvision's name, such as ``zebra``; not unique when case is ignored."""
    synonyms: tuple[str, ...]
    """WordNet's lemmas."""
    definition: str
    """WordNet's gloss."""
    slug: str
    """Its name in URLs; unique over all 1000 classes, whichever are drawn."""


def slugify(text: str) -> str:
    """Turn a text into lower-case ASCII words joined by hyphens: ``jack-o'-lantern`` into ``jack-o-lantern``."""
    plain = unicodedata.normalize("NFKD", text[:MAX_SLUG_LETTERS]).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain.replace("'s", "s")).strip("-")


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


def resolve_class(name: str | int) -> Label:
    """Return the class with an index, a WNID, a name, a slug or a synonym.

    Case, spaces and hyphens are ignored as long as only one class has the name.

    Raises:
        UnknownNameError: no class has the name, or several have; the nearest are named.
    """
    found = find_classes(name)
    if len(found) == 1:
        return found[0]
    if found:
        choices = " or ".join(f"{label.index} ({', '.join(label.synonyms)})" for label in found)
        raise UnknownNameError(f"{quoted(name)} is the name of {len(found)} ImageNet classes: write {choices}.")
    near = search(str(name), most=3)
    hint = (
        "Nearest: " + ", ".join(f"{label.name!r}" for label in near) + "."
        if near
        else did_you_mean(str(name), (label.name for label in classes()))
    )
    raise UnknownNameError(f"ImageNet-1k has no class {quoted(name)}. {hint}")


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
            exact, own, other = _by_name()
            return exact.get(name) or own.get(slugify(name)) or other.get(slugify(name)) or ()
        if len(name) <= MAX_INDEX_DIGITS:
            name = int(name)
    if isinstance(name, str) or not 0 <= name < len(classes()):
        shown = name if isinstance(name, str) or abs(name) < 10**MAX_INDEX_DIGITS else "of so many digits"
        raise UnknownNameError(f"There is no ImageNet class {str(shown)[:MAX_QUOTED]}: indices run from 0 to 999.")
    return (classes()[name],)


def search(text: str, most: int = 10) -> list[Label]:
    """Return the classes whose names are most similar to a text, best first.

    A class whose name or synonym contains the words comes before one with a similar spelling.
    """
    text = text.strip()[:MAX_QUOTED]
    wanted = slugify(text)
    if not wanted:
        return []
    words = set(wanted.split("-"))
    matcher = difflib.SequenceMatcher(b=wanted)
    scored = []
    for label, names in _spellings():
        if text in (str(label.index), label.wnid) or wanted in names:
            score = 3.0
        elif any(words <= parts for parts in names.values()):
            score = 2.0
        elif any(part.startswith(wanted) for parts in names.values() for part in parts):
            score = 1.5
        else:
            score = 0.0
            for name in names:
                matcher.set_seq1(name)
                if matcher.real_quick_ratio() > max(score, 0.6) and matcher.quick_ratio() > max(score, 0.6):
                    score = max(score, matcher.ratio())
        if score > 0.6:
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
def _by_name() -> tuple[dict[str, tuple[Label, ...]], dict[str, tuple[Label, ...]], dict[str, tuple[Label, ...]]]:
    """Return the classes by exact name, by name without case and hyphens, and by synonym."""
    exact: dict[str, tuple[Label, ...]] = {}
    own: dict[str, tuple[Label, ...]] = defaultdict(tuple)
    other: dict[str, tuple[Label, ...]] = defaultdict(tuple)
    for label in classes():
        exact.update(dict.fromkeys((label.name, label.wnid, label.slug), (label,)))
        own[slugify(label.name)] += (label,)
        for synonym in {slugify(synonym) for synonym in label.synonyms}:
            other[synonym] += (label,)
    return exact, own, other


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
