"""Render a generated page from its template."""

from __future__ import annotations

import re
from typing import Any

from gen.pages.contents import Contents, File
from gen.pages.markdown import attribute, front_matter, split_front_matter
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
    markdown += "".join(missing)
    return addresses.source(here), _standing_alone(markdown, here) if contents.site.guest else markdown


def _standing_alone(markdown: str, here: str) -> str:
    """Return a page that needs nothing of the site's theme: it names its styles and scripts in its text, which no other
    page then loads."""
    head, body = split_front_matter(markdown)
    styles = [addresses.GUEST_STYLE, *([addresses.asset(head["style"])] if "style" in head else [])]
    # A navigation that is hidden would leave readers without a way back.
    left = {key: value for key, value in head.items() if key not in ("style", "hide")}
    left |= {"hide": ["toc"]} if "hide" in head else {}
    links = "".join(f'<link rel="stylesheet" href="{addresses.link(here, style)}">' for style in styles)
    script = f'<script type="module" src="{addresses.link(here, addresses.SCRIPT)}"></script>'
    # After the title, which a search takes for the page's if nothing is before it.
    title, _, rest = body.lstrip().partition("\n")
    return f"{front_matter(**left)}{title}\n\n<div data-guest hidden>{links}{script}</div>\n{rest}"
