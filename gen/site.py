"""The one path, from settings to the site's files; both doors, gen/gallery.py and gen/__main__.py, lead here."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from actmax.errors import ActmaxError
from actmax.networks.cards import card
from actmax.networks.weights import Source
from actmax.pipeline.draw import Outcome, Say, decide, draw
from actmax.recipe.recipe import Recipe
from actmax.store.store import Store
from gen.ledger import ledger
from gen.pages.pages import File, Opinions, Pages, Place
from gen.plan.plan import Plan, plan
from gen.settings.schema import Settings, read, store_path, weights_path
from gen.study.opinion import opinions, second
from gen.study.study import known_recipes, study, variations


@dataclass(frozen=True)
class Site:
    """What an author's mkdocs.yml comes to, before anything is drawn."""

    settings: Settings
    plan: Plan
    store: Store
    second: Source | None
    """The network whose opinion is asked besides."""
    fallback: str
    """Why the compact network has to do, where ``auto`` could not have AlexNet; else empty."""


def prepare(values: object, root: Path) -> Site:
    """Reads the settings and plans the site.

    Args:
        values: what stands under ``extra: gallery:``.
        root: the folder of mkdocs.yml; paths in the settings start there.

    Raises:
        ActmaxError: settings that cannot be, or weights that cannot be had.
    """
    settings = read(values)
    plan(settings, Source(settings.network, "", root))  # what is wrong is said before anything is downloaded
    store = Store(store_path(settings, root))
    decision = decide(settings.network, weights_path(settings, root), store)
    other = second(settings, decision.source, root)
    return Site(settings, plan(settings, decision.source), store, other, decision.fallback)


def require_folders(use_directory_urls: bool) -> None:
    """Refuses a site whose pages are not folders.

    Raises:
        ActmaxError: they are not.
    """
    if not use_directory_urls:
        raise ActmaxError("The gallery's addresses are folders, for years: `use_directory_urls` must not be false.")


def place(site_url: object, site_name: object) -> Place:
    """What MkDocs' settings say of the place where the site will stand."""
    url = str(site_url or "")
    return Place(url.rstrip("/") + "/" if url else "", str(site_name or ""))


def warning(site: Site) -> str:
    """What an author must know of a network that ``auto`` had to settle for; empty otherwise."""
    if not site.fallback:
        return ""
    return (
        f"The gallery is drawn by the compact AlexNet, because ImageNet's AlexNet could not be had. {site.fallback} "
        "`actmax doctor --retry` tries again; `network: compact` chooses it for good."
    )


def recipes(site: Site, root: Path) -> list[Recipe]:
    """All that the site shows: the gallery's recipes, and the write-up's as far as they are known."""
    return [*site.plan.recipes(), *known_recipes(site.plan, site.store, root)]


def generate(site: Site, root: Path, docs: Path, say: Say, where: Place) -> tuple[Pages, Outcome]:
    """Draws what is missing, and returns the pages to be written and what it took."""
    published = ledger.read(docs / ledger.FILE)
    wanted = [*site.plan.recipes(), *variations(site.plan).values()]
    gallery = draw(wanted, site.plan.source, site.store, say=say)
    about = study(site.plan, gallery.entries, site.store, root, say)
    said = None
    if site.second:
        found = opinions(site.plan, gallery.entries, site.second, site.store)
        said = Opinions(card(site.second.network), found)
    pages = Pages(site.plan, gallery.entries, about, where, said, published)
    return pages, gallery + about.outcome if about else gallery


def files(pages: Pages, docs: Path) -> Iterator[File]:
    """All that is written: the gallery, and the author's pages that quote what was measured."""
    yield from pages.files()
    for path in sorted(docs.rglob("*.md")):
        name = path.relative_to(docs).as_posix()
        try:
            text = pages.prose(name, path.read_text("utf-8-sig"))
        except UnicodeDecodeError:
            raise ActmaxError(f"docs/{name} is not UTF-8: save it as such.") from None
        if text is not None:
            yield name, text
