"""Tooltips of the glossary."""

from __future__ import annotations

import re

import markdown

GLOSSARY = {"logit": "an output", "logits": "outputs", "CNN": "a network"}


def explained(text: str) -> list[str]:
    """What has a tooltip on a page."""
    extensions = ["abbr", "md_in_html", "gen.glossary"]
    page = markdown.markdown(text, extensions=extensions, extension_configs={"abbr": {"glossary": GLOSSARY}})
    assert re.sub(r"<.*?>|\s", "", page) == re.sub(r"<.*?>|[#*\s]", "", text), "words are lost"
    return re.findall(r"<abbr.*?>(.*?)</abbr>", page)


def test_a_term_is_explained_once_in_a_section() -> None:
    assert explained("A logit, the logits, a CNN and *a logit* of a CNN.\n\nThe logit.") == ["logit", "CNN"]


def test_a_section_explains_it_again() -> None:
    assert explained("A logit.\n\n## Two\n\nA logit, a logit.\n\n### Three\n\nLogit, logits.") == [
        "logit",
        "logit",
        "logits",
    ]


def test_a_term_can_have_the_focus_unless_a_link_has_it() -> None:
    text = "A logit.\n\n# Two\n\nA [logit](#two)."
    page = markdown.markdown(
        text, extensions=["abbr", "gen.glossary"], extension_configs={"abbr": {"glossary": GLOSSARY}}
    )
    assert re.findall(r"<abbr(.*?)>", page) == [' tabindex="0" title="an output"', ' title="an output"']


def test_html_is_a_part_of_its_section() -> None:
    assert explained('A logit.\n\n<div markdown="1">\n\nOne logit and a CNN.\n\n</div>\n\nA CNN.') == ["logit", "CNN"]
