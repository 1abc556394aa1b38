"""Convert `$…$` and `$$…$$` to MathML while a page is built, so that equations need neither a script nor a connection.

A Python-Markdown extension around latex2mathml. `$…$` is an inline equation, and so is `$$…$$`
within a sentence; a paragraph that is only `$$…$$` is a display equation. With an id after it,
`$$…$$ { #iteration }`, it can be linked to, and is numbered unless it is in a folded section.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from xml.etree import ElementTree

from latex2mathml.converter import convert
from markdown import Extension, Markdown
from markdown.blockprocessors import BlockProcessor
from markdown.inlinepatterns import InlineProcessor

from actmax.errors import ActmaxError, quoted

_INLINE = r"(?<![\\$])(?:\$\$(?P<twice>[^$]+?)\$\$|\$(?![\s$])(?P<once>[^$]*?[^\s\\$])\$)(?![\d$])"
_BLOCK = re.compile(r"\s*\$\$(?P<tex>[^$]+)\$\$[ \t]*(?:\{[ \t]*#(?P<id>[\w-]+)[ \t]*\})?\s*")


class MathError(ActmaxError):
    """TeX that cannot be converted."""


def mathml(tex: str, display: bool = False) -> str:
    """Convert TeX to one MathML element.

    Args:
        tex: the text between the dollars.
        display: a display equation, or an inline one.

    Raises:
        MathError: braces that do not match, or a command that latex2mathml does not know and would pass through
            unchanged.
    """
    tex = tex.strip()
    unescaped = re.sub(r"\\[\\{}]", "", tex)
    if unescaped.count("{") != unescaped.count("}"):
        raise MathError(f"In the equation {quoted(tex)} braces do not match.")
    if display:  # latex2mathml sets what belongs below these beside them
        tex = re.sub(r"\\(argmax|argmin|max|min|sup|inf|lim)\s*_", r"\\\1\\limits_", tex)
    try:
        markup: str = convert(tex, display="block" if display else "inline")
    except Exception as error:  # latex2mathml raises many kinds, for instance KeyError and IndexError
        raise MathError(
            f"The equation {quoted(tex)} cannot be read by latex2mathml: {error or type(error).__name__}."
        ) from error
    try:
        words = list(ElementTree.fromstring(markup).itertext())  # noqa: S314 - our own text
    except ElementTree.ParseError:
        raise MathError(
            f"The equation {quoted(tex)} does not become valid MathML: is there an '&' outside an align* or a matrix?"
        ) from None
    if unknown := [word for word in words if "\\" in word]:
        raise MathError(f"The equation {quoted(tex)} uses {unknown[0]}, which latex2mathml does not know.")
    return markup


Convert = Callable[[str, bool], str]
"""(TeX, whether it is a display equation) -> one MathML element."""


class _Inline(InlineProcessor):
    def __init__(self, md: Markdown, convert: Convert) -> None:
        super().__init__(_INLINE, md)
        self.convert = convert

    def handleMatch(self, m: re.Match[str], data: str) -> tuple[str, int, int]:  # type: ignore[override] # noqa: ARG002, N802
        return self.md.htmlStash.store(self.convert(m["twice"] or m["once"], False)), m.start(0), m.end(0)


class _Block(BlockProcessor):
    """A paragraph that is an equation."""

    def __init__(self, md: Markdown, convert: Convert) -> None:
        super().__init__(md.parser)
        self.md = md
        self.convert = convert
        self.numbered = 0

    def test(self, parent: ElementTree.Element, block: str) -> bool:  # noqa: ARG002
        return _BLOCK.fullmatch(block) is not None

    def run(self, parent: ElementTree.Element, blocks: list[str]) -> None:
        match = _BLOCK.fullmatch(blocks.pop(0))
        assert match is not None  # noqa: S101 - checked by test()
        html, anchor = self.convert(match["tex"], True), match["id"]
        # An element, not raw HTML: MkDocs looks for anchors among elements.
        block = ElementTree.SubElement(parent, "div", {"class": "equation"})
        if anchor:
            block.set("id", anchor)
        if anchor and parent.tag != "details":  # folded ones would be missing among the numbers
            self.numbered += 1
            html += f'<a href="#{anchor}" aria-label="Equation {self.numbered}">({self.numbered})</a>'
        block.text = self.md.htmlStash.store(html)


class Equations(Extension):
    """The extension; equation numbers start at 1 on each page.

    Args:
        convert: TeX to MathML; its exceptions end the conversion of the page.
    """

    def __init__(self, convert: Convert = mathml) -> None:
        super().__init__()
        self.convert = convert

    def extendMarkdown(self, md: Markdown) -> None:  # noqa: N802
        """Called by Python-Markdown."""
        md.registerExtension(self)
        self.block = _Block(md, self.convert)
        # Before backslash escapes (180), after code (190).
        md.inlinePatterns.register(_Inline(md, self.convert), "mathml", 185)
        # Before paragraphs and lists, after indented code (80).
        md.parser.blockprocessors.register(self.block, "mathml", 79)
        md.ESCAPED_CHARS.append("$")

    def reset(self) -> None:
        """Called by Python-Markdown before each page."""
        self.block.numbered = 0
