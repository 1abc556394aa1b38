"""From settings to the site's files: what gen/gallery.py, gen/hook.py and gen/__main__.py call."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from actmax.errors import ActmaxError, RecipeError
from actmax.files import explained
from actmax.networks.weights import Source
from actmax.pipeline.draw import Outcome, draw
from actmax.pipeline.forecast import Forecast
from actmax.pipeline.progress import Log
from actmax.pipeline.publish import try_out
from actmax.pipeline.select import NetworkSelection, select_network
from actmax.store.store import Store
from gen import ledger
from gen.changed import last_changes
from gen.pages import Contents, File, SiteInfo, filled_in
from gen.pages import files as pages
from gen.pages.assets import asset_names
from gen.pages.calls import Call, calls
from gen.pages.checks import check
from gen.pages.figures import kinds
from gen.plan import Plan, PlannedDrawing, Shown, addresses, class_pages, plan
from gen.plan.shown import planned as planned_for
from gen.settings import KEY, Settings, SettingsError, read
from gen.settings.evaluation import evaluation_network
from gen.settings.starts import read_starts
from gen.source import read_pages
from gen.study import study
from gen.study.comparison import rows
from gen.study.diversity import diversity
from gen.study.evaluation import evaluate
from gen.study.examples import examples
from gen.study.frames import frame_probabilities
from gen.study.photo import photo
from gen.study.photograph import photograph
from gen.study.script import output
from gen.study.sounds import sounds
from gen.study.units import channels, logit_count, units
from gen.study.walk import known_channels, likely_drawings, walk

WRITING = "now writing pages"
"""Logged when everything is drawn and measured: for many classes the rest takes a minute."""
SECONDS_OF_MEASURING = 0.1
"""What the measurements of a drawing take after all are drawn, on two cores."""


@dataclass(frozen=True)
class Project:
    """A site as its author has configured it."""

    gallery: object
    """What stands under ``extra: gallery:``."""
    config: Path
    """mkdocs.yml."""
    docs: Path | None = None
    """The folder of the author's pages; by default docs/ beside mkdocs.yml."""
    exclude: object = None
    """What MkDocs leaves out: `exclude_docs` of mkdocs.yml, as text or as MkDocs has parsed it."""
    use_directory_urls: bool = True
    """Whether pages are folders, as addresses of the gallery are."""


@dataclass(frozen=True)
class Site:
    """A site as it is planned, before anything is drawn."""

    root: Path
    """The folder of mkdocs.yml; paths in the settings start there."""
    docs: Path
    """The folder of the author's pages."""
    plan: Plan
    store: Store
    evaluation: Source | None
    """The evaluation network."""
    fallback: str
    """Why the compact network draws, where ``auto`` could not have AlexNet; else empty."""
    authored: Mapping[str, str] = field(default_factory=dict)
    """The author's pages, by path below docs/."""

    @property
    def warning(self) -> str:
        """What an author must know where ``auto`` had to take the compact network; empty otherwise."""
        if not self.fallback:
            return ""
        return (
            f"The gallery is drawn by {self.plan.card.title}, because ImageNet's AlexNet could not be had. "
            f"{self.fallback} `actmax doctor --retry --store {self.store.path}` tries again; `network: compact` "
            "chooses it for good."
        )


@explained()
def plan_site(project: Project) -> Site:
    """Read the settings and plan the site, with what the store already knows of the walk.

    Raises:
        ActmaxError: invalid settings, weights that cannot be had, or a page that cannot be read or that asks for a
            drawing which cannot be made.
    """
    root = project.config.resolve().parent
    settings = read(project.gallery, root)
    class_pages(settings)  # what is wrong is reported before anything is downloaded
    starts = read_starts(settings, root)
    store = Store(root / settings.store)
    selected = _network(settings, root, store)
    evaluation = evaluation_network(settings, selected.source, root)
    planned = plan(settings, selected.source, starts, channels(settings, selected.source, store))
    known = known_channels(planned, store, root)
    planned = planned if known is None else planned.with_walk(known)
    docs = project.docs or root / "docs"
    authored = read_pages(docs, project.exclude)
    planned = replace(planned, shown=_shown(planned, store, authored))
    return Site(root, docs, planned, store, evaluation, selected.fallback, authored)


