"""Entry point for MkDocs' events: checks before a build, lighter pages, and the ledger, which fails a strict build."""

import logging
import re
from pathlib import Path

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.exceptions import PluginError
from mkdocs.structure.pages import Page

from actmax.errors import ActmaxError
from gen import ledger, site
from gen.ledger import losses
from gen.pages import SiteInfo
from gen.plan import addresses

BUILT = "built_gallery"
"""Key of ``extra`` under which the hook leaves the drawn site for gen/gallery.py."""
FINISHED = "finished_html"
"""Key of a page's meta data under which its finished parts wait."""

_VERBATIM = re.compile(r"(<(?:pre|textarea|script|style)\b.*?</(?:pre|textarea|script|style)>)", re.DOTALL)
"""Elements whose line breaks are shown or needed."""
_LINES = re.compile(r"\s*\n\s*")
_FINISHED = re.compile(r"^<!-- finished -->\n(.*?)\n<!-- /finished -->$", re.DOTALL | re.MULTILINE)
"""What a template has marked as HTML that needs no processing."""
_STAND_IN = '<div data-part="{}"></div>'

log = logging.getLogger("mkdocs.plugins.ledger")


def built(config: MkDocsConfig) -> site.Built:
    """The site of this build: as the hook has drawn it, or drawn now where there is no hook.

    Raises:
        ActmaxError: as :func:`gen.site.build`.
    """
    known = config.extra.pop(BUILT, None)
    if isinstance(known, site.Built):
        return known
    return site.build(
        config.extra.get("gallery"),
        Path(config.config_file_path),
        logging.getLogger("mkdocs.plugins.gallery").info,
        SiteInfo.of(config.site_url, config.site_name, config.site_author),
        Path(config.docs_dir),
        config.use_directory_urls,
    )


def on_pre_build(config: MkDocsConfig) -> None:
    """Check and draw everything before MkDocs clears the site's folder, so that an error leaves the last site there.

    A site without a gallery, such as a written tree, may have the hook as well.
    """
    if "gallery" in config.extra:
        try:
            config.extra[BUILT] = built(config)
        except ActmaxError as error:
            raise PluginError(str(error)) from None


def on_page_markdown(markdown: str, page: Page, **_: object) -> str:
    """Take finished HTML out of generated pages, so that Markdown, table of contents and search do not parse it:
    there may be thousands of pages."""
    if page.file.src_uri.startswith((addresses.GALLERY, addresses.NETWORK)):
        markdown, *page.meta[FINISHED] = _split(markdown)
    return markdown


def on_post_page(output: str, page: Page, **_: object) -> str:
    """Drop the theme's empty lines and indents, a seventh of a class page, and put the finished HTML back."""
    parts = _VERBATIM.split(output)
    lighter = "".join(part if index % 2 else _LINES.sub("\n", part) for index, part in enumerate(parts))
    for index, part in enumerate(page.meta.get(FINISHED, ())):
        lighter = lighter.replace(_STAND_IN.format(index), part, 1)
    return lighter


def _split(markdown: str) -> list[str]:
    """The page with a stand-in for each finished part, and those parts."""
    parts: list[str] = []

    def stand_in(match: re.Match[str]) -> str:
        parts.append(match[1])
        return _STAND_IN.format(len(parts) - 1)

    return [_FINISHED.sub(stand_in, markdown), *parts]


def on_post_build(config: MkDocsConfig) -> None:
    """Warn of each published address and anchor that the site no longer has; drop a sitemap without addresses."""
    if not config.site_url:
        for name in ("sitemap.xml", "sitemap.xml.gz"):
            (Path(config.site_dir) / name).unlink(missing_ok=True)
    path = Path(config.docs_dir) / addresses.LEDGER
    try:
        warnings = losses.report(ledger.read(path), Path(config.site_dir))
    except ActmaxError as error:
        raise PluginError(str(error)) from None
    for words in warnings:
        log.warning("%s", words)
    if warnings:
        log.info("To drop an address on purpose, delete its line from %s.", path)
