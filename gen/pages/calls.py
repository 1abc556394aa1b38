"""Where a page of the author's asks for drawings: `{{ drawing("tiger") }}`, outside of code."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from jinja2 import TemplateSyntaxError, nodes

from actmax.errors import ActmaxError
from gen.pages.markdown import split_front_matter
from gen.pages.templating import sandbox
from gen.plan import Shown

NAME = "drawing"
_CALL = re.compile(
    r"""
    ^[ \t>]*(?P<fence>`{3,}|~{3,})[^\n]*\n(?:.*?^[ \t>]*(?P=fence)[`~]*[ \t]*$|.*\Z)  # a block of code
    | <!--.*?-->
    | <(?P<tag>pre|code|script|style)\b.*?</(?P=tag)>
    | \{%-?\s*raw\s*-?%\}.*?\{%-?\s*endraw\s*-?%\}
    | (?<!`)(?P<ticks>`+)(?!`)(?:(?!\n\s*\n).)+?(?<!`)(?P=ticks)(?!`)  # code within a line
    | (?P<call>\{\{-?\s*drawing\s*\([^{}\n]*\)\s*-?\}\})
    """,
    re.DOTALL | re.MULTILINE | re.VERBOSE,
)
_CONTAINER = re.compile(r"\s*(?:[-*+:]\s|\d+[.)]\s|!!!|\?\?\?|===|\[\^)")
"""The first line of what has indented Markdown in it: a list, an admonition, a tab, a footnote."""


@dataclass(frozen=True)
class Call:
    """One call, and where it stands."""

    shown: Shown
    line: int


def calls(text: str) -> Iterator[Call]:
    """Yield the calls of a page: in expressions if it says ``measured: true``, otherwise those that stand alone.

    Raises:
        ActmaxError: the arguments are none that ``drawing`` has; the message begins with the line.
    """
    if NAME not in text:
        return
    head, _ = split_front_matter(text)
    if head.get("measured") is True:
        try:
            yield from _in_template(text, 1)
        except TemplateSyntaxError:  # reported with its line when the page is checked
            return
        return
    for match in _found(text):
        line = text.count("\n", 0, match.start()) + 1
        try:
            yield from _in_template(match[0], line)
        except TemplateSyntaxError as error:
            raise ActmaxError(f"line {line}: {match[0]}: {str(error).rstrip('.')}.") from None


def replaced(text: str, drawing: Callable[..., str]) -> str | None:
    """Return a page that does not say ``measured: true`` with its drawings; None if it has none."""
    if NAME not in text:
        return None
    parts, end = [], 0
    for match in _found(text):
        parts += [text[end : match.start()], sandbox().from_string(match[0]).render({NAME: drawing})]
        end = match.end()
    return "".join([*parts, text[end:]]) if parts else None


def _found(text: str) -> Iterator[re.Match[str]]:
    _, body = split_front_matter(text)
    for match in _CALL.finditer(text, len(text) - len(body)):
        if match["call"] and not _in_indented_code(text, match.start()):
            yield match


def _in_indented_code(text: str, position: int) -> bool:
    """Return whether a place is in code by indentation, which looks the same as the text of a list."""
    start = text.rfind("\n", 0, position) + 1
    if text[start:position].strip() or len(text[start:position].expandtabs(4)) < 4:
        return False
    above = text[:start].rstrip("\n").split("\n")
    for line in reversed(above):
        if line.strip() and len(line) - len(line.lstrip()) < 4:
            return not _CONTAINER.match(line)
    return True


def _in_template(text: str, first: int) -> Iterator[Call]:
    for call in sandbox().parse(text).find_all(nodes.Call):
        if isinstance(call.node, nodes.Name) and call.node.name == NAME:
            line = first + call.lineno - 1
            try:
                yield Call(_arguments(call), line)
            except ValueError as error:
                raise ActmaxError(f"line {line}: {error}.") from None


def _arguments(call: nodes.Call) -> Shown:
    """Return what a call asks for.

    Raises:
        ValueError: one of them is not written out, unknown, or of the wrong type.
    """
    usage = 'write a class or a target, and perhaps a method and a seed: drawing("conv4:117", method="smooth", seed=2)'
    names = ("word", "method", "seed")
    given = dict(zip(names, call.args, strict=False)) | {pair.key: pair.value for pair in call.kwargs}
    values = {name: node.value for name, node in given.items() if isinstance(node, nodes.Const)}
    extra = call.dyn_args or call.dyn_kwargs or len(call.args) > len(names) or not set(given) <= set(names)
    word, method, seed = (values.get(name, default) for name, default in zip(names, ("", "", None), strict=True))
    whole = seed is None or (isinstance(seed, int) and not isinstance(seed, bool) and 0 <= seed < 2**63)
    if extra or len(values) < len(given) or not (isinstance(word, str) and word and isinstance(method, str) and whole):
        raise ValueError(usage)
    return Shown(word, method, seed)
