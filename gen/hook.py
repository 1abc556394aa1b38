"""The door for MkDocs' events: abbreviations for the prose, and a look into the ledger. A strict build fails on what
was lost."""

import logging
from pathlib import Path

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.exceptions import PluginError
from mkdocs.structure.pages import Page

from actmax.errors import ActmaxError
from gen import ledger
from gen.ledger import losses
from gen.plan import addresses

log = logging.getLogger("mkdocs.plugins.ledger")


def on_page_markdown(markdown: str, page: Page, **_: object) -> str:
    """Explains abbreviations, but on the gallery's pages: for a thousand of those it takes a fifth of the build."""
    generated = page.file.src_uri.startswith(addresses.GALLERY)
    return markdown if generated else f'{markdown}\n\n--8<-- "abbreviations.md"\n'


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