def _shown(planned: Plan, store: Store, authored: Mapping[str, str]) -> dict[Shown, PlannedDrawing]:
    """The drawings that pages of the author's ask for.

    Raises:
        ActmaxError: there is no such class, layer, channel or method; the message names page and line.
    """
    found: dict[Shown, PlannedDrawing] = {}
    for name, text in authored.items():
        try:
            for call in calls(text):
                if call.shown not in found:
                    found[call.shown] = _of_call(planned, store, call, addresses.of_source(name))
        except ActmaxError as error:
            raise ActmaxError(f"docs/{name}, {error}") from None
    return found


def _of_call(planned: Plan, store: Store, call: Call, page: str) -> PlannedDrawing:
    try:
        drawing = planned_for(planned, call.shown, page)
        if drawing.label is None and store.get(drawing.recipe) is None:
            try_out(drawing.recipe, planned.source, planned.starts.pictures)
    except ActmaxError as error:
        raise ActmaxError(f"line {call.line}: {error}") from None
    return drawing


def _network(settings: Settings, root: Path, store: Store) -> NetworkSelection:
    """Select the target network. One of the author's own is asked how many logits it returns.

    Raises:
        SettingsError: its labels are not as many, or what is said of it does not fit.
        ActmaxError: it cannot be had or loaded.
    """
    file, about = root / settings.weights if settings.weights else None, settings.description(root)
    try:
        selected = select_network(settings.network, file, store, about=about)
    except RecipeError as error:
        raise SettingsError(f"{KEY} in mkdocs.yml: {error}") from None
    known = selected.source.own
    if known and (known.names or known.family == "function"):
        try:
            logits = logit_count(selected.source, settings.size, store)
        except RecipeError as error:
            raise SettingsError(f"{KEY} in mkdocs.yml: {error}") from None
        if logits != known.classes:
            labels = f"`labels` names {known.classes}" if known.names else "there are no `labels`"
            raise SettingsError(
                f"{KEY} in mkdocs.yml: {known.title} returns {logits} logits, and {labels}: name each, in their order."
            )
    return selected


@explained()
def prepare(project: Project) -> Site:
    """Plan the site, and check the author's pages; done once a build, and before MkDocs clears the site's folder.

    Raises:
        ActmaxError: as :func:`plan_site`; or pages are no folders, or one of the author's cannot be read, or names
            what will not be there.
    """
    if not project.use_directory_urls:
        raise ActmaxError("The gallery's addresses are folders, for years: `use_directory_urls` must not be false.")
    site = plan_site(project)
    for name, text in site.authored.items():
        check(site.plan, name, text)
    _refuse_replaced(site)
    return site


def _refuse_replaced(site: Site) -> None:
    """Refuse to replace a file of the author's by a generated one.

    Raises:
        ActmaxError: docs/ has a page or an asset of the same name.
    """
    plan = site.plan
    pages = [page.url for page in plan.class_pages] + [page.url for page in plan.channels]
    pages += [addresses.GALLERY, addresses.COMPARE] if plan.indexed else []
    for page in pages:
        for name in (addresses.source(page), f"{page}README.md", f"{page.removesuffix('/')}.md"):
            if (site.docs / name).is_file():
                raise ActmaxError(f"docs/{name} would be replaced by the gallery's page /{page}: rename your file.")
    for name in asset_names():
        if (site.docs / name).is_file():
            raise ActmaxError(f"docs/{name} would be replaced by a file of the gallery: rename your file.")


@dataclass(frozen=True)
class Built:
    """A site of which everything is drawn, measured and checked."""

    site: Site
    contents: Contents
    outcome: Outcome
    """What drawing took."""
    authored: Sequence[File]
    """The author's pages that quote measurements."""


