"""The front page's picture: a stored drawing that grows, and the same canvas for drawing live."""

from __future__ import annotations

import json
import re

from gen.pages.contents import Contents
from gen.pages.live import SIZE
from gen.pages.live_weights import weights
from gen.pages.markdown import percent
from gen.pages.templating import render
from gen.pages.words import unique_name

CHIPS = 6
"""How many classes the front page offers besides the one that it shows."""

_LIKE_CONSONANT = re.compile(r"eu|ewe|one\b|once|ubi|uk|uni(?![mn])|ura|uro|us[aeu]|ut[eio]", re.IGNORECASE)
"""A vowel's letter with the sound of "you" or "one". Agrees with gen/assets/live/form.js."""
_SILENT_H = re.compile(r"heir|honest|honou?r|hour", re.IGNORECASE)


def front(contents: Contents, here: str) -> str:
    """Return the HTML of the drawing that the evaluation network recognizes best, with the widget that draws live if
    the setting ``live`` is on.

    Args:
        contents: of the site.
        here: the page's address.
    """
    lead, *others = contents.best
    drawing = contents.lead
    probabilities = [percent(each) for each in contents.lead_probabilities] or [""] * len(drawing.steps)
    return render(
        "front.md.jinja",
        here=here,
        live=contents.plan.live,
        label=lead.label,
        name=unique_name(lead.label),
        drawing=drawing,
        frames=json.dumps(list(zip(drawing.steps, probabilities, strict=True)), ensure_ascii=False),
        chips=[(page, unique_name(page.label)) for page in others[:CHIPS]],
        weights=weights(),
        size=SIZE,
        network=contents.network,
        second=contents.second,
    )


def a_or_an(name: str) -> str:
    """Return a name with its indefinite article: ``an ambulance``."""
    vowel = name[:1].lower() in tuple("aeiou") and not _LIKE_CONSONANT.match(name)
    return f"{'an' if vowel or _SILENT_H.match(name) else 'a'} {name}"
