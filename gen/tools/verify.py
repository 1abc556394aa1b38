"""Verify that store and built site are what was drawn, measured and published."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from actmax.files import digest, explained, listed
from actmax.measure.models import Measures
from actmax.pipeline.progress import Bar
from actmax.pipeline.publish import PUBLISHED, load
from actmax.store.entry import Entry
from gen import ledger
from gen.ledger import losses
from gen.pages.data import MEASURES
from gen.plan import addresses
from gen.site import Site

TOLERANCE = 2e-3
"""Relative or absolute difference that a measurement may have: another processor sums in another order."""


@dataclass
class Verified:
    """What :func:`verify` checked, and every fault."""

    drawings: int = 0
    measured: int = 0
    pictures: int = 0
    """Files of the built site that were compared with the store."""
    published: int = 0
    """Addresses in the ledger."""
    faults: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        measured = f", {self.measured} measured again" if self.measured else ""
        return (
            f"{self.drawings} stored drawings are whole{measured}; {self.pictures} pictures of the site and "
            f"{self.published} published addresses checked; {len(self.faults) or 'no'} "
            f"fault{'' if len(self.faults) == 1 else 's'}"
        )


@explained()
def verify(site: Site, built: Path, docs: Path, *, measure: bool = False) -> Verified:
    """Check the whole store, and the built site against the store and the ledger; change nothing.

    Args:
        site: as prepared.
        built: the folder of the built site; without it only the store is checked.
        docs: where the ledger lies.
        measure: measure each drawing of this network again, and compare.

    Raises:
        ActmaxError: the ledger or a page cannot be read, or the network cannot be loaded.
    """
    done = Verified()
    entries = {entry.digest: entry for entry in site.store.entries()}
    done.drawings = len(entries)
    for stored in site.store.stored():
        if stored.digest not in entries:
            done.faults.append(f"The stored drawing {stored.digest} is damaged: a build draws it again.")
    if measure:
        mine = [entry for entry in entries.values() if entry.recipe.weights == site.plan.source.digest]
        done.measured = len(mine)
        done.faults += _measured(mine, site)
    if built.is_dir():
        done.faults += _masters(built, done)
        done.faults += _data(built, entries, done)
        known = ledger.read(docs / addresses.LEDGER)
        done.published = len(known.addresses)
        done.faults += losses.lost(known, built)
    return done


def _measured(entries: list[Entry], site: Site) -> Iterator[str]:
    """Drawings whose measurements differ from the recorded ones."""
    from actmax.measure.measure import decode, measure

    network = load(site.plan.source)
    with Bar("measuring", " drawings", len(entries)) as bar:
        for entry in entries:
            for name in PUBLISHED:
                now = measure(network, entry.recipe.target, decode(entry.read(name)))
                if not _same(entry.measures(name), now):
                    yield (
                        f"{entry.digest}, {name}: the recorded activation is {entry.measures(name).activation:g}, "
                        f"the measured one {now.activation:g}."
                    )
            bar.update(1)


def _same(one: Measures, other: Measures) -> bool:
    pairs = ((one.activation, other.activation), (one.probability, other.probability), (one.margin, other.margin))
    return all(
        (a is None) == (b is None) and math.isclose(a or 0, b or 0, rel_tol=TOLERANCE, abs_tol=TOLERANCE)
        for a, b in pairs
    )


def _masters(built: Path, done: Verified) -> Iterator[str]:
    """Drawings whose name is not their digest."""
    for name in listed(built / addresses.DRAWINGS):
        path = built / addresses.DRAWINGS / name
        if path.suffix != ".png":
            continue
        done.pictures += 1
        if digest(path.read_bytes()) != path.stem:
            yield f"/{addresses.DRAWINGS}{path.name} does not have the digest in its name: build the site again."


def _data(built: Path, entries: Mapping[str, Entry], done: Verified) -> Iterator[str]:
    """Differences between the site's data and the store's records."""
    for name in listed(built / addresses.GALLERY):
        if name.startswith("index-") and name.endswith(".json"):
            yield from _file(built, built / addresses.GALLERY / name, "classes", entries, done)
    for layer in listed(built / addresses.NETWORK):
        path = built / addresses.NETWORK / layer / "units.json"
        if path.is_file():
            yield from _file(built, path, "units", entries, done)


def _file(built: Path, path: Path, key: str, entries: Mapping[str, Entry], done: Verified) -> Iterator[str]:
    address = path.relative_to(built).as_posix()
    try:
        drawings = [drawing for one in json.loads(path.read_bytes())[key] for drawing in one["drawings"]]
        for drawing in drawings:
            yield from _drawing(built, drawing, entries.get(drawing["recipe_digest"]), done)
    except (KeyError, TypeError, ValueError):
        yield f"/{address} is not a file that a build wrote: build the site again."


def _drawing(built: Path, drawing: Mapping[str, Any], entry: Entry | None, done: Verified) -> Iterator[str]:
    shown, name = (drawing["png"], PUBLISHED[0]) if "png" in drawing else (drawing["jpg"], PUBLISHED[1])
    if entry is None:
        return  # a site may be older than its store
    done.pictures += 1
    file = built / shown
    if not file.is_file() or hashlib.sha256(file.read_bytes()).hexdigest() != entry.record.files.get(name):
        yield f"/{shown} is not the stored drawing {entry.digest}: build the site again."
    measures = entry.measures(name)
    for measured in MEASURES:
        if measured in drawing and drawing[measured] != getattr(measures, measured):
            stored = getattr(measures, measured)
            yield f"/{shown}: {measured} is {drawing[measured]} here and {stored} in the store: build the site again."
