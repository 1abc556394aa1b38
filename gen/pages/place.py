"""Where the site will stand, and what it is called."""

from __future__ import annotations

import re
from dataclasses import dataclass

from actmax.errors import ActmaxError, quoted


@dataclass(frozen=True)
class Place:
    """What pages need to know for whole addresses and citations."""

    url: str = ""
    """With a slash at its end; empty where it is unknown."""
    name: str = ""
    author: str = ""
    """Of the site; empty where nobody is named."""

    @classmethod
    def of(cls, site_url: object, site_name: object, site_author: object = None) -> Place:
        """From MkDocs' settings.

        Raises:
            ActmaxError: the address of the site is none.
        """
        url = str(site_url or "")
        if re.search(r"[\s{}<>\"\\\x00-\x1f\x7f]", url):
            raise ActmaxError(f"site_url in mkdocs.yml is {quoted(url)}, which is no address.")
        return cls(url.rstrip("/") + "/" if url else "", str(site_name or ""), str(site_author or ""))
