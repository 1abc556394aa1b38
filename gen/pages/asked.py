"""What an author's page asks for, before anything is drawn: an hour later is late to learn of a wrong word."""

from __future__ import annotations

from jinja2 import TemplateSyntaxError, nodes

from actmax.errors import ActmaxError, did_you_mean, quoted
from gen.pages.markdown import split_front_matter
from gen.pages.templating import sandbox
from gen.plan.plan import Plan
from gen.settings.resolve import Member


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
        tested = {name.name for test in page.find_all(nodes.If) for name in test.test.find_all(nodes.Name)}
        tested |= {test.test.name for test in page.find_all(nodes.If) if isinstance(test.test, nodes.Name)}
        for name in page.find_all(nodes.Name):
            if name.name == "study" and "study" not in tested:
                raise ActmaxError(
                    f"docs/{path}, line {name.lineno}: `study` is what is known of the walk's class, and mkdocs.yml "
                    "asks for no `walk`: add `walk: {class: zebra}` to the gallery's settings, or take this out of the "
                    "page."
                )


def _wrong(plan: Plan, call: nodes.Call) -> str:
    """What a call asks for that there will not be; empty where that cannot be told."""
    given = [one.value for one in call.args if isinstance(one, nodes.Const)]
    given += [""] * (3 - len(given))
    named = {one.key: one.value.value for one in call.kwargs if isinstance(one.value, nodes.Const)}
    if isinstance(call.node, nodes.Name) and call.node.name == "caption" and isinstance(given[0], str) and given[0]:
        return _no_caption(plan, given[0], str(given[1] or named.get("method", "plain")))
    if isinstance(call.node, nodes.Getattr) and call.node.attr == "versus" and isinstance(given[1], str) and given[1]:
        return _no_group(plan, given[1])
    return ""


def _no_caption(plan: Plan, word: str, method: str) -> str:
    if plan.unit_named(word) is not None:
        return ""
    of_word = [member for members in plan.groups.values() for member in members if member.word == word]
    if any(plan.plate(member.label).by_method(method) for member in of_word):
        return ""
    words = [member.word for members in plan.groups.values() for member in members]
    near = did_you_mean(word, words) if not of_word else f"It is drawn by {_ways(plan, of_word)}."
    call = f"caption({quoted(word)}, {quoted(method)})"
    return f"{call}: no class listed under that word has a drawing by this method. {near}".rstrip(".")


def _ways(plan: Plan, members: list[Member]) -> str:
    methods = {variant.method for member in members for variant in plan.plate(member.label).variants}
    return ", ".join(sorted(methods))


def _no_group(plan: Plan, group: str) -> str:
    if group in plan.groups:
        return ""
    return f"there is no group {quoted(group)}. {did_you_mean(group, list(plan.groups))}".rstrip(".")
