"""Where pages of the author's ask for drawings, and what is left alone."""

from __future__ import annotations

import pytest

from actmax.errors import ActmaxError
from gen.pages.calls import calls, replaced
from gen.plan import Shown

CALL = '{{ drawing("tiger") }}'
LEFT = {
    "in a line of code": f"See `{CALL}`.",
    "in code with two ticks": f"See `` `{CALL}` ``.",
    "in a block of code": f"```\n{CALL}\n```",
    "in a block that has no end": f"~~~ jinja\n{CALL}\n",
    "in a block within a list": f"- A list:\n\n    ```\n    {CALL}\n    ```\n",
    "indented code": f"Words.\n\n    {CALL}\n",
    "raw text of the macros plugin": f"{{% raw %}}{CALL}{{% endraw %}}",
    "a comment": f"<!-- {CALL} -->",
    "an element of code": f"<pre><code>\n{CALL}\n</code></pre>",
    "front matter": f"---\ntitle: '{CALL}'\n---\nWords.",
    "another macro": '{{ my_drawing("tiger") }} {{ drawings("tiger") }} {{ draw.drawing("x") }}',
    "words": 'drawing("tiger")',
}
FOUND = {
    "a line": CALL,
    "a line of text": f"See {CALL} here.",
    "a list": f"- A list:\n\n    {CALL}\n",
    "an admonition": f"!!! note\n    {CALL}\n",
    "a table": f"| A |\n| --- |\n| {CALL} |\n",
    "after code": f"```\nx\n```\n\n{CALL}\n\n`a` b",
    "without spaces": '{{drawing("tiger")}}',
    "beside a macro": f"{{{{ theirs }}}} {CALL} {{% if theirs %}}x{{% endif %}}",
    "with Windows line breaks": f"Words.\r\n\r\n{CALL}\r\n",
}


@pytest.mark.parametrize("name", LEFT)
def test_what_is_no_call_stays_as_it_is(name: str) -> None:
    assert list(calls(LEFT[name])) == []
    assert replaced(LEFT[name], lambda word: word) is None


@pytest.mark.parametrize("name", FOUND)
def test_a_call_becomes_its_drawing_and_nothing_else_changes(name: str) -> None:
    text = FOUND[name]
    assert [call.shown for call in calls(text)] == [Shown("tiger")]
    wanted = text.replace('{{drawing("tiger")}}', "TIGER").replace(CALL, "TIGER")
    assert replaced(text, lambda word: word.upper()) == wanted


def test_lines_and_arguments_are_known() -> None:
    text = '---\ntitle: A\n---\n\n{{ drawing("conv4:117", method="robust") }}\n\n{{ drawing("tiger", "plain", 3) }}\n'
    found = list(calls(text))
    assert [(call.line, call.shown) for call in found] == [
        (5, Shown("conv4:117", "robust")),
        (7, Shown("tiger", "plain", 3)),
    ]
    assert [call.shown.anchor for call in found] == ["drawing-conv4-117-robust", "drawing-tiger-plain-seed-3"]


def test_expressions_of_a_measured_page_have_calls() -> None:
    text = '---\nmeasured: true\n---\n{% if network %}\n{{ drawing("tiger") ~ "." }}{% endif %}\n'
    assert [(call.line, call.shown.word) for call in calls(text)] == [(5, "tiger")]


@pytest.mark.parametrize(
    "arguments",
    ["", "3", '"tiger", 3', '"tiger", seed=-1', '"tiger", seed=1.5', '"tiger", size=9', "word", '"a", "b", 1, 2', '""'],
)
def test_arguments_that_are_none_are_refused_with_their_line(arguments: str) -> None:
    with pytest.raises(ActmaxError, match=r'^line 2: write a class or a target, .* drawing\("conv4:117"'):
        list(calls(f"Words.\n{{{{ drawing({arguments}) }}}}\n"))


def test_a_call_that_cannot_be_read_is_refused_with_its_line() -> None:
    with pytest.raises(ActmaxError, match=r'^line 1: \{\{ drawing\("tiger" cat\) \}\}: '):
        list(calls('{{ drawing("tiger" cat) }}'))
