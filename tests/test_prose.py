"""The prose follows proselint's rules, uses the field's words and American spelling."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from markdown import markdown
from proselint.checks import __register__
from proselint.config import DEFAULT
from proselint.registry import CheckRegistry
from proselint.tools import LintFile

ROOT = Path(__file__).parents[1]

# The first entry that fits a rule decides.
PROSELINT = {
    "misc.preferred_forms": False,  # takes the end of "Cortés" for "née"
    "weasel_words.very": False,
    **DEFAULT["checks"],
    "typography": False,  # straight quotes, three dots
}
ALLOWED = re.compile("saliency|less and less|more and more")
"""The field's term for a map of gradients, and repetitions that are meant."""

WORDS = {
    r"\w*(colour|neighbour|behaviour|favour|honour)\w*": "color, neighbor, behavior, favor, honor",
    r"\w*(optim|maxim|minim|recogn|visual|normal|initial|regular|general|parameter|local|summar|emphas|penal)is"
    r"(e|es|ed|er|ers|ing|ation|ations|able)": "-ize",
    r"analys(e|ed|ing)": "analyze",
    r"grey\w*|centre\w*|licence\w*|catalogue|whilst|amongst|learnt|programme": "American spelling",
    r"comes? in place \d+|takes? place \d+": "rank",
    r"names? (it )?first|calls? (it )?first": "predicts, top-1",
    r"had no part in|took no part in": "plays no part in",
    r"is believed by|hands on": "is recognized by; passes on",
    r"networks? (says?|said|thinks?|believes?|answers?|speaks?)": "the network predicts, responds",
    r"(fall|falls|falling) silent|silenc(e|es|ing) (units?|neurons?|channels?)": "ablate",
    r"prices?|dear": "penalty, penalty weight",
    r"waves": "frequencies, Fourier coefficients",
    r"in order to|due to the fact|it should be noted|needless to say|as a matter of fact": "leave it out",
    r"obviously|basically|simply put|of course": "leave it out",
}
"""Patterns, and what to write in their place; for words that code may not use either, see test_words.py."""

TITLES = re.compile(r"visualising\s+image\s+classification")
"""In titles of other people's works, spelling is theirs."""

SILENT = re.compile(
    r"\A---\n.*?\n---\n"  # front matter; its title and description are added again below
    r"|\{%.*?%\}|\{\#.*?\#\}|\{\{.*?\}\}"  # Jinja
    r"|^ *```.*?^ *```[^\n]*$|`[^`\n]+`"  # code
    r"|\$\$.*?\$\$|\$[^$\n]+\$"  # equations
    r"|<style>.*?</style>|<pre>.*?</pre>|<[^>]+>"
    r"|\]\([^)]*\)|\{:? ?[#.][^}\n]*\}|\{ [^}\n]*=[^}\n]* \}|https?://\S+"
    r"|\d[\d., –−-]*",  # numbers, which proselint takes for words that are repeated
    re.DOTALL | re.MULTILINE,
)


def prose(text: str) -> str:
    """Put a dash for what is not prose, so that no words meet across it, and keep the lines."""

    described = "\n".join(re.findall(r"(?m)\A---\n|^(?:title|description): (.*)$", text.partition("\n# ")[0]))

    def dash(found: re.Match[str]) -> str:
        return " – " + "\n" * found[0].count("\n")

    blank = TITLES.sub(dash, SILENT.sub(dash, text))
    return f"{blank}\n\n{described}\n"


def glossary() -> dict[str, str]:
    settings = (ROOT / "mkdocs.yml").read_text("utf-8")
    lines = settings.partition("glossary:")[2].partition("  - admonition")[0]
    return {term: text.strip('"') for term, text in re.findall(r"(?m)^ +([^:#]+): (.+)$", lines)}


@cache
def pages() -> dict[str, str]:
    paths = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / "gen/pages/templates").glob("*.jinja")]
    found = {path.relative_to(ROOT).as_posix(): prose(path.read_text("utf-8")) for path in sorted(paths)}
    found["mkdocs.yml, glossary"] = prose("\n".join(glossary().values()))
    return found


def complaints(name: str, text: str) -> Iterator[str]:
    lines = text.splitlines()
    for result in LintFile(name, text).lint({"max_errors": 1000, "checks": PROSELINT}):
        row = result.pos[0]
        if not ALLOWED.search(lines[row - 1].lower()):
            yield f"{name}:{row}: {result.check_result.message}"


@pytest.fixture(scope="module", autouse=True)
def _checks() -> None:
    if not CheckRegistry().checks:
        CheckRegistry().register_many(__register__)


def test_proselint_finds_a_cliche_and_a_repeated_word() -> None:
    found = " ".join(complaints("page.md", prose("# Methods\n\nIt is is recognized at the end of the day.\n")))
    assert "repeated" in found
    assert "cliché" in found


@pytest.mark.parametrize("name", sorted(pages()))
def test_a_page_reads_well(name: str) -> None:
    assert list(complaints(name, pages()[name])) == []


@pytest.mark.parametrize("pattern", WORDS, ids=[pattern[:24] for pattern in WORDS])
def test_the_prose_uses_the_fields_words_and_american_spelling(pattern: str) -> None:
    found = [
        f"{name}:{number}: {line.strip()[:90]}"
        for name, text in pages().items()
        for number, line in enumerate(text.splitlines(), 1)
        if re.search(rf"\b({pattern})\b", line, re.IGNORECASE)
    ]
    assert not found, f"write: {WORDS[pattern]}"


def test_the_compact_networks_tooltip_is_not_alexnets() -> None:
    text = "AlexNet and the compact AlexNet"
    page = markdown(text, extensions=["abbr"], extension_configs={"abbr": {"glossary": glossary()}})
    assert re.findall(r'<abbr title="([^"]*)">([^<]*)<', page) == [
        (glossary()[term], term) for term in ("AlexNet", "compact AlexNet")
    ]
