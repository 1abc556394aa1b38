"""Entry point for MkDocs' events: checks before a build, lighter pages, and the ledger, which fails a strict build."""

import logging
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.exceptions import PluginError
from mkdocs.plugins import event_priority
from mkdocs.structure.pages import Page

from actmax.errors import ActmaxError
from actmax.stopping import KEPT, STATUS, Terminated, keeping
from gen import ledger, other_plugins, site, source
from gen.ledger import losses
from gen.pages import SiteInfo
from gen.plan import addresses

BUILT = "built_gallery"
"""Key of ``extra`` under which the hook leaves the drawn site for gen/gallery.py."""
FIRST = 100
"""The priority of events that come before those of other plugins."""

FURTHER_PAGES = ("walk", "comparison", "photo", "diversity", "sounds")
"""Settings that make pages besides those of classes and channels."""
EXTENSIONS = ("attr_list", "md_in_html", "tables", "gen.mathml", "pymdownx.highlight", "pymdownx.superfences")
"""The Markdown extensions that those need."""
_VERBATIM = re.compile(r"<(pre|textarea|script|style)\b.*?</\1>", re.DOTALL)
"""Elements whose line breaks are shown or needed."""
_AUTHORED = re.compile(r"<(article|pre|textarea|script|style)\b.*?</\1>", re.DOTALL)
"""The same of an author's page: whether its own elements need theirs, nobody but the author knows."""
_LINES = re.compile(r"\s*\n\s*")

log = logging.getLogger("mkdocs.plugins.ledger")

_filled: dict[str, str] = {}
"""The author's pages with drawings and measurements, by their path below docs/."""


@contextmanager
def reported() -> Iterator[None]:
    """Raise errors as MkDocs reports them: in a line, without a traceback."""
    try:
        yield
    except ActmaxError as error:
        raise PluginError(str(error)) from None


@contextmanager
def _stopped_by_sigterm() -> Iterator[None]:
    """End MkDocs with the status of SIGTERM; it knows only Ctrl-C."""
    try:
        yield
    except Terminated:
        raise SystemExit(STATUS) from None


def on_startup(command: str, **_: object) -> None:
    """Keep whether drafts are shown: `mkdocs serve` shows them."""
    source.drafts_shown = command == "serve"


def drawn(config: MkDocsConfig) -> site.Built:
    """Return the site of this build, as the hook has drawn it.

    Raises:
        PluginError: mkdocs.yml does not name the hook; the message has the line to add.
    """
    known = config.extra.pop(BUILT, None)
    if not isinstance(known, site.Built):
        raise PluginError(
            "gen/gallery.py needs its hook, which draws before MkDocs clears the last site, and checks that published "
            "addresses stay. Add to mkdocs.yml:\n\nhooks: [gen/hook.py]\n\n"
            "In a site of your own, `plugins: [search, actmax]` is all of both."
        )
    return known


def build(config: MkDocsConfig, log: logging.Logger, *, guest: bool = False) -> site.Built:
    """Draw the site of this build, and log what that took.

    Args:
        config: of MkDocs.
        log: that of the plugin or script whose name a reader knows.
        guest: whether the gallery is in a site of somebody else's.

    Raises:
        PluginError: as :func:`gen.site.build`.
        SystemExit: SIGTERM came.
    """
    project = site.Project(
        config.extra.get("gallery"),
        Path(config.config_file_path),
        Path(config.docs_dir),
        excluded(config),
        config.use_directory_urls,
    )
    with _stopped_by_sigterm(), keeping(log.warning, f"{KEPT}, and the next build goes on from there"), reported():
        info = SiteInfo.of(config.site_url, config.site_name, config.site_author, guest=guest)
        built = site.build(project, log.info, info)
    if built.site.warning:
        log.warning("%s", built.site.warning)
    log.info("%s", built.outcome)
    log.info(site.WRITING)
    _filled.clear()
    _filled.update((name, str(text)) for name, text in built.authored)
    return built


