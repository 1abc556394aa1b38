"""Make ``words.tsv``, the everyday words for ImageNet's classes, from the files of WordNet 3.0.

Run ``python -m actmax.networks.wordnet /usr/share/wordnet``; Debian's package ``wordnet-base`` has the files. A class's
WNID is the offset of its synset in ``data.noun``, so no names are compared. A row is, with a tab in between:

- ``dog, domestic dog  151-268``: a synset above classes, and the classes under it;
- ``giraffe, okapi  ~351,352,350``: words that no class falls under, and the classes nearest in meaning;
- ``mice  =mouse``: an irregular plural.

Words are as :func:`actmax.networks.labels.slugify` leaves them, with spaces for hyphens. For a word of the second kind
the candidates are the classes under the lowest synset above it that has any. Those whose WordNet definition shares the
rarer words come first, so that a giraffe, a ruminant, is near the hartebeest. The words are the most frequent ones in
WordNet's definitions and examples, as many as fit into ``MAX_BYTES``.
"""

from __future__ import annotations

import re
import sys
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from itertools import groupby, zip_longest
from math import fsum, log
from pathlib import Path

from actmax.errors import ActmaxError
from actmax.networks.labels import Label, classes, slugify
from actmax.networks.words import TABLE

MAX_BYTES = 60_000
MAX_UNDER = 400
"""Classes under a synset. What is above more, such as the organism, is too general to be asked for."""
MAX_RANGES = 500
"""Letters of a list of classes. What is above more, such as the artifact, is too general to be asked for."""
MAX_CANDIDATES = 40
"""Classes under the synset above a word. Where there are more, none of them is near."""
MAX_DISTANCE = 4
"""Steps from a word up to the synset that has classes."""
NEAREST = 3
PATH_WEIGHT = 1.5
"""What a step in WordNet's tree weighs against the shared words of definitions, each of which weighs log(1/share)."""
MIN_SHARED = 4.0
"""Weight of the shared words without which a candidate among many is not near."""
MAX_ALIKE = 60
"""Synsets below the one that has classes up to which these are near without shared words, as all animals are."""
COMMON = 0.01
"""Share of the definitions from which on a word says nothing."""
CONCRETE = {"05", "06", "13", "17"}
"""WordNet's files of nouns for animals, artifacts, food and natural objects."""
MAX_BELOW = 320
"""Synsets below the one that has classes. Where there are more, classes under it are not alike."""
VAGUE = """
adornment animal_product bandage bar body_covering case cloth_covering concoction connection control course covering
decoration design electrical_device electronic_device electronic_equipment emblem establishment fare flavorer framework
garment gear instrumentation ligament machine mechanical_device mechanism obstruction paper part piece piece_of_cloth
place_of_business platform primate product protective_covering restraint rod rotating_mechanism structural_member
support supporting_structure system undergarment utility woman's_clothing workplace
"""
"""Synsets, by their first words, whose classes have little in common: a window is near to a honeycomb, as a frame."""
MIN_TAGS = 10
"""How often the corpus has a class's name in another sense, for which a reader is asked: a plane is an airplane."""
UNWANTED = "bagnio bawdyhouse bordello brothel cathouse fag faggot fagot jewfish nick whorehouse"
"""Words that are not suggested anything for."""
MIN_FREQUENCY = 3
"""How often definitions have a second word for a synset, below which nobody would ask by it."""
FILES = ("noun", "verb", "adj", "adv")


@dataclass(frozen=True)
class Synset:
    """A meaning: its words, the meanings above it, and its definition."""

    lemmas: tuple[str, ...]
    hypernyms: tuple[str, ...]
    file: str
    """Number of the lexicographers' file, which says what kind of thing it is."""
    definition: str


@dataclass(frozen=True)
class WordNet:
    """WordNet's nouns, read from its files."""

    synsets: dict[str, Synset]
    """By offset."""
    senses: dict[str, tuple[str, ...]]
    """Offsets by word, the most frequent sense first."""
    tags: dict[tuple[str, int], int]
    """How often a corpus has a word in a sense, by word and position of the sense."""
    other_tags: Counter[str]
    """How often the corpus has a word as a verb, an adjective or an adverb."""
    others: frozenset[str]
    """Words that are also adjectives or adverbs."""
    frequency: Counter[str]
    """How often a word occurs in definitions and examples."""
    plurals: dict[str, str] = field(default_factory=dict)
    """Irregular plurals."""

    def above(self, offset: str) -> dict[str, int]:
        """Return the synsets above one, itself included, with the steps to each."""
        found, reached = {offset: 0}, [offset]
        for step in range(1, 100):
            reached = [up for each in reached for up in self.synsets[each].hypernyms if up not in found]
            found |= dict.fromkeys(reached, step)
            if not reached:
                break
        return found


