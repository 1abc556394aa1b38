"""A page with all the anchors that it ever had: what led into it still does."""

from __future__ import annotations

import re

from gen.ledger.file import Ledger
from gen.pages.markdown import attribute


def keeping(published: Ledger, address: str, page: str) -> str:
    """The Markdown of a page, and an empty element for each anchor that it has no longer."""
    lost = [
        anchor
        for anchor in published.anchors(address)
        if not re.search(rf'(\sid="|\{{ #){re.escape(anchor)}["\s}}]', page)
    ]
    return page + "".join(f'\n<span id="{attribute(anchor)}"></span>' for anchor in lost)
