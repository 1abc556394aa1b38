"""A drawing on a page of the author's: what `{{ drawing("tiger") }}` becomes."""

from __future__ import annotations

from collections.abc import Callable

from actmax.errors import ActmaxError
from gen.pages.contents import Contents
from gen.pages.templating import render
from gen.plan import PlannedDrawing, Shown, addresses

WIDTH = 224
"""Drawings that are smaller are enlarged to about this width, in pixels."""


def drawing_function(contents: Contents, here: str) -> Callable[..., str]:
    """Return the function that a page calls, which returns a figure in one line of HTML.

    Args:
        contents: of the site.
        here: the page's address.
    """
    used: dict[str, int] = {}

    def drawing(word: str, method: str = "", seed: int | None = None) -> str:
        shown = Shown(word, method, seed)
        planned = contents.plan.shown.get(shown)
        if planned is None:
            raise ActmaxError("drawing() needs its arguments written out: what it shows is drawn before a page is read")
        times = used[shown.anchor] = used.get(shown.anchor, 0) + 1
        made = contents.drawing(planned)
        return render(
            "drawing.md.jinja",
            here=here,
            id=shown.anchor if times == 1 else f"{shown.anchor}-{times}",
            word=word,
            drawing=made,
            width=made.size * max(1, WIDTH // made.size),
            link=f"{made.page}#{planned.anchor}" if _has_page(planned) else made.master,
            network=contents.network,
            second=contents.second,
        ).strip()

    return drawing


def _has_page(planned: PlannedDrawing) -> bool:
    return planned.label is not None and planned.page == addresses.of_class(planned.label)