def read(folder: Path) -> WordNet:
    """Read WordNet's files.

    Raises:
        ActmaxError: the folder does not have them.
    """
    try:
        texts = {name: (folder / f"data.{name}").read_text("latin-1") for name in FILES}
        index, counts, plurals, *others = (
            (folder / name).read_text("latin-1")
            for name in ("index.noun", "cntlist.rev", "noun.exc", "index.adj", "index.adv")
        )
    except OSError as error:
        raise ActmaxError(f"WordNet's files cannot be read: {error}. Debian's package wordnet-base has them.") from None
    frequency: Counter[str] = Counter()
    for text in texts.values():
        frequency.update(re.findall(r"[a-z]+", " ".join(line.partition(" | ")[2] for line in _lines(text)).lower()))
    rows = (line.split() for line in _lines(index))
    tags: dict[tuple[str, int], int] = {}
    other_tags: Counter[str] = Counter()
    for key, position, count in map(str.split, counts.splitlines()):
        word, _, sense = key.partition("%")
        if sense.startswith("1"):
            tags[word, int(position) - 1] = int(count)
        else:
            other_tags[word] += int(count)
    return WordNet(
        synsets=dict(map(_synset, _lines(texts["noun"]))),
        senses={row[0]: tuple(row[-int(row[2]) :]) for row in rows},
        tags=tags,
        other_tags=other_tags,
        others=frozenset(line.split(" ")[0] for text in others for line in _lines(text)),
        frequency=frequency,
        plurals={plural: words[0] for plural, *words in map(str.split, plurals.splitlines())},
    )


def _lines(text: str) -> Iterator[str]:
    return (line for line in text.splitlines() if not line.startswith(" "))  # the license stands in front


def _synset(line: str) -> tuple[str, Synset]:
    head, _, gloss = line.partition(" | ")
    offset, file, _, count, *rest = head.split()
    end = 2 * int(count, 16)
    pointers = zip(*[iter(rest[end + 1 :])] * 4, strict=False)
    hypernyms = tuple(target for symbol, target, *_ in pointers if symbol in ("@", "@i"))
    return offset, Synset(tuple(rest[:end:2]), hypernyms, file, gloss.partition('; "')[0].strip())


