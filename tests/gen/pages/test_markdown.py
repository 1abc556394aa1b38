"""The filters: numbers as a reader wants them, and any text through Markdown and YAML unharmed."""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from typing import Any

import jinja2
import pytest
import yaml

from gen.figures.svg import PERCENT
from gen.pages.markdown import (
    DECLINED,
    attribute,
    counted,
    declining,
    escape,
    front_matter,
    hundredths,
    number,
    p_value,
    percent,
    setting,
    share,
    split_front_matter,
    tenths,
)
from gen.pages.templating import package_environment


@pytest.mark.parametrize(
    ("part", "text"),
    [
        (1.0, "> 99.9 %"),
        (0.9995, "> 99.9 %"),
        (0.9994, "99.9 %"),
        (0.9937, "99.4 %"),
        (0.5, "50.0 %"),
        (0.01, "1.0 %"),
        (0.001, "0.1 %"),
        (0.0005, "0.1 %"),
        (0.00049, "< 0.1 %"),
        (0.0, "< 0.1 %"),
    ],
)
def test_a_probability_is_a_percentage_and_never_certain(part: float, text: str) -> None:
    assert percent(part) == text.replace(" %", f"{PERCENT}").replace(" ", "\N{NO-BREAK SPACE}")


def test_a_count_has_an_interval() -> None:
    assert counted(8, 17) == f"8 of 17 (95{PERCENT} interval 26–69{PERCENT})"


@pytest.mark.parametrize(
    ("p", "text"), [(0.0214, "p = .021"), (0.001, "p = .001"), (0.0009, "p < .001"), (0.5, "p = .500"), (1.0, "p = 1")]
)
def test_a_p_value_has_three_digits(p: float, text: str) -> None:
    assert p_value(p).replace("\N{NO-BREAK SPACE}", " ") == text


def test_a_share_has_its_interval() -> None:
    assert share(0.38, 100) == f"38 of 100 (29–48{PERCENT})"
    assert share(1.0, 20) == f"20 of 20 (84–100{PERCENT})"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (123.456, "123.5"),
        (12.34, "12.3"),
        (10, "10.0"),
        (4.5678, "4.57"),
        (0.01234, "0.0123"),
        (0, "0"),
        (-1.5, "\N{MINUS SIGN}1.5"),
        (-123.4, "\N{MINUS SIGN}123.4"),
        (1e-7, "1e\N{MINUS SIGN}07"),
    ],
)
def test_a_setting_has_three_digits_or_one_decimal_and_a_real_minus(value: float, text: str) -> None:
    assert number(value) == text


@pytest.mark.parametrize(
    ("value", "logit", "activation"),
    [
        (97.94, "97.9", "97.94"),
        (3.0, "3.0", "3.00"),
        (0.0007, "0.0", "0.00"),
        (-0.004, "0.0", "0.00"),
        (-6.125, "\N{MINUS SIGN}6.1", "\N{MINUS SIGN}6.12"),
        (None, "–", "–"),
    ],
)
def test_a_quantity_always_has_the_same_number_of_decimals(value: float | None, logit: str, activation: str) -> None:
    assert (tenths(value), hundredths(value)) == (logit, activation)


WORDS = [
    "zebra",
    "jack-o'-lantern",
    "carpenter's kit",
    'a "quoted" word',
    "a|b *c* <d>",
    "**bold** __strong__ _em_ `code`",
    "snake_case_word",
    r"back\slash \* \\",
    "[text](address) ![image](file.png) [ref][1]",
    "a { .class } {: #id } {{ jinja }} {% tag %}",
    "# heading #",
    "a ~~struck~~ H~2~O",
    "&amp; &lt; &#124; AT&T",
    "<script>alert(1)</script> <!-- comment -->",
    "https://example.com/ <https://example.com/>",
    '--8<-- "ascent/gradient.py"',
    "1. first",
    "+ plus - minus",
    "!!! note",
    "a $x$ and $$y$$",
    "Åéîø – 斑马 🦓",
]


