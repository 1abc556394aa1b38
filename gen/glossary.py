"""Entry point for Python-Markdown: `gen.glossary` among the `markdown_extensions` of mkdocs.yml, after `abbr`.

A term of the glossary keeps its tooltip where it first occurs in a section.
"""

from __future__ import annotations

from xml.etree.ElementTree import Element

from markdown import Markdown
from markdown.extensions import Extension
from markdown.treeprocessors import Treeprocessor

SECTIONS = ("h1", "h2", "h3")
"""Headings with which a section starts."""
AFTER_ABBR = 5
"""Python-Markdown's own extension, which makes the tooltips, has priority 7."""


class _FirstOccurrences(Treeprocessor):
    """Replaces every further ``abbr`` of a section by its text."""

    def run(self, root: Element) -> None:
        """Called with the page."""
        self._visit(root, set(), linked=False)

    def _visit(self, parent: Element, known: set[str], linked: bool) -> None:
        before: Element | None = None
        for child in list(parent):
            if child.tag in SECTIONS:
                known.clear()
            term = _term(child) if child.tag == "abbr" else ""
            if term in known:
                text = (child.text or "") + (child.tail or "")
                if before is None:
                    parent.text = (parent.text or "") + text
                else:
                    before.tail = (before.tail or "") + text
                parent.remove(child)
                continue
            if term:
                known.add(term)
                if not linked:  # for touch and keyboard: the style shows the title of what has the focus
                    child.set("tabindex", "0")
            before = child
            self._visit(child, known, linked or child.tag == "a")


def _term(abbr: Element) -> str:
    """Return what is explained, whether it stands in the singular or in the plural."""
    return (abbr.text or "").lower().removesuffix("s")


class GlossaryExtension(Extension):
    """Adds the tree processor."""

    def extendMarkdown(self, md: Markdown) -> None:  # noqa: N802 - the name is Python-Markdown's
        """Register it."""
        md.treeprocessors.register(_FirstOccurrences(md), "first occurrences", AFTER_ABBR)


def makeExtension(**options: object) -> GlossaryExtension:  # noqa: N802
    """Entry point of Python-Markdown."""
    return GlossaryExtension(**options)
