"""One format for each kind of number, and one form of caption, on every page of both sites."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

import pytest

UNREAD = {"script", "style", "pre", "code", "math", "title"}
"""Elements without prose."""
BLOCKS = {"p", "li", "td", "th", "dt", "dd", "figcaption", "h1", "h2", "h3"} | {"text", "desc", "label", "summary"}
PERCENTAGE = re.compile(r"\d(.?)%")
CERTAINTY = "[<>]\N{NO-BREAK SPACE}"
MEASURES = {
    r"\blogit (?:is )?(−?\d[\d.]*\d)": r"−?\d+\.\d",
    r"\b(?:activation|attribution|usually|Activation) (−?\d[\d.]*\d)": r"−?\d+\.\d\d",
    rf"\bprobability ((?:{CERTAINTY})?\d[\d.]*).%": rf"(?:{CERTAINTY})?\d+\.\d",
}
"""Where a measure stands, and how it is written."""


class Blocks(HTMLParser):
    """The text of a page's blocks, each with the classes of the element that holds it."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[tuple[str, str]] = []
        self._open: list[tuple[str, str]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in BLOCKS:
            self.found.append((tag, ""))
        if tag not in ("br", "img", "input", "link", "meta", "hr", "source", "wbr", "path", "circle", "rect"):
            self._open.append((tag, dict(attrs).get("class") or ""))

    def handle_endtag(self, tag: str) -> None:
        while self._open and self._open.pop()[0] != tag:
            pass
        if tag in BLOCKS:
            self.found.append(("", ""))

    def handle_data(self, data: str) -> None:
        if not any(tag in UNREAD or "fields" in classes.split() for tag, classes in self._open):
            tag, text = self.found[-1] if self.found else ("", "")
            self.found[-1:] = [(tag, text + data)]


def faults(page: str) -> Iterator[str]:
    """Yield what a page writes in another form than the rest of the site."""
    captions = 0
    for tag, raw in Blocks(page).found:
        text = re.sub("[ \t\n]+", " ", raw).strip(" ")
        if re.search(r"(?<![\w\-–/.:#@])-\d", text):
            yield f"a hyphen in place of a minus sign: {text[:90]}"
        if any(space != "\N{NARROW NO-BREAK SPACE}" for space in PERCENTAGE.findall(text)):
            yield f"a percent sign without a narrow space: {text[:90]}"
        for where, form in MEASURES.items():
            if odd := [value for value in re.findall(where, text) if not re.fullmatch(form, value)]:
                yield f"{odd[0]} is not {form}: {text[:90]}"
        if tag == "figcaption" and (number := re.match(r"Figure (\d+)", text)):
            captions += 1
            if number[1] != str(captions) or not re.match(r"Figure \d+\. [A-Z].*[.)]$", text):
                yield f"not a caption's form: {text}"


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("<p>It falls to -3.5.</p>", "hyphen"),
        ("<p>conv4-117, 2026-11-30, fc8:340 - 2, −3.5</p>", ""),
        ("<p>99.4 %</p>", "percent sign"),
        ("<p>99.4\N{NARROW NO-BREAK SPACE}%</p>", ""),
        ("<figcaption>logit −6.1 at the start, logit 3.27 in the file</figcaption>", "3.27"),
        ("<li>36: activation 0.40; attribution 0.969</li>", "0.969"),
        ("<p>with probability &gt;\N{NO-BREAK SPACE}99.99\N{NARROW NO-BREAK SPACE}%</p>", "99.99"),
        ('<figcaption><a class="numbered">Figure 1</a> Three steps.</figcaption>', "caption"),
        ('<figcaption><a class="numbered">Figure 1.</a> Three steps</figcaption>', "caption"),
        ('<figcaption><a class="numbered">Figure 2.</a> Three steps.</figcaption>', "caption"),
        ('<figcaption><a class="numbered">Figure 1.</a> Three steps.</figcaption><pre>-3 5%</pre>', ""),
    ],
)
def test_a_mixed_form_is_found(text: str, fault: str) -> None:
    found = " ".join(faults(text))
    assert (fault in found) if fault else not found


@pytest.mark.parametrize("site", ["fakes", "built"])
def test_every_page_writes_numbers_and_captions_alike(site: str, request: pytest.FixtureRequest) -> None:
    made = request.getfixturevalue(site)
    folder: Path = getattr(made, "folder", made)
    found = {
        f"{page.relative_to(folder)}: {fault}"
        for page in sorted(folder.rglob("*.html"))
        for fault in faults(page.read_text("utf-8"))
    }
    assert not found
