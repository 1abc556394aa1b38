"""Render a generated page from its template."""

from __future__ import annotations

import re
from typing import Any

from gen.pages.contents import Contents, File
from gen.pages.markdown import attribute
from gen.pages.templating import render
from gen.plan import addresses


def render_page(contents: Contents, here: str, template: str, **values: Any) -> File:
    """Return the Markdown file of a page. Published anchors that the page lacks are added as empty elements.

    Args:
        contents: of the site; every template can use parts of it.
        here: the page's address.
        template: its file name.
        values: further names for this template.
    """
    markdown = render(
        template,
        here=here,
        plan=contents.plan,
        settings=contents.plan.settings,
        network=contents.network,
        second=contents.second,
        evaluations=contents.evaluations,
        recognition=contents.recognition,
        drawings_of=contents.drawings,
        site=contents.site,
        notes=contents.notes,
        **values,
    )
    missing = (
        f'\n<span id="{attribute(anchor)}"></span>'
        for anchor in contents.published.anchors(here)
        if not re.search(rf'(\sid="|\{{ #){re.escape(anchor)}["\s}}]', markdown)
    )
    return addresses.source(here), markdown + "".join(missing)
