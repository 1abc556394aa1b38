"""Check what an author's page refers to before anything is drawn, which may take an hour."""

from __future__ import annotations

from jinja2 import TemplateSyntaxError, nodes

from actmax.errors import ActmaxError, did_you_mean, quoted
from gen.pages.captions import no_caption
from gen.pages.markdown import split_front_matter
from gen.pages.templating import sandbox
from gen.plan import Plan


def check(plan: Plan, path: str, text: str) -> None:
    """Check the figures and captions of a page against the plan.

    Args:
        plan: of the site.
        path: of the page, below docs/.
        text: its Markdown.

    Raises:
        ActmaxError: the page refers to something that will not exist; the message names page and line.
    """
    head, _ = split_front_matter(text)
    if head.get("measured") is not True:
        return
    try:
        page = sandbox().parse(text)
    except TemplateSyntaxError as error:
        raise ActmaxError(f"docs/{path}, line {error.lineno}: {str(error).rstrip('.')}.") from None
    for call in page.find_all(nodes.Call):
        if fault := _fault(plan, call):
            raise ActmaxError(f"docs/{path}, line {call.lineno}: {fault}.")
    if plan.walk is None and (line := _unguarded_study(page)):
        raise ActmaxError(
            f"docs/{path}, line {line}: `study` holds measurements of the walk's class, and mkdocs.yml has no `walk`: "
            "add `walk: {class: zebra}` to the gallery's settings, or take this out of the page."
        )


def _unguarded_study(page: nodes.Template) -> int:
    """Return the line of the first `study` on a page that tests for it nowhere; 0 if there is none."""
    tests = [condition.test for condition in page.find_all(nodes.If)]
    tested = {
        name.name for test in tests for name in (test, *test.find_all(nodes.Name)) if isinstance(name, nodes.Name)
    }
    if "study" in tested:
        return 0
    return next((name.lineno for name in page.find_all(nodes.Name) if name.name == "study"), 0)


def _fault(plan: Plan, call: nodes.Call) -> str:
    """Return why a call of `caption` or `figure.versus` will fail; empty if it will not, or if that is unknown yet."""
    if isinstance(call.node, nodes.Name) and call.node.name == "caption":
        word, method = _argument(call, 0, "word"), _argument(call, 1, "method", "plain")
        return _caption_fault(plan, word, method) if word and method else ""
    if isinstance(call.node, nodes.Getattr) and call.node.attr == "versus":
        group = _argument(call, 1, "group")
        if group and group not in plan.groups:
            return f"there is no group {quoted(group)}. {did_you_mean(group, list(plan.groups))}".rstrip(".")
    return ""


def _argument(call: nodes.Call, position: int, name: str, default: str = "") -> str:
    """Return a text argument; empty if it is not a text, or an expression."""
    keywords = {keyword.key: keyword.value for keyword in call.kwargs}
    argument = call.args[position] if position < len(call.args) else keywords.get(name, nodes.Const(default))
    return argument.value if isinstance(argument, nodes.Const) and isinstance(argument.value, str) else ""


def _caption_fault(plan: Plan, word: str, method: str) -> str:
    if plan.unit_named(word) is not None or plan.drawn(word, method):
        return ""
    named = [member for member in plan.members if member.word == word]
    if named:
        drawings = (drawing for member in named for drawing in plan.class_page(member.label).variants)
        hint = f"It is drawn by {', '.join(sorted({drawing.method for drawing in drawings}))}"
    else:
        hint = did_you_mean(word, [member.word for member in plan.members])
    return f"{no_caption(word, method)}. {hint}".rstrip(".")
