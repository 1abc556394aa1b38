"""Pages that redirect to a class's page."""

from __future__ import annotations

from gen.pages.contents import File
from gen.pages.markdown import attribute
from gen.pages.site_info import SiteInfo
from gen.plan import addresses


def redirect(address: str, target: str, name: str, site: SiteInfo) -> File:
    """Return a page that redirects at once.

    Args:
        address: of the redirect.
        target: the address that it leads to.
        name: of the page there.
        site: of whose URL the canonical link is made.
    """
    link, title = attribute(addresses.link(address, target)), attribute(name)
    canonical = attribute(site.url + target) if site.url else link
    return (
        addresses.html(address),
        f'<!doctype html>\n<html lang="en">\n<meta charset="utf-8">\n<title>{title}</title>\n'
        f'<meta name="robots" content="noindex">\n<link rel="canonical" href="{canonical}">\n'
        f'<meta http-equiv="refresh" content="0; url={link}">\n'
        f'<p>This page is <a href="{link}">{title}</a>.</p>\n</html>\n',
    )
