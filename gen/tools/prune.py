"""Remove stored drawings that certainly no page shows."""

from __future__ import annotations

from dataclasses import dataclass

from actmax.networks.cards import card
from actmax.pipeline.progress import Log
from actmax.recipe import parse
from gen.site import Site


@dataclass(frozen=True)
class Pruned:
    """What :func:`prune` did, or would do."""

    removed: int
    kept: int
    others: int
    """How many of those kept another network drew."""
    undecided: int
    """How many of those kept the walk may show."""
    dry_run: bool

    def __str__(self) -> str:
        text = f"{'would remove' if self.dry_run else 'removed'} {self.removed}, kept {self.kept}"
        if self.others:
            text += f"; {self.others} of them are another network's (--all-networks removes those too)"
        if self.undecided:
            text += (
                f"; the walk may show {self.undecided} of them: which channels it shows is known after the next build"
            )
        return text


def prune(site: Site, *, all_networks: bool = False, dry_run: bool = False, log: Log) -> Pruned:
    """Remove from the store what the plan does not show.

    Args:
        site: as prepared.
        all_networks: whether drawings by other networks go too.
        dry_run: only count.
        log: log callback.

    Raises:
        ActmaxError: the store cannot be written.
    """
    planned = {recipe.digest() for recipe in site.plan.recipes()}
    stored = site.store.stored()
    spare = [entry for entry in stored if entry.digest not in planned]
    own = [entry for entry in spare if all_networks or entry.network == site.plan.source.network]
    classes = {entry.digest for entry in own} if site.plan.complete else _of_classes(site)
    gone = [entry.digest for entry in own if entry.digest in classes]
    if gone and not dry_run:
        with site.store.lock(lambda: log("waiting for another process that draws into this store")):
            site.store.sweep()
            for digest in gone:
                site.store.remove(digest)
    return Pruned(len(gone), len(stored) - len(gone), len(spare) - len(own), len(own) - len(gone), dry_run)


def _of_classes(site: Site) -> set[str]:
    """The stored drawings of classes, which are certainly not of a hidden layer's channels."""
    return {
        entry.digest
        for entry in site.store.entries()
        if parse(entry.recipe.target).layer in card(entry.recipe.network).outputs
    }
