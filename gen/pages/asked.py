"""What an author's page asks for, before anything is drawn: an hour later is late to learn of a wrong word."""

from __future__ import annotations

from jinja2 import TemplateSyntaxError, nodes

from actmax.errors import ActmaxError, did_you_mean, quoted
from gen.pages.captions import unknown
from gen.pages.markdown import split_front_matter
from gen.pages.templating import sandbox
from gen.plan import Plan
from gen.settings import Member


def check(plan: Plan, path: str, text: str) -> None:
    """Refuses a page whose figures and captions no plan like this will have.

    Args:
        plan: of what will be drawn.
        path: of the page, below docs/.
        text: its Markdown.

    Raises:
        ActmaxError: names page and line, and what there will be.
    """
    head, _ = split_front_matter(text)
    if head.get("measured") is not True:
        return
    try:
        page = sandbox().parse(text)
    except TemplateSyntaxError as error:
        raise ActmaxError(f"docs/{path}, line {error.lineno}: {str(error).rstrip('.')}.") from None
    for call in page.find_all(nodes.Call):
        said = _wrong(plan, call)
        if said:
            raise ActmaxError(f"docs/{path}, line {call.lineno}: {said}.")
    if plan.walk is None:
        tests = [test.test for test in page.find_all(nodes.If)]
        tested = {
            name.name for test in tests for name in (test, *test.find_all(nodes.Name)) if isinstance(name, nodes.Name)
        }
        for name in page.find_all(nodes.Name):
            if name.name == "study" and "study" not in tested:
                raise ActmaxError(
                    f"docs/{path}, line {name.lineno}: `study` is what is known of the walk's class, and mkdocs.yml "
                    "asks for no `walk`: add `walk: {class: zebra}` to the gallery's settings, or take this out of the "
                    "page."
                )


def _wrong(plan: Plan, call: nodes.Call) -> str:
    """What a call asks for that there will not be; empty where that cannot be told."""
    if isinstance(call.node, nodes.Name) and call.node.name == "caption":
        word, method = _given(call, 0, "word"), _given(call, 1, "method", "plain")
        return _no_caption(plan, word, method) if word and method else ""
    if isinstance(call.node, nodes.Getattr) and call.node.attr == "versus":
        group = _given(call, 1, "group")
        return _no_group(plan, group) if group else ""
    return ""


def _given(call: nodes.Call, place: int, name: str, default: str = "") -> str:
    """A text that an argument is; empty where it is something else, or known only when the page is filled in."""
    named = {one.key: one.value for one in call.kwargs}
    argument = call.args[place] if place < len(call.args) else named.get(name, nodes.Const(default))
    return argument.value if isinstance(argument, nodes.Const) and isinstance(argument.value, str) else ""


def _no_caption(plan: Plan, word: str, method: str) -> str:
    if plan.unit_named(word) is not None or plan.drawn(word, method):
        return ""
    members = [member for some in plan.groups.values() for member in some]
    of_word = [member for member in members if member.word == word]
    words = [member.word for member in members]
    near = did_you_mean(word, words) if not of_word else f"It is drawn by {_ways(plan, of_word)}."
    return f"{unknown(word, method)}. {near}".rstrip(".")


def _ways(plan: Plan, members: list[Member]) -> str:
    methods = {variant.method for member in members for variant in plan.class_page(member.label).variants}
    return ", ".join(sorted(methods))


def _no_group(plan: Plan, group: str) -> str:
    if group in plan.groups:
        return ""
    return f"there is no group {quoted(group)}. {did_you_mean(group, list(plan.groups))}".rstrip(".")