class Table:
    """The rows, and what they are made of."""

    def __init__(self, wordnet: WordNet, labels: Iterable[Label]) -> None:
        self.wordnet = wordnet
        self.labels = {label.wnid[1:]: label for label in labels}
        if not self.labels.keys() <= wordnet.synsets.keys():
            raise ActmaxError("These are not the files of WordNet 3.0: classes of ImageNet are missing.")
        self.under: dict[str, set[str]] = defaultdict(set)
        for offset in self.labels:
            for above in wordnet.above(offset):
                self.under[above].add(offset)
        self.below = Counter(above for offset in wordnet.synsets for above in wordnet.above(offset))

    def rows(self) -> list[str]:
        """Return the rows: synsets, then irregular plurals, then nearest classes as long as there is room."""
        rows = list(self._synsets())
        nearest = sorted(
            (word for word in self._nearest() if self.wordnet.frequency[word[0]]),
            key=lambda word: (-self.wordnet.frequency[word[0]], word),
        )
        for plural, singular in sorted(self.wordnet.plurals.items()):
            if singular in self.own_words | self.general_words and plural != singular:
                rows.append(f"{_spaced(plural)}\t={_spaced(singular)}")
        room = MAX_BYTES - sum(len(row) + 1 for row in rows)
        kept: dict[str, list[str]] = defaultdict(list)
        for word, row in nearest:
            room -= len(word) + 2 + (0 if row in kept else len(row) + 2)
            if room < 0:
                break
            kept[row].append(word)
        return rows + [f"{', '.join(words)}\t~{row}" for row, words in kept.items()]

    @cached_property
    def own_words(self) -> set[str]:
        """The words that name a class."""
        return {
            slugify(name).replace("-", "_") for label in self.labels.values() for name in (label.name, *label.synonyms)
        }

    @cached_property
    def general_words(self) -> set[str]:
        """The words of synsets above classes."""
        return {lemma.lower() for offset in self.under for lemma in self.wordnet.synsets[offset].lemmas}

    def _synsets(self) -> Iterator[str]:
        for offset, under in sorted(self.under.items(), key=lambda item: (-len(item[1]), item[0])):
            ranges = _ranges(sorted(self.labels[each].index for each in under))
            if offset in self.labels or len(ranges) > MAX_RANGES or len(under) > MAX_UNDER:
                continue
            lemmas = [lemma for lemma in self.wordnet.synsets[offset].lemmas if self._means(lemma, offset)]
            if lemmas:
                yield f"{', '.join(dict.fromkeys(map(_spaced, lemmas)))}\t{ranges}"

    def _means(self, lemma: str, offset: str) -> bool:
        """Return whether a reader may mean the synset by its word: no Latin, and of a class's name the first sense."""
        latin = lemma[0].isupper() and "_" in lemma
        senses = self.wordnet.senses[lemma.lower()]
        if lemma.lower() in self.own_words and (
            senses[0] != offset or self.wordnet.tags.get((lemma.lower(), 0), 0) < MIN_TAGS
        ):
            return False
        rare = lemma != self.wordnet.synsets[offset].lemmas[0] and (
            min(self.wordnet.frequency[word] for word in re.split("[-_]", lemma.lower())) < MIN_FREQUENCY
        )
        return not latin and not rare

    def _nearest(self) -> Iterator[tuple[str, str]]:
        """Yield words that no class falls under, with the nearest classes."""
        known = self.own_words | self.general_words | set(UNWANTED.split())
        for word, senses in self.wordnet.senses.items():
            if not re.fullmatch(r"[a-z]{3,}", word) or word in known:
                continue
            total = sum(self.wordnet.tags.get((word, position), 0) for position in range(len(senses)))
            if self.wordnet.other_tags[word] > 2 * total + 2 or (not total and word in self.wordnet.others):
                continue
            found = [
                nearest
                for position, offset in enumerate(senses[:4])
                if self.wordnet.synsets[offset].file in CONCRETE
                and word in self.wordnet.synsets[offset].lemmas  # in small letters: no name of somebody
                and self.wordnet.tags.get((word, position), 0) * 3 >= total
                and (nearest := self._candidates(offset))
            ]
            if found:
                turns = (label for turn in zip_longest(*found) for label in turn if label)  # one of each sense first
                yield word, ",".join(str(label.index) for label in list(dict.fromkeys(turns))[:NEAREST])

    def _candidates(self, offset: str) -> list[Label]:
        """Return the classes that are nearest to a synset, best first; none if too many are equally near."""
        above = self.wordnet.above(offset)
        lowest = min(
            (each for each in above if each in self.under), key=lambda each: (above[each], len(self.under[each]))
        )
        candidates = self.under[lowest]
        vague = self.wordnet.synsets[lowest].lemmas[0] in VAGUE.split() or self.below[lowest] > MAX_BELOW
        if vague or len(candidates) > MAX_CANDIDATES or above[lowest] > MAX_DISTANCE:
            return []
        shared = {each: fsum(map(self._weight, self._stems(offset) & self._stems(each))) for each in candidates}
        few = len(candidates) > 1 and self.below[lowest] <= MAX_ALIKE
        alike = few or self.wordnet.synsets[offset].file == "05"
        if not alike and max(shared.values()) < MIN_SHARED:
            return []

        def score(each: str) -> float:
            other = self.wordnet.above(each)
            path = min(above[common] + other[common] for common in above.keys() & other.keys())
            return shared[each] - PATH_WEIGHT * path

        return [
            self.labels[each] for each in sorted(candidates, key=lambda each: (-score(each), self.labels[each].index))
        ]

    def _stems(self, offset: str) -> frozenset[str]:
        synset = self.wordnet.synsets[offset]
        return _stems(" ".join((synset.definition, *synset.lemmas)))

    def _weight(self, stem: str) -> float:
        share = self._documents[stem] / len(self.wordnet.synsets)
        return -log(share) if share < COMMON else 0.0

    @cached_property
    def _documents(self) -> Counter[str]:
        """In how many definitions a stem occurs."""
        return Counter(stem for offset in self.wordnet.synsets for stem in self._stems(offset))


def _stems(text: str) -> frozenset[str]:
    """Return the first six letters of each word, which spares a stemmer."""
    return frozenset(word[:6] for word in re.findall(r"[a-z]{3,}", text.lower()))


def _spaced(lemma: str) -> str:
    return slugify(lemma).replace("-", " ")


def _ranges(numbers: list[int]) -> str:
    """Return numbers as ``1-3,7``."""
    runs = [[number for _, number in run] for _, run in groupby(enumerate(numbers), lambda pair: pair[1] - pair[0])]
    return ",".join(f"{run[0]}-{run[-1]}" if len(run) > 1 else str(run[0]) for run in runs)


def main() -> None:
    """Write the table into the package."""
    rows = Table(read(Path(sys.argv[1])), classes()).rows()
    TABLE.write_text("".join(f"{row}\n" for row in rows), "utf-8")


if __name__ == "__main__":
    main()
