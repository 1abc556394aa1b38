"""The page that shows two classes side by side."""

from __future__ import annotations

from gen.pages.contents import Contents, File
from gen.pages.templating import render
from gen.plan import addresses


def compare(contents: Contents) -> File:
    """The script fills it; without it, it leads to every class."""
    here = addresses.COMPARE
    return addresses.source(here), render("compare.md.jinja", here=here, plan=contents.plan, network=contents.network)
