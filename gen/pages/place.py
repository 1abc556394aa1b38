"""Where the site will stand, and what it is called."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Place:
    """What pages need to know for whole addresses and citations."""

    url: str = ""
    """With a slash at its end; empty where it is unknown."""
    name: str = ""

    @classmethod
    def of(cls, site_url: object, site_name: object) -> Place:
        """From MkDocs' settings."""
        url = str(site_url or "")
        return cls(url.rstrip("/") + "/" if url else "", str(site_name or ""))
