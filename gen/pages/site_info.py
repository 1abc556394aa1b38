"""The site's address, name and author."""

from __future__ import annotations

import re
from dataclasses import dataclass

from actmax.errors import ActmaxError, quoted


@dataclass(frozen=True)
class SiteInfo:
    """What absolute links and citations need."""

    url: str = ""
    """With a slash at its end; empty if unknown."""
    name: str = ""
    author: str = ""
    """Empty if the settings name nobody."""
    guest: bool = False
    """Whether the site is somebody else's, with a theme and a style of its own: pages bring theirs along."""

    @classmethod
    def of(cls, site_url: object, site_name: object, site_author: object = None, *, guest: bool = False) -> SiteInfo:
        """Read MkDocs' settings.

        Raises:
            ActmaxError: ``site_url`` is not a URL.
        """
        url = str(site_url or "")
        if re.search(r"[\s{}<>\"\\\x00-\x1f\x7f]", url):
            raise ActmaxError(f"site_url in mkdocs.yml is {quoted(url)}, which is not a URL.")
        return cls(url.rstrip("/") + "/" if url else "", str(site_name or ""), str(site_author or ""), guest)