@pytest.mark.parametrize(
    "frame",
    [
        "So {} is",
        "# {}",
        "**{}** and *{}*",
        "- so {}",
        "| Head | Head |\n| --- | --- |\n| {} | {} |",
        '!!! note "{}"\n    So {}',
        '??? info "{}"\n\n    So {}',
        "[{}](index.md){{ .class }}",
        "<span>{}</span>",
    ],
)
@pytest.mark.parametrize("word", WORDS)
def test_any_text_is_shown_literally_in_each_context(
    rendered: Callable[[str], str], visible: Callable[[str], str], word: str, frame: str
) -> None:
    page = rendered(frame.format(*[escape(word)] * frame.count("{}")))
    assert visible(page).count(word) == frame.count("{}"), page
    assert "<script" not in page


@pytest.mark.parametrize("word", WORDS)
def test_any_text_is_literal_as_a_text_alternative(rendered: Callable[[str], str], word: str) -> None:
    (found,) = re.findall(r'alt="([^"]*)"', rendered(f"![{escape(word)}](picture.png)"))
    assert html.unescape(found) == word


@pytest.mark.parametrize("word", WORDS)
def test_any_text_fits_an_attribute(word: str) -> None:
    assert not set('<>"') & set(attribute(word))
    assert html.unescape(attribute(word)) == word


@pytest.mark.parametrize("word", [*WORDS, "yes", "1", "null", "a: b", "---", "two\nlines", "x" * 200])
def test_front_matter_holds_any_text(word: str) -> None:
    text = front_matter(title=word, description="D") + "# Page\n"
    assert split_front_matter(text) == ({"title": word, "description": "D", **DECLINED}, "# Page\n")
    assert yaml.safe_load(text.split("---\n")[1] if word != "---" else text[4:-11])["title"] == word


@pytest.mark.parametrize("ends", ["\n", "\r\n"])
def test_a_page_that_is_filled_in_declines_other_plugins_unless_it_names_them(ends: str) -> None:
    text = f"---{ends}measured: true{ends}glightbox: true{ends}---{ends}# Page{ends}---{ends}"
    head, body = split_front_matter(text)
    left, same = split_front_matter(declining(text, head))
    assert left == {"measured": True, "glightbox": True, "render_macros": False}
    assert same == body


@pytest.mark.parametrize(
    ("text", "head", "rest"),
    [
        ("---\nmeasured: true\n---\nbody", {"measured": True}, "body"),
        ("---\r\nmeasured: true\r\n---\r\nbody", {"measured": True}, "body"),
        ("--- \nmeasured: true\n---\t\nbody", {"measured": True}, "body"),
        ("---\nmeasured: true\n...\nbody", {"measured": True}, "body"),
        ("---\na: 1\n---\n---\nb: 2\n---\n", {"a": 1}, "---\nb: 2\n---\n"),
        ("body", {}, "body"),
        ("", {}, ""),
        ("\n---\na: 1\n---\n", {}, "\n---\na: 1\n---\n"),
        ("---\n- a list\n---\nbody", {}, "body"),
        ("---\na: [\n---\nbody", {}, "---\na: [\n---\nbody"),
        ("---\nno end", {}, "---\nno end"),
    ],
)
def test_front_matter_is_split_as_mkdocs_splits_it(text: str, head: dict[str, Any], rest: str) -> None:
    assert split_front_matter(text) == (head, rest)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (".cache", "`.cache`"),
        (224, "`224`"),
        (None, "`null`"),
        (False, "`false`"),
        ([0], "`[0]`"),
        ({"robust": None}, "`[robust]`"),
    ],
)
def test_a_setting_is_formatted_as_yaml(value: object, text: str) -> None:
    assert setting(value) == text


def test_an_undefined_name_in_a_template_is_an_error() -> None:
    with pytest.raises(jinja2.UndefinedError, match="zebra"):
        package_environment().from_string("{{ zebra }}").render()
