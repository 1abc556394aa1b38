"""Text from settings, store and ledger is text on every page; an author's page reaches values and nothing behind them;
no file outside the site's folders is read."""

from __future__ import annotations

import os
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import fakes
import pytest

from actmax.errors import ActmaxError, StoreError
from actmax.store import Entry, Store
from gen import site
from gen.ledger import Address, Ledger
from gen.pages import Contents, SiteInfo, authored, files, filled_in
from gen.pages.markdown import split_front_matter
from gen.plan import Plan, class_pages
from gen.settings import SettingsError, read

Plans = Callable[..., Plan]
Draws = Callable[..., dict[str, Entry]]
Text = Callable[[str], str]

HOSTILE = [
    'x"><script>alert(1)</script>',
    "x' onmouseover='alert(1)",
    "x</b></li></section><img src=x onerror=alert(1)>",
    "x {{ 7*7331 }} {% for a in b %}",
    "x | y **b** _e_ `c` ~~s~~ $m$ [l](javascript:alert(1)) ![i](j)",
    "x ``` ~~~ <!-- <![CDATA[ <?php",
    "x &lt;script&gt; { #anchor .class }",
    '--8<-- "LICENSE" x',
    "*[x]: y",
    "]: x",
    "--- x",
    "# x",
    "x <!-- /finished --> y",
    '<div data-part="0"></div>',
    "x …\N{RIGHT-TO-LEFT OVERRIDE}\N{ZERO WIDTH SPACE}é",
]
LINES = ["x\n\n```\ncode\n```\n", "x\r\n~~~\r\ny", "x\n\n    indented", "x\n---\ny: z\n---\n", "x\n\n</section>\n\n# y"]


