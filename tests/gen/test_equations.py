"""Equations become MathML wherever an author may write them, or fail the build."""

from __future__ import annotations

import re
from xml.etree import ElementTree as etree

import pytest
from markdown import Markdown

from gen.equations import Equations, MathError, mathml


def html(text: str) -> str:
    made = Markdown(extensions=["tables", "attr_list", "toc", "md_in_html", Equations()])
    return made.convert(text)


@pytest.mark.parametrize(
    ("tex", "words"),
    [
        ("x_{k+1} = x_k + \\alpha\\nabla_x h_i(x_k)", "xk+1=xk+α∇xhi(xk)"),
        ("h(x): \\mathbb{R}^{input} \\rightarrow \\mathbb{R}^{output}", "h(x):ℝinput→ℝoutput"),
        ("\\phi(h_i(x)) \\doteq x^*", "ϕ(hi(x))≐x*"),
        ("\\|x\\| = \\rho", "‖x‖=ρ"),
        ("\\begin{align*}a &= b \\\\ c &= d\\end{align*}", "a=bc=d"),
        ("a < b", "a<b"),
        ("\\frac{1}{2}", "12"),
        ("\\argmax_x h(x)", "arg maxxh(x)"),
    ],
)
def test_tex_becomes_valid_mathml(tex: str, words: str) -> None:
    element = etree.fromstring(mathml(tex))
    assert element.tag.endswith("}math")
    assert "".join(element.itertext()).replace("\u2009", " ") == words


def test_what_a_maximum_is_taken_over_stands_below_it_in_a_display() -> None:
    for tex in ("\\argmax_x h", "\\max_{x} h", "\\lim _x h"):
        assert "<munder>" in mathml(tex, display=True)
        assert "<munder>" not in mathml(tex)


@pytest.mark.parametrize(
    ("tex", "expected"),
    [
        ("\\undefined x", "uses \\undefined,"),
        ("\\frac{1}{2", "braces do not match"),
        ("\\begin{aligned}a &= b\\end{aligned}", "'&'"),
        ("a & b", "'&'"),
    ],
)
def test_tex_that_cannot_be_converted_is_an_error(tex: str, expected: str) -> None:
    with pytest.raises(MathError) as error:
        mathml(tex)
    assert expected in str(error.value)
    with pytest.raises(MathError):
        html(f"Before ${tex}$ after.")
    with pytest.raises(MathError):
        html(f"$$\n{tex}\n$$")


@pytest.mark.parametrize(
    "text",
    [
        "Take $x_k$ and $x_{k+1}$, *both* of them.",
        "Let $$h(x)$$ be a network.",
        "# On $\\alpha$",
        "| a | b |\n| - | - |\n| $x$ | $y$ |",
        "- an item with $x$\n- another with $y_{1}$",
        "> quoted $x$",
        "broken over $a +\nb$ lines",
        "<div markdown>\nwithin a block $x$\n</div>",
    ],
)
def test_inline_equations_leave_no_dollar(text: str) -> None:
    made = html(text)
    assert made.count("<math") == text.count("$") // (4 if "$$" in text else 2)
    assert 'display="inline"' in made
    assert "$" not in made
    assert "\\" not in made


def test_a_display_equation_is_a_block() -> None:
    made = html("Before\n\n$$\nx^* = x_k\n$$\n\nafter")
    assert '<div class="equation"><math' in made
    assert 'display="block"' in made
    assert "<p><div" not in made
    assert "$" not in made


def test_folded_equations_can_be_linked_to_and_are_not_numbered() -> None:
    made = Markdown(extensions=["md_in_html", Equations()])
    fold = "<details markdown>\n<summary>S</summary>\n\n$$b$$ { #folded }\n\n</details>"
    text = made.convert(f"$$a$$ {{ #first }}\n\n{fold}\n\n$$c$$ {{ #second }}")
    assert 'id="folded"' in text
    assert re.findall(r'aria-label="(.*?)"', text) == ["Equation 1", "Equation 2"]


def test_equations_with_an_id_are_numbered_from_one_on_each_page() -> None:
    made = Markdown(extensions=["attr_list", Equations()])
    page = "$$a$$ { #first }\n\n$$b$$\n\n$$c$$ { #second }"
    for _ in range(2):
        text = made.reset().convert(page)
        assert '<div class="equation" id="first">' in text
        assert '<a href="#first" aria-label="Equation 1">(1)</a>' in text
        assert '<a href="#second" aria-label="Equation 2">(2)</a>' in text
        assert text.count("(2)") == 1


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("`$x$`", "$x$"),
        ("    $x$", "$x$"),
        ("costs \\$5 and \\$6", "costs $5 and $6"),
        ("from $5 to $6", "from $5 to $6"),
        ("one $ alone", "one $ alone"),
    ],
)
def test_other_dollars_stay(text: str, shown: str) -> None:
    made = html(text)
    assert shown in made
    assert "<math" not in made
