"""A page at another address that leads to a class's own."""

from __future__ import annotations

from gen.pages.contents import File
from gen.pages.markdown import attribute
from gen.pages.place import Place
from gen.plan import addresses


def redirect(address: str, to: str, name: str, place: Place) -> File:
    """What stands at an address that leads elsewhere at once.

    Args:
        address: where it stands.
        to: the address that it leads to.
        name: of the page there.
        place: of the site.
    """
    link = attribute(addresses.link(address, to))
    canonical, title = attribute(place.url + to) if place.url else link, attribute(name)
    return (
        addresses.html(address),
        f'<!doctype html>\n<html lang="en">\n<meta charset="utf-8">\n<title>{title}</title>\n'
        f'<meta name="robots" content="noindex">\n<link rel="canonical" href="{canonical}">\n'
        f'<meta http-equiv="refresh" content="0; url={link}">\n'
        f'<p>This page is <a href="{link}">{title}</a>.</p>\n</html>\n',
    )