class Shape(HTMLParser):
    """The elements of a page and the names of their attributes: what text must not change."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, tuple[str, ...]]] = []
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, tuple(name for name, _ in attrs)))


@pytest.fixture
def shapes(planned: Plans, drawn: Draws, rendered: Text) -> Callable[..., dict[str, list[Any]]]:
    """The elements of each page of a small gallery in which a text stands wherever an author or a store puts one."""

    def made(group: str, word: str, site_name: str, device: str) -> dict[str, list[Any]]:
        plan = planned({group: ["zebra", {word: "sports car"}], "others": ["zebra", "tiger"]}, seeds=[0, 1])
        provenance = fakes.PROVENANCE.model_copy(update={"device": device})
        contents = Contents(plan, drawn(plan, provenance=provenance), site=SiteInfo("https://example.org/", site_name))
        pages = {path: content for path, content in files(contents) if isinstance(content, str)}
        text = f"---\nmeasured: true\n---\n{{{{ caption({word!r}, 'robust') }}}}\n"
        pages["page.md"] = str(filled_in(contents, "page.md", text))
        alias = {path for path in pages if path.endswith(".html")}
        bodies = {path: rendered(split_front_matter(page)[1]) for path, page in pages.items() if path.endswith(".md")}
        assert not [path for path, body in bodies.items() if "51317" in body]
        return {path: Shape(body).elements for path, body in bodies.items()} | {
            str(index): Shape(pages[path]).elements for index, path in enumerate(sorted(alias))
        }

    return made


@pytest.mark.parametrize("text", HOSTILE)
def test_text_of_settings_and_store_changes_no_element_of_any_page(shapes: Callable[..., Any], text: str) -> None:
    assert shapes(f"{text} g", f"{text} w", text, text) == shapes("x g", "x w", "x", "x")


@pytest.mark.parametrize("text", LINES)
def test_a_name_of_several_lines_changes_no_element_of_any_page(shapes: Callable[..., Any], text: str) -> None:
    assert shapes("x g", "x w", text, text) == shapes("x g", "x w", "x", "x")


@pytest.mark.parametrize("text", [*LINES, "a\0b", "a\x1bb", "half \ud800 a sign", "x" * 20_000])
@pytest.mark.parametrize("where", ["group", "word", "class", "store", "preset"])
def test_line_breaks_control_characters_and_long_texts_are_refused(text: str, where: str) -> None:
    values: dict[str, Any] = {"groups": {"animals": ["zebra"]}}
    if where == "group":
        values["groups"] = {text: ["zebra"]}
    elif where == "word":
        values["groups"] = {"animals": [{text: "zebra"}]}
    elif where == "class":
        values["groups"] = {"animals": [text]}
    elif where == "store":
        values["store"] = text
    else:
        values["methods"] = {"mine": {"preset": text}}
    with pytest.raises(SettingsError) as caught:
        class_pages(read(values))
    message = str(caught.value)
    assert message.startswith("extra.gallery")
    assert len(message) < 500
    assert message.isprintable()


def nested(levels: int) -> Any:
    value: Any = ["zebra"]
    for _ in range(levels):
        value = [value]
    return value


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"groups": {"animals": nested(5000)}}, "nested too deep"),
        ({"groups": {"animals": [10**5000]}}, "no ImageNet class of so many digits"),
        ({"groups": {"animals": ["9" * 150]}}, "no ImageNet class"),
        ({"groups": {"animals": [b"zebra"]}}, "not the name, index or WNID"),
        ({"groups": {"animals": [{"a": {1, 2}}]}}, "not the name, index or WNID"),
    ],
)
def test_values_of_types_that_no_setting_has_are_refused_in_a_short_message(values: Any, words: str) -> None:
    with pytest.raises(SettingsError, match=words) as caught:
        read(values)
    assert len(str(caught.value)) < 500


def test_a_folder_of_nobody_is_named(tmp_path: Path) -> None:
    values = {"network": "compact", "groups": {"animals": ["zebra"]}, "store": "~nobody-at-all/x"}
    with pytest.raises(SettingsError, match=r"extra\.gallery\.store in mkdocs\.yml is '~nobody-at-all/x'"):
        site.prepare(site.Project(values, tmp_path / "mkdocs.yml"))


def test_one_message_lists_all_unknown_classes() -> None:
    with pytest.raises(SettingsError) as caught:
        read({"groups": {"animals": ["zebre", "zebra", "tigre"], "fish": ["goldfsh"]}})
    for word in ("animals[0]", "'zebre'", "animals[2]", "'tigre'", "fish[0]", "'goldfsh'"):
        assert word in str(caught.value)


# The ledger.


@pytest.mark.parametrize("anchor", ["*a*", "a.b", "a'b"[:1], "größe", "a:b", "__a__", "a~b", "a)b"])
def test_an_anchor_that_a_ledger_may_hold_is_an_id_on_its_page_and_nothing_else(
    planned: Plans, drawn: Draws, rendered: Text, anchor: str
) -> None:
    plan = planned({"animals": ["zebra"]})
    addresses = {"gallery/zebra/": Address(anchors=(anchor,)), "gallery/tench/": Address(anchors=(anchor,))}
    contents = Contents(plan, drawn(plan), published=Ledger(addresses=addresses))
    pages = {path: content for path, content in files(contents) if isinstance(content, str)}
    for slug in ("zebra", "tench"):
        body = rendered(split_front_matter(pages[f"gallery/{slug}/index.md"])[1])
        assert body.count(f'<span id="{anchor}"></span>') == 1


# An author's page.

ATTACKS = [
    "{{ caption.__globals__ }}",
    "{{ caption.func }}",
    "{{ caption.args }}",
    "{{ figure.onion.keywords }}",
    "{{ caption.__closure__[0].cell_contents }}",
    "{{ ''.__class__.__mro__ }}",
    "{{ (''|attr('__class__')) }}",
    "{{ ().__class__.__base__.__subclasses__() }}",
    "{{ '{0.__globals__}'.format(caption) }}",
    "{{ cycler.__init__.__globals__ }}",
    "{{ lipsum }}",
    "{{ self._TemplateReference__context }}",
    "{{ network.update({'title': 'x'}) }}",
    "{{ presets.plain.clear() }}",
    "{{ settings_fields.append(1) }}",
    "{% include 'class.md.jinja' %}",
    "{% import 'macros.md.jinja' as m %}",
    "{% extends '../../../etc/passwd' %}",
    "{{ plan.source.path }}",
    "{{ at.link }}",
    "{{ range(10**9) }}",
]


@pytest.fixture
def contents(planned: Plans, drawn: Draws) -> Contents:
    plan = planned({"animals": ["zebra"]})
    return Contents(plan, drawn(plan))


@pytest.mark.parametrize("attack", ATTACKS)
def test_a_page_cannot_reach_objects_behind_its_values(contents: Contents, attack: str) -> None:
    with pytest.raises(ActmaxError, match=r"docs/page\.md"):
        filled_in(contents, "page.md", f"---\nmeasured: true\n---\n{attack}\n")


def test_a_page_is_given_plain_values(contents: Contents) -> None:
    def plain(value: object) -> bool:
        if isinstance(value, dict):
            return all(isinstance(key, str) and plain(inner) for key, inner in value.items())
        if isinstance(value, list):
            return all(map(plain, value))
        return value is None or type(value) in (str, int, float, bool) or type(value) is type(plain)

    assert plain(authored.values(contents))


def test_a_fault_of_ours_is_not_blamed_on_the_page(contents: Contents, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> str:
        raise RuntimeError("a fault of ours")

    monkeypatch.setattr(authored, "caption", broken)
    with pytest.raises(RuntimeError, match="a fault of ours"):
        filled_in(contents, "page.md", "---\nmeasured: true\n---\n{{ caption('zebra') }}\n")


def test_an_error_of_a_page_is_chained_to_its_cause(contents: Contents) -> None:
    with pytest.raises(ActmaxError) as caught:
        filled_in(contents, "page.md", "---\nmeasured: true\n---\n{{ 1 / 0 }}\n")
    assert isinstance(caught.value.__cause__, ZeroDivisionError)


# Files.


def test_only_regular_files_within_docs_are_read(contents: Contents, tmp_path: Path) -> None:
    docs, outside = tmp_path / "docs", tmp_path / "outside"
    docs.mkdir()
    outside.mkdir()
    page = "---\nmeasured: true\n---\n{{ network.title }}\n"
    (docs / "own.md").write_text(page)
    (outside / "secret.md").write_text("# A secret\n")
    (docs / "link.md").symlink_to(outside / "secret.md")
    (docs / "folder").symlink_to(outside, target_is_directory=True)
    (docs / "dangling.md").symlink_to(outside / "nothing.md")
    os.mkfifo(docs / "pipe.md")
    (docs / "dir.md").mkdir()
    values = {"network": "compact", "groups": {"animals": ["zebra"]}}
    prepared = site.prepare(site.Project(values, tmp_path / "mkdocs.yml", docs))
    assert dict(prepared.authored) == {"own.md": page}
    written = {path for path, _ in site.files(prepared, contents) if path.endswith(".md") and "gallery" not in path}
    assert written == {"own.md"}


def test_a_drawing_that_is_replaced_during_the_build_fails_it_with_a_message(contents: Contents, store: Store) -> None:
    (entry,) = contents.entries.values()
    made = files(contents)
    store.put({**fakes.files(entry.recipe), "drawing.png": b"another"}, entry.record)
    with pytest.raises(StoreError, match="was replaced, removed or damaged while it was being read"):
        list(made)
