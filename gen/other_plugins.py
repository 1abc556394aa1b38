"""Other plugins of MkDocs: what they leave alone on the gallery's pages, and which cannot share a site with it."""

from __future__ import annotations

import re
from collections.abc import Mapping, MutableMapping
from typing import Any

from actmax.errors import ActmaxError
from gen.plan import addresses

WAITING = "finished_html"
"""Key of a page's meta data under which its finished parts wait while its Markdown is converted."""
WORDS = "search_words"
"""Key under which its ``tags`` wait, which are words for the search: the plugin of that name takes them for topics."""

REFUSED = {
    "i18n": "builds the site once for each language, and leaves out pages that no file of docs/ holds: build the "
    "gallery as a site of its own, and link to it",
    "git-revision-date": "asks git for the date of each page, which has none for generated pages: use "
    "git-revision-date-localized instead",
    "offline": "gives pages other addresses, and the gallery's are to stay: use it without the gallery",
}
"""Plugins that are refused: what they do, and what to do instead."""

_FINISHED = re.compile(r"^<!-- finished -->\n(.*?)\n<!-- /finished -->$", re.DOTALL | re.MULTILINE)
"""What a template has marked as HTML that needs no processing."""
_WRAPPED = re.compile(r'<p>(<figure id="drawing-.*?</figure>)</p>', re.DOTALL)
"""A drawing in a list or an admonition, which Markdown takes for text."""
_STAND_IN = '<div data-part="{}"></div>'


def refuse(plugins: Mapping[str, Any]) -> None:
    """Check the plugins of a site.

    Args:
        plugins: by name, as MkDocs collects them.

    Raises:
        ActmaxError: one of them cannot share a site with the gallery.
    """
    for key, plugin in plugins.items():
        name = key.rpartition("/")[2].partition(" ")[0]  # material/offline; "i18n #2", of two
        if name in REFUSED and plugin.config.get("enabled", True):
            raise ActmaxError(f"The gallery does not work with the plugin {name} of mkdocs.yml, which {REFUSED[name]}.")


def refuse_feed(plugins: Mapping[str, Any]) -> None:
    """Check that no feed lists the gallery's pages where they are in memory alone: the plugin rss reads their files.

    Args:
        plugins: by name, as MkDocs collects them.

    Raises:
        ActmaxError: one does; the message has the lines to add.
    """
    shown = addresses.source(addresses.GALLERY)
    for key, plugin in plugins.items():
        feed = key.partition(" ")[0] == "rss" and plugin.config.get("enabled", True)
        if feed and re.match(plugin.config.get("match_path", ".*"), shown):
            raise ActmaxError(
                "The plugin rss of mkdocs.yml cannot list the gallery's pages, which are in no file. Leave them out:\n"
                "\nplugins:\n  - rss:\n      match_path: (?!gallery/|network/).*"
            )


def protected(markdown: str, meta: MutableMapping[str, Any]) -> str:
    """Return a generated page's Markdown without its finished HTML, which Markdown, table of contents, search and other
    plugins must not parse: there may be thousands of pages.

    Args:
        markdown: of the page.
        meta: its front matter, which keeps what is taken out.
    """
    parts: list[str] = []

    def stand_in(match: re.Match[str]) -> str:
        parts.append(match[1])
        return _STAND_IN.format(len(parts) - 1)

    left = _FINISHED.sub(stand_in, markdown)
    if parts:
        meta[WAITING], meta[WORDS] = parts, meta.pop("tags", ())
    return left


def restored(html: str, meta: MutableMapping[str, Any], source: str) -> str:
    """Return a page's HTML with the finished parts in place of their stand-ins, before other plugins see it.

    Args:
        html: of a page, from its Markdown.
        meta: its front matter, with what :func:`protected` has taken out.
        source: the page's file, for the message.

    Raises:
        ActmaxError: another plugin has removed a stand-in: the page would be empty.
    """
    for index, part in enumerate(meta.pop(WAITING, ())):
        before, stand_in, after = html.partition(_STAND_IN.format(index))
        if not stand_in:
            raise ActmaxError(
                f"The generated page {source} has lost its contents, because another plugin changed it. "
                "Find the plugin of mkdocs.yml that works on Markdown, and exclude gallery/ and network/ there."
            )
        html = before + part + after
    if words := meta.pop(WORDS, ()):
        meta["tags"] = [*words, *(meta.get("tags") or ())]
    return _WRAPPED.sub(r"\1", html)
