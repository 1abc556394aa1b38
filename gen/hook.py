"""The door for MkDocs' events: abbreviations for the prose, and a look into the ledger. A strict build fails on what
was lost."""

import logging
from pathlib import Path

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.exceptions import PluginError
from mkdocs.structure.pages import Page

from actmax.errors import ActmaxError
from gen.ledger import ledger

log = logging.getLogger("mkdocs.plugins.ledger")

MOST = 20
"""Losses that are said one by one."""


def on_page_markdown(markdown: str, page: Page, **_: object) -> str:
    """Explains abbreviations, but on the gallery's pages: for a thousand of those it takes a fifth of the build."""
    return markdown if page.file.src_uri.startswith("gallery/") else f'{markdown}\n\n--8<-- "abbreviations.md"\n'


def on_post_build(config: MkDocsConfig) -> None:
    """Warns of each address and anchor that was published and that the site no longer has."""
    path = Path(config.docs_dir) / ledger.FILE
    if not path.exists():
        return
    try:
        losses = ledger.lost(ledger.read(path), Path(config.site_dir))
    except ActmaxError as error:
        raise PluginError(str(error)) from None
    for words in losses[:MOST]:
        log.warning("%s", words)
    if len(losses) > MOST:
        log.warning("%d more addresses and anchors were published and are gone.", len(losses) - MOST)
    if losses:
        log.info("Whatever is given up on purpose is taken out of %s by hand.", path)
