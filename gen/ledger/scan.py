"""Find the anchors of a page of the built site, or where it redirects to."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import quote, unquote, urljoin, urlsplit

from actmax.errors import reason
from gen.ledger.file import LedgerError, is_address, is_anchor
from gen.plan import addresses

TAGS = {"h2", "h3", "h4", "h5", "h6", "figure"}
"""Elements whose ids are anchors."""
CLASSES = {"anchor", "equation"}
"""Classes of other elements whose ids are anchors."""

_REFRESH = re.compile(r"http-equiv=[\"']?refresh", re.IGNORECASE)
_REFRESH_URL = re.compile(r"\s*0\s*[;,]\s*url\s*=\s*['\"]?(.*?)['\"]?\s*$", re.IGNORECASE)
_COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)
_ID = re.compile(r"<[^<>]*?\sid=\"([^\"&<>]*)\"")


class Page(HTMLParser):
    """The anchors of a page, or its redirect."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.anchors: set[str] = set()
        """Anchors to record: ids of :data:`TAGS` and :data:`CLASSES` inside the article."""
        self.ids: set[str] = set()
        """Every id, any of which a link can use."""
        self.refresh: str | None = None
        """The URL that the page leads to at once, if it is a redirect."""
        self._articles = 0
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Called by HTMLParser."""
        self._articles += tag == "article"
        values = dict(attrs)
        if tag == "meta" and (values.get("http-equiv") or "").lower() == "refresh":
            match = _REFRESH_URL.match(values.get("content") or "")
            self.refresh = match[1] if match else self.refresh
        name = values.get("id")
        if not name:
            return
        self.ids.add(name)
        promised = tag in TAGS or not CLASSES.isdisjoint((values.get("class") or "").split())
        if self._articles and promised and not name.startswith(("__", "fn:", "fnref:")) and is_anchor(name):
            self.anchors.add(name)

    def handle_endtag(self, tag: str) -> None:
        """Called by HTMLParser."""
        self._articles -= tag == "article" and self._articles > 0


def promised(text: str) -> Page:
    """Parse a page for the anchors to record: only its articles, since the theme's menus are most of a page."""
    text = _COMMENT.sub("", text)  # where an article may begin as well
    start = text.find("<article")
    if start < 0 or _REFRESH.search(text):
        return Page(text)
    return Page(text[start : text.rfind("</article>")])


def surely_has(text: str, anchors: tuple[str, ...]) -> bool:
    """Whether a quick search finds all anchors on a page that is no redirect; if not, it has to be parsed."""
    return not _REFRESH.search(text) and set(_ID.findall(_COMMENT.sub("", text))).issuperset(anchors)


def target(address: str, url: str) -> str:
    """The address that a redirect at an address leads to; the whole URL where it leaves the site."""
    if elsewhere(url):
        return url
    path, sign, anchor = urljoin(f"/{quote(address)}", url).partition("#")
    return addresses.of_html(unquote(path).lstrip("/")) + sign + anchor


def elsewhere(url: str) -> bool:
    """Whether a URL leaves the site."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return True
    return bool(parts.scheme or parts.netloc)


def file(site_dir: Path, address: str) -> Path | None:
    """The file at an address of a built site, if there is one within it."""
    if not is_address(address):
        return None
    path = site_dir / addresses.html(address)
    try:
        return path if path.is_file() else None
    except OSError:  # a name too long for the disk
        return None


def read(path: Path) -> str:
    """The text of a page.

    Raises:
        LedgerError: it cannot be read.
    """
    try:
        return path.read_text("utf-8", errors="replace")
    except OSError as error:
        raise LedgerError(f"The page {path} cannot be read: {reason(error)}.") from None
