"""The door for MkDocs' events: lighter pages, and a look into the ledger. A strict build fails on what was lost."""

import logging
import re
from pathlib import Path

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.exceptions import PluginError
from mkdocs.structure.pages import Page

from actmax.errors import ActmaxError
from gen import ledger, site
from gen.ledger import losses
from gen.plan import addresses

_VERBATIM = re.compile(r"(<(?:pre|textarea|script|style)\b.*?</(?:pre|textarea|script|style)>)", re.DOTALL)
"""What shows its line breaks, or needs them."""
_LINES = re.compile(r"\s*\n\s*")

_FINISHED = re.compile(r"^<!-- finished -->\n(.*?)\n<!-- /finished -->$", re.DOTALL | re.MULTILINE)
"""What a template has marked as HTML that nothing needs to read."""
_STAND_IN = '<div data-part="{}"></div>'
_finished: dict[str, list[str]] = {}
"""By page, what was taken out of it."""

log = logging.getLogger("mkdocs.plugins.ledger")


def on_pre_build(config: MkDocsConfig) -> None:
    """Looks at settings and pages before MkDocs clears the site's folder: what is wrong leaves the last site there. A
    site without a gallery, such as a written tree, may have the hook as well."""
    if "gallery" not in config.extra:
        return
    try:
        site.require_folders(config.use_directory_urls)
        prepared = site.prepare(config.extra.get("gallery"), Path(config.config_file_path))
        site.check_pages(prepared, Path(config.docs_dir))
    except ActmaxError as error:
        raise PluginError(str(error)) from None


def on_page_markdown(markdown: str, page: Page, **_: object) -> str:
    """Takes what is HTML already out of generated pages, of which there may be thousands, before Markdown, the table of
    contents and the search read it to no end."""
    source = page.file.src_uri
    if source.startswith((addresses.GALLERY, addresses.NETWORK)):
        markdown, *_finished[source] = _parted(markdown)
    return markdown


def on_post_page(output: str, page: Page, **_: object) -> str:
    """Leaves out the theme's empty lines and indents, a seventh of a class's page, and puts back what is finished."""
    parts = _VERBATIM.split(output)
    lighter = "".join(part if place % 2 else _LINES.sub("\n", part) for place, part in enumerate(parts))
    for place, part in enumerate(_finished.pop(page.file.src_uri, ())):
        lighter = lighter.replace(_STAND_IN.format(place), part, 1)
    return lighter


def _parted(markdown: str) -> list[str]:
    """A page with a stand-in for each part that is finished, and those parts."""
    found: list[str] = []

    def stand_in(match: re.Match[str]) -> str:
        found.append(match[1])
        return _STAND_IN.format(len(found) - 1)

    return [_FINISHED.sub(stand_in, markdown), *found]


def on_post_build(config: MkDocsConfig) -> None:
    """Warns of each address and anchor that was published and that the site no longer has."""
    path = Path(config.docs_dir) / addresses.LEDGER
    try:
        reports = losses.report(ledger.read(path), Path(config.site_dir))
    except ActmaxError as error:
        raise PluginError(str(error)) from None
    for words in reports:
        log.warning("%s", words)
    if reports:
        log.info("To drop an address on purpose, delete its line from %s.", path)
