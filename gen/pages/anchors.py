"""Keep the anchors that a page once had, so that links to them still work."""

from __future__ import annotations

import re

from gen.ledger.file import Ledger
from gen.pages.markdown import attribute


def keeping(published: Ledger, address: str, page: str) -> str:
    """Return a page's Markdown with an empty element for each published anchor that it lacks."""
    missing = [
        anchor
        for anchor in published.anchors(address)
        if not re.search(rf'(\sid="|\{{ #){re.escape(anchor)}["\s}}]', page)
    ]
    return page + "".join(f'\n<span id="{attribute(anchor)}"></span>' for anchor in missing)