def excluded(config: MkDocsConfig) -> object:
    """Return the patterns of what MkDocs leaves out: in a build, of drafts too."""
    drafts = None if source.drafts_shown else config.draft_docs
    return config.exclude_docs + drafts if config.exclude_docs and drafts else config.exclude_docs or drafts


def check_site(config: MkDocsConfig) -> None:
    """Check that no other plugin spoils the gallery, and that the site can read the Markdown of pages besides those of
    classes and channels, which are HTML.

    Raises:
        PluginError: one does; or an extension is missing, and the message has the lines to add.
    """
    with reported():
        other_plugins.refuse(config.plugins)
    settings = config.extra["gallery"]
    wanted = [key for key in FURTHER_PAGES if isinstance(settings, Mapping) and settings.get(key)]
    missing = [name for name in EXTENSIONS if name not in config.markdown_extensions] if wanted else []
    if missing:
        lines = "\n".join(f"  - {name}" for name in missing)
        raise PluginError(
            f"The page of extra.gallery.{wanted[0]} needs Markdown extensions. Add to mkdocs.yml:\n\n"
            f"markdown_extensions:\n{lines}"
        )


def on_pre_build(config: MkDocsConfig) -> None:
    """Check and draw everything before MkDocs clears the site's folder, so that an error leaves the last site there.

    A site without a gallery, such as a written tree, may have the hook as well.
    """
    if "gallery" in config.extra:
        check_site(config)
        config.extra[BUILT] = build(config, logging.getLogger("mkdocs.plugins.gallery"))


def on_page_read_source(page: Page, **_: object) -> str | None:
    """Return an author's page with its drawings. The file stays the author's, with its dates and its edit link."""
    return _filled.get(page.file.src_uri)


def _is_generated(page: Page) -> bool:
    return page.file.src_uri.startswith(addresses.GENERATED)


@event_priority(FIRST)
def on_page_markdown(markdown: str, page: Page, **_: object) -> str:
    """Take out of generated pages what other plugins would change."""
    if _is_generated(page):
        return other_plugins.protected(markdown, page.meta)
    return markdown


@event_priority(FIRST)
def on_page_content(html: str, page: Page, **_: object) -> str:
    """Put it back before other plugins see the page's HTML. The extension nl2br is for the author's own lines: those of
    generated pages stay together.

    Raises:
        PluginError: another plugin has changed the page's Markdown, and the place of a part is lost.
    """
    with reported():
        html = other_plugins.restored(html, page.meta, page.file.src_uri)
    return html.replace("<br />", "") if _is_generated(page) else html


def on_post_page(output: str, page: Page, **_: object) -> str:
    """Drop the theme's empty lines and indents, a seventh of a class page."""
    parts, end = [], 0
    for kept in (_VERBATIM if _is_generated(page) else _AUTHORED).finditer(output):
        parts += [_LINES.sub("\n", output[end : kept.start()]), kept[0]]
        end = kept.end()
    return "".join([*parts, _LINES.sub("\n", output[end:])])


def on_post_build(config: MkDocsConfig) -> None:
    """Warn of each published address and anchor that the site no longer has; drop a sitemap without addresses."""
    if not config.site_url:
        for name in ("sitemap.xml", "sitemap.xml.gz"):
            (Path(config.site_dir) / name).unlink(missing_ok=True)
    report_losses(config)


def report_losses(config: MkDocsConfig) -> None:
    """Warn of each published address and anchor that the site no longer has.

    Raises:
        PluginError: the ledger is damaged.
    """
    path = Path(config.docs_dir) / addresses.LEDGER
    with reported():
        warnings = losses.report(ledger.read(path), Path(config.site_dir))
    for words in warnings:
        log.warning("%s", words)
    if warnings:
        log.info("To drop an address on purpose, delete its line from %s.", path)