def build(project: Project, log: Log, info: SiteInfo) -> Built:
    """Plan, draw and measure the site, and fill in the author's pages: all that can fail, before MkDocs clears the
    folder of the last site.

    Args:
        project: its configuration.
        log: log callback.
        info: the address, name and author of the site.

    Raises:
        ActmaxError: as :func:`prepare` and :func:`generate`; or a page names what is not there.
    """
    with Forecast(log) as forecast:
        forecast.begin("settings and weights")  # which may be downloaded
        site = prepare(project)
    contents, outcome = generate(site, log, info)
    return Built(site, contents, outcome, tuple(_authored_pages(site, contents)))


@explained()
def generate(site: Site, log: Log, info: SiteInfo) -> tuple[Contents, Outcome]:
    """Draw and measure what the store lacks.

    Args:
        site: as prepared.
        log: log callback.
        info: the address, name and author of the site.

    Returns:
        What pages are made of, and what drawing took.
    """
    published = ledger.read(site.docs / addresses.LEDGER)
    plan, store, asked = site.plan, site.store, set().union(*map(kinds, site.authored.values()))
    with Forecast(log, SECONDS_OF_MEASURING) as forecast:
        # First what needs no drawing: a fault there is not reported after hours, and drawing tells how long it takes.
        forecast.begin("the photograph")
        of_photograph = photograph(plan, store) if "photograph" in asked else None
        forecast.begin("the script's picture")
        of_script = output(store) if "script" in asked else None
        forecast.begin("photos")
        of_photos = examples(plan, store, site.root)
        forecast.begin("sounds")
        heard = sounds(plan, store)
        if not plan.complete:
            forecast.expect_later(likely_drawings(plan), plan.card)
        outcome = draw(plan.recipes(), plan.source, store, log=log, starts=plan.starts.pictures, forecast=forecast)
        walked = walk(plan, outcome.entries, store, site.root)
        forecast.expect_later((), plan.card)
        if walked is not None:  # which channels to draw is known now
            plan = plan.with_walk(walked.channels)
            missing = [recipe for recipe in plan.recipes() if recipe.digest() not in outcome.entries]
            outcome += draw(missing, plan.source, store, log=log, forecast=forecast)
        forecast.begin("measurements")
        entries = outcome.entries
        contents = Contents(
            plan=plan,
            entries=entries,
            study=study(plan, walked, entries, store),
            site=info,
            evaluation=evaluate(plan, entries, site.evaluation, store) if site.evaluation else None,
            comparison=rows(plan, entries),
            photograph=of_photograph,
            script=of_script,
            photo=photo(plan, entries, site.evaluation, store),
            diversity=diversity(plan, entries, site.evaluation or plan.source, store),
            sounds=heard,
            units=units(plan, entries, store),
            examples=of_photos,
            published=published,
            notes=frozenset(note for note in addresses.NOTES if (site.docs / addresses.source(note)).is_file()),
        )
        if plan.class_pages:
            frames = frame_probabilities(contents.lead.entry, plan.source, store)
            contents = replace(contents, lead_probabilities=frames)
    return contents, outcome


def footer(site: Site, contents: Contents) -> dict[str, Any]:
    """What the foot of each page shows: goes under ``extra`` of the site's configuration."""
    return {"built": contents.built, "changed": dict(last_changes(site.docs))}


def files(site: Site, contents: Contents) -> Iterator[File]:
    """Everything to write: the generated pages, and those of the author's that quote measurements.

    Raises:
        ActmaxError: a drawing cannot be read, or a page names what is not there.
    """
    yield from pages(contents)
    yield from _authored_pages(site, contents)


def _authored_pages(site: Site, contents: Contents) -> Iterator[File]:
    for name, text in site.authored.items():
        filled = filled_in(contents, name, text)
        if filled is not None:
            yield name, filled
