"""The one path, from settings to the site's files; both doors, gen/gallery.py and gen/__main__.py, lead here."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from actmax.errors import ActmaxError, reason
from actmax.networks.weights import Source
from actmax.pipeline.draw import Outcome, draw
from actmax.pipeline.progress import Log
from actmax.pipeline.select import select_network
from actmax.store.store import Store
from gen import ledger
from gen.changed import last_changes
from gen.pages import Contents, File, Place, filled_in
from gen.pages import files as pages
from gen.pages.asked import check
from gen.plan import Plan, addresses, class_pages, plan
from gen.settings import read
from gen.settings.evaluation import evaluation_network
from gen.settings.starts import read_starts
from gen.study import study
from gen.study.comparison import rows
from gen.study.diversity import diversity
from gen.study.evaluation import evaluate
from gen.study.photo import photo
from gen.study.sounds import sounds
from gen.study.units import channels, units
from gen.study.walk import known_channels, walk


@dataclass(frozen=True)
class Site:
    """What an author's mkdocs.yml comes to, before anything is drawn."""

    root: Path
    """The folder of mkdocs.yml; paths in the settings start there."""
    plan: Plan
    store: Store
    second: Source | None
    """The network whose opinion is asked besides."""
    fallback: str
    """Why the compact network has to do, where ``auto`` could not have AlexNet; else empty."""

    @property
    def warning(self) -> str:
        """What an author must know of a network that ``auto`` had to settle for; empty otherwise."""
        if not self.fallback:
            return ""
        return (
            f"The gallery is drawn by {self.plan.card.title}, because ImageNet's AlexNet could not be had. "
            f"{self.fallback} `actmax doctor --retry --store {self.store.path}` tries again; `network: compact` "
            "chooses it for good."
        )


def prepare(values: object, config: Path) -> Site:
    """Reads the settings and plans the site.

    Args:
        values: what stands under ``extra: gallery:``.
        config: mkdocs.yml.

    Raises:
        ActmaxError: settings that cannot be, or weights that cannot be had.
    """
    root = config.resolve().parent
    settings = read(values)
    class_pages(settings)  # what is wrong is reported before anything is downloaded
    starts = read_starts(settings, root)
    store = Store(root / settings.store)
    decision = select_network(settings.network, root / settings.weights if settings.weights else None, store)
    other = evaluation_network(settings, decision.source, root)
    planned = plan(settings, decision.source, starts, channels(settings, decision.source, store))
    known = known_channels(planned, store, root)
    return Site(root, planned if known is None else planned.with_walk(known), store, other, decision.fallback)


def require_folders(use_directory_urls: bool) -> None:
    """Refuses a site whose pages are not folders.

    Raises:
        ActmaxError: they are not.
    """
    if not use_directory_urls:
        raise ActmaxError("The gallery's addresses are folders, for years: `use_directory_urls` must not be false.")


def check_pages(site: Site, docs: Path) -> None:
    """Looks at what the author's pages ask for.

    Raises:
        ActmaxError: a page asks for what will not be there, or cannot be read.
    """
    for name, text in _authors(docs):
        check(site.plan, name, text)


def generate(site: Site, docs: Path, log: Log, place: Place) -> tuple[Contents, Outcome]:
    """Draws what is missing, and asks what is not known.

    Args:
        site: as prepared.
        docs: the folder of the author's pages.
        log: log callback.
        place: where the site will stand.

    Returns:
        What pages are made of, and what it took.
    """
    published = ledger.read(docs / addresses.LEDGER)
    plan, store = site.plan, site.store
    check_pages(site, docs)
    outcome = draw(plan.recipes(), plan.source, store, log=log, starts=plan.starts.pictures)
    walked = walk(plan, outcome.entries, store, site.root)
    if walked is not None:  # which channels to draw is known now
        plan = plan.with_walk(walked.channels)
        missing = [recipe for recipe in plan.recipes() if recipe.digest() not in outcome.entries]
        outcome += draw(missing, plan.source, store, log=log)
    entries = outcome.entries
    contents = Contents(
        plan=plan,
        entries=entries,
        study=study(plan, walked, entries, store),
        place=place,
        evaluation=evaluate(plan, entries, site.second, store) if site.second else None,
        comparison=rows(plan, entries, store),
        photo=photo(plan, entries),
        diversity=diversity(plan, entries, site.second or plan.source, store),
        sounds=sounds(plan, store, log),
        units=units(plan, entries, store, site.root),
        published=published,
        notes=frozenset(note for note in addresses.NOTES if (docs / addresses.source(note)).is_file()),
    )
    return contents, outcome


def told(contents: Contents, docs: Path) -> dict[str, Any]:
    """What the foot of each page says: under ``extra`` of the site's configuration."""
    return {"built": contents.built, "changed": dict(last_changes(docs))}


def files(contents: Contents, docs: Path) -> Iterator[File]:
    """All that is written: the gallery, and the author's pages that quote what was measured.

    Raises:
        ActmaxError: a page or a drawing cannot be read, or a page asks for what is not there.
    """
    yield from pages(contents)
    for name, text in _authors(docs):
        filled = filled_in(contents, name, text)
        if filled is not None:
            yield name, filled


def _authors(docs: Path) -> Iterator[tuple[str, str]]:
    """The author's pages: neither what a link leads to outside of docs/, nor what is no regular file."""
    inside = docs.resolve()
    for path in sorted(docs.rglob("*.md")):
        if path.is_file() and path.resolve().is_relative_to(inside):
            name = path.relative_to(docs).as_posix()
            yield name, _text(path, name)


def _text(path: Path, name: str) -> str:
    try:
        return path.read_text("utf-8-sig")
    except UnicodeDecodeError:
        raise ActmaxError(f"docs/{name} is not UTF-8: save it as such.") from None
    except OSError as error:
        raise ActmaxError(f"docs/{name} cannot be read: {reason(error)}.") from None
