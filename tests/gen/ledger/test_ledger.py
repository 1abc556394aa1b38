"""The ledger: what was published is never forgotten, and a strict build reports what was lost."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from installed import HOSTS
from typer.testing import CliRunner

from actmax.errors import ActmaxError, StoreError
from actmax.networks import labels
from actmax.store import Entry
from gen import ledger
from gen.__main__ import app
from gen.ledger import Address, Ledger, kept, losses, record
from gen.plan import Plan

GEN = Path(__file__).parents[3] / "gen"
PNG = b"\x89PNG, or so"
DRAWING = f"gallery/drawings/{hashlib.sha256(PNG).hexdigest()[:16]}.png"
EMPTY = Ledger(addresses={})


class Folder:
    """A built site, page by page, and the author's docs/."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.site = root / "site"
        self.docs = root / "docs"
        self.ledger = self.docs / "gallery" / "ledger.json"
        self.site.mkdir()
        self.docs.mkdir()
        (root / "mkdocs.yml").write_text("site_name: A site\n")

    def page(self, address: str, *ids: str) -> None:
        """A page as Material builds it, with a heading for each id."""
        headings = "".join(f'<h2 id="{name}">Words<a class="headerlink" href="#{name}">¶</a></h2>' for name in ids)
        self.html(
            address,
            f'<!doctype html><html><head><title>A page</title></head><body><nav><h2 id="menu">Menu</h2></nav>'
            f'<article class="md-content"><h1 id="title">Title</h1>{headings}</article></body></html>',
        )

    def redirect(self, address: str, url: str) -> None:
        self.html(address, f'<!doctype html><meta charset="utf-8"><meta http-equiv="refresh" content="0; url={url}">')

    def html(self, address: str, text: str) -> None:
        path = self.site / (f"{address}index.html" if address.endswith("/") or not address else address)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")

    def picture(self, address: str = DRAWING, data: bytes = PNG) -> None:
        path = self.site / address
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)

    def record(self, *words: str, fails: bool = False) -> str:
        result = CliRunner().invoke(app, ["record", *words, "--config", str(self.root / "mkdocs.yml")])
        assert result.exit_code == int(fails), result.output
        return result.output.strip()

    def recorded(self, old: Ledger = EMPTY) -> Ledger:
        return record.recorded(self.site, old)

    def lost(self, old: Ledger) -> list[str]:
        return losses.lost(old, self.site)


@pytest.fixture
def empty(tmp_path: Path) -> Folder:
    return Folder(tmp_path)


@pytest.fixture
def folder(empty: Folder) -> Folder:
    """A front page, a class with two redirects, a picture, and what is never recorded."""
    empty.page("")
    empty.page("404.html", "never")
    empty.page("gallery/zebra/", "robust-seed-0", "robust-seed-1")
    empty.redirect("gallery/340/", "../zebra/")
    empty.redirect("gallery/stripes/", "../zebra/#robust-seed-1")
    empty.picture()
    (empty.site / "sitemap.xml").write_text("<xml/>")
    return empty


# What is recorded.


def test_pages_redirects_and_pictures_are_recorded(folder: Folder) -> None:
    assert folder.recorded().addresses == {
        "": Address(anchors=()),
        "gallery/zebra/": Address(anchors=("robust-seed-0", "robust-seed-1")),
        "gallery/340/": Address(to="gallery/zebra/"),
        "gallery/stripes/": Address(to="gallery/zebra/#robust-seed-1"),
        DRAWING: Address(),
    }


def test_anchors_are_the_ids_of_headings_and_of_the_class_anchor_inside_the_article(empty: Folder) -> None:
    empty.html(
        "",
        """<body><h2 id="outside">Menu</h2><!-- <article> --><article>
        <h1 id="title">T</h1><h2 id='single'>A</h2><h3 id=bare>B</h3><h6 class="x" id="caf&eacute;">C</h6><h4>none</h4>
        <!-- <h2 id="comment">gone</h2> --><p id="paragraph">D</p><span class="wide anchor" id="kept"></span>
        <span class="anchors" id="no"></span><h2 id="__comments">E</h2><h2 id="fn:1">F</h2>
        <a class="anchor" id="fnref:1"></a><code>&lt;h2 id="code"&gt;</code>
        <article><h2 id="inner">G</h2></article><h5 title="a > b" id="after">H</h5></article>
        <aside><h2 id="between">I</h2></aside><article><h2 id="second">J</h2></article>
        <footer><h2 id="footer">K</h2></footer></body>""",
    )
    empty.html("bare/", '<body><h2 id="no-article">L</h2></body>')
    found = empty.recorded()
    assert found.anchors("") == ("after", "bare", "café", "inner", "kept", "second", "single")
    assert found.anchors("bare/") == ()
    assert empty.lost(empty.recorded()) == []


@pytest.mark.parametrize(
    ("here", "url", "to"),
    [
        ("gallery/340/", "../zebra/", "gallery/zebra/"),
        ("gallery/340/", "../zebra/index.html", "gallery/zebra/"),
        ("gallery/340/", "/gallery/zebra/", "gallery/zebra/"),
        ("gallery/340/", "../../", ""),
        ("old.html", "new.html#part", "new.html#part"),
        ("alt/", "../caf%C3%A9/", "café/"),
        ("alt/", "https://example.org/x/", "https://example.org/x/"),
    ],
)
def test_a_redirect_is_recorded_with_the_address_it_leads_to(empty: Folder, here: str, url: str, to: str) -> None:
    empty.redirect(here, url)
    old = empty.recorded()
    assert old.addresses == {here: Address(to=to)}
    assert empty.lost(old) == []


def test_a_redirect_may_look_like_a_page(empty: Folder) -> None:
    empty.html("old/", '<meta content="0;URL=\'../new/\'" http-equiv="Refresh"><article><h2 id="a">A</h2></article>')
    assert empty.recorded().addresses == {"old/": Address(to="new/")}
    assert empty.lost(empty.recorded()) == []


def test_a_page_that_reloads_itself_or_mentions_redirects_is_no_redirect(empty: Folder) -> None:
    empty.html("reloads/", '<meta http-equiv="refresh" content="30"><article><h2 id="a">A</h2></article>')
    empty.html("speaks/", '<article><h2 id="b">B</h2><code>&lt;meta http-equiv="refresh"&gt;</code></article>')
    old = empty.recorded()
    assert old.addresses == {"reloads/": Address(anchors=("a",)), "speaks/": Address(anchors=("b",))}
    assert empty.lost(old) == []


def test_the_ledger_is_only_added_to(folder: Folder) -> None:
    old = folder.recorded()
    folder.page("gallery/zebra/", "robust-seed-1", "plain-seed-0")
    folder.redirect("gallery/340/", "../tiger/")  # leads elsewhere
    folder.page("gallery/stripes/", "own")  # became a page
    folder.redirect("", "new/")  # became a redirect
    folder.page("gallery/tiger/")
    (folder.site / DRAWING).unlink()
    new = folder.recorded(old)
    assert new.addresses == {
        **old.addresses,
        "gallery/zebra/": Address(anchors=("plain-seed-0", "robust-seed-0", "robust-seed-1")),
        "gallery/tiger/": Address(anchors=()),
    }
    assert folder.recorded(new) == new


@pytest.mark.parametrize("kind", ["absent", "empty", "without pages"])
def test_a_folder_without_a_built_site_is_not_recorded(empty: Folder, kind: str) -> None:
    if kind == "absent":
        empty.site.rmdir()
    if kind == "without pages":
        empty.picture()
        empty.page("404.html")
    output = empty.record(fails=True)
    assert "mkdocs build" in output
    assert "site" in output
    assert not empty.ledger.exists()


# The file.


def test_the_file_has_an_address_per_line_sorted_and_is_read_back(folder: Folder) -> None:
    folder.page("café/", "größe")
    folder.record()
    text = folder.ledger.read_text("utf-8")
    values = json.loads(text)
    assert values["schema"] == 1
    assert values["addresses"]["gallery/zebra/"] == {"anchors": ["robust-seed-0", "robust-seed-1"]}
    assert values["addresses"]["gallery/340/"] == {"to": "gallery/zebra/"}
    assert values["addresses"][DRAWING] == {}
    assert list(values["addresses"]) == sorted(values["addresses"])
    assert '"café/": {"anchors": ["größe"]}' in [line.rstrip(",") for line in text.splitlines()]
    assert len(text.splitlines()) == 2 + len(values["addresses"])
    assert ledger.read(folder.ledger) == folder.recorded()


def test_an_absent_ledger_is_empty(tmp_path: Path) -> None:
    assert ledger.read(tmp_path / "ledger.json") == EMPTY


DAMAGED = {
    "half a file": b'{"schema": 1, "addresses": {"gallery/zebra/": {"anch',
    "no UTF-8": b'{"schema": 1, "addresses": {"caf\xe9/": {}}}',
    "nothing": b"",
    "a list": b"[]",
    "no addresses": b'{"schema": 1}',
    "a merge": b'{"schema": 1, "addresses": {\n<<<<<<< HEAD\n"": {}\n=======\n"a/": {}\n>>>>>>> b\n}}\n',
    "a key too many": b'{"schema": 1, "addresses": {"": {"anchor": []}}}',
    "anchors that are no words": b'{"schema": 1, "addresses": {"": {"anchors": [1]}}}',
    "brackets without end": b'{"schema": 1, "addresses": ' + b"[" * 100_000,
    "an address outside of the site": b'{"schema": 1, "addresses": {"gallery/../../x/": {}}}',
    "an address of the disk": b'{"schema": 1, "addresses": {"/etc/passwd": {}}}',
    "an address of another site": b'{"schema": 1, "addresses": {"https://example.com/": {}}}',
    "an address with a strange sign": b'{"schema": 1, "addresses": {"a\\u0000b/": {}}}',
    "half a sign": b'{"schema": 1, "addresses": {"a\\ud800/": {}}}',
    "a long address": b'{"schema": 1, "addresses": {"' + b"a" * 5000 + b'/": {}}}',
    "an anchor that is HTML": b'{"schema": 1, "addresses": {"": {"anchors": ["a\\"><script>"]}}}',
    "an anchor that is Jinja": b'{"schema": 1, "addresses": {"": {"anchors": ["{{7*7}}"]}}}',
    "a redirect to a script": b'{"schema": 1, "addresses": {"a/": {"to": "javascript:alert(1)"}}}',
    "a redirect to no URL": b'{"schema": 1, "addresses": {"a/": {"to": "http://["}}}',
}


@pytest.mark.parametrize("content", DAMAGED.values(), ids=DAMAGED.keys())
def test_a_damaged_ledger_is_named_and_left_alone(folder: Folder, content: bytes) -> None:
    folder.ledger.parent.mkdir()
    folder.ledger.write_bytes(content)
    with pytest.raises(ActmaxError) as caught:
        ledger.read(folder.ledger)
    assert f"{folder.ledger} is damaged: " in str(caught.value)
    assert "Put back the version that was committed last" in str(caught.value)
    assert "error: The ledger" in folder.record(fails=True)
    assert folder.ledger.read_bytes() == content


@pytest.mark.parametrize("schema", ["2", "null", '"1"'])
def test_a_ledger_of_another_schema_is_not_touched(folder: Folder, schema: str) -> None:
    folder.ledger.parent.mkdir()
    folder.ledger.write_text(f'{{"schema": {schema}, "addresses": {{}}}}')
    with pytest.raises(ActmaxError, match="has schema"):
        ledger.read(folder.ledger)


def test_a_ledger_that_cannot_be_read_or_written_is_named(folder: Folder) -> None:
    folder.ledger.mkdir(parents=True)
    with pytest.raises(ActmaxError, match=r"ledger\.json cannot be read: "):
        ledger.read(folder.ledger)
    folder.ledger.rmdir()
    folder.ledger.parent.rmdir()
    folder.ledger.parent.write_bytes(b"a regular file")
    with pytest.raises((StoreError, ledger.LedgerError), match="cannot be"):
        record.record(folder.site, folder.docs)


# `python -m gen record`.


def test_record_reports_what_it_added_and_copies_the_pictures(folder: Folder) -> None:
    assert folder.record() == "added 5 addresses and 2 anchors, 5 and 2 in all; copied 1 pictures"
    assert (folder.docs / DRAWING).read_bytes() == PNG
    folder.page("gallery/tiger/", "robust-seed-0")
    assert folder.record() == "added 1 addresses and 1 anchors, 6 and 3 in all; copied 0 pictures"


def test_a_second_record_changes_nothing(folder: Folder) -> None:
    folder.record()
    os.utime(folder.ledger, (1, 1))
    os.utime(folder.docs / DRAWING, (1, 1))
    before = folder.ledger.read_bytes()
    assert folder.record().startswith("added 0 addresses and 0 anchors")
    assert folder.ledger.read_bytes() == before
    assert folder.ledger.stat().st_mtime == (folder.docs / DRAWING).stat().st_mtime == 1
    assert sorted(path.name for path in folder.ledger.parent.iterdir()) == ["drawings", "ledger.json"]


def test_without_pictures_only_pages_are_recorded_and_no_recorded_picture_is_forgotten(folder: Folder) -> None:
    assert folder.record("--no-pictures").startswith("added 4 addresses")
    assert DRAWING not in ledger.read(folder.ledger).addresses
    assert not (folder.docs / "gallery" / "drawings").exists()
    folder.record()
    (folder.site / DRAWING).unlink()
    folder.record("--no-pictures")
    assert DRAWING in ledger.read(folder.ledger).addresses


def test_record_finds_the_folders_that_mkdocs_yml_names(folder: Folder) -> None:
    folder.site.rename(folder.root / "public")
    folder.docs.rename(folder.root / "words")
    (folder.root / "mkdocs.yml").write_text("site_name: A site\nsite_dir: public\ndocs_dir: words\n")
    folder.record()
    assert len(ledger.read(folder.root / "words" / "gallery" / "ledger.json").addresses) == 5


# What is lost.


def test_nothing_is_lost_of_what_was_just_recorded_or_only_grew(folder: Folder) -> None:
    old = folder.recorded()
    assert folder.lost(old) == []
    folder.page("gallery/zebra/", "new", "robust-seed-1", "robust-seed-0")
    folder.page("gallery/tiger/")
    assert folder.lost(old) == []


def test_a_lost_page_and_a_lost_picture_are_found(folder: Folder) -> None:
    old = folder.recorded()
    (folder.site / "gallery" / "zebra" / "index.html").unlink()
    (folder.site / DRAWING).unlink()
    picture, page = folder.lost(old)
    assert picture.startswith(f"The picture /{DRAWING} was published and is gone")
    assert page.startswith("The page /gallery/zebra/ was published and is gone")


@pytest.mark.parametrize(
    "rest",
    [
        "",
        '<p>id="robust-seed-1"</p>',
        '<!-- <h2 id="robust-seed-1">No more</h2> -->',
        '<h2 id="robust-seed-10">Another</h2>',
        '<h2 data-id="robust-seed-1">Another</h2>',
        '<a href="#robust-seed-1">A link</a>',
    ],
)
def test_a_lost_anchor_is_found(folder: Folder, rest: str) -> None:
    old = folder.recorded()
    folder.html("gallery/zebra/", f'<article><h2 id="robust-seed-0">One</h2>{rest}</article>')
    (words,) = folder.lost(old)
    assert words.startswith("The anchor /gallery/zebra/#robust-seed-1 was published and is gone")


@pytest.mark.parametrize(
    "element", ["<p id='robust-seed-1'>", "<p title='a > b' id=robust-seed-1>", '<p id="robust&#45;seed-1">']
)
def test_an_anchor_is_not_lost_while_any_element_has_its_id(folder: Folder, element: str) -> None:
    old = folder.recorded()
    folder.html("gallery/zebra/", f'<article><h2 id="robust-seed-0">One</h2>{element}</article>')
    assert folder.lost(old) == []


def test_a_redirect_that_leads_elsewhere_or_became_a_page_is_found(folder: Folder) -> None:
    old = folder.recorded()
    folder.page("gallery/tiger/")
    folder.redirect("gallery/340/", "../tiger/")
    folder.page("gallery/stripes/")
    first, second = folder.lost(old)
    assert "/gallery/340/ was published as a redirect to /gallery/zebra/ and leads to /gallery/tiger/ now" in first
    assert "/gallery/stripes/ was published as a redirect to /gallery/zebra/#robust-seed-1 and is a page" in second


def test_a_page_that_moved_is_there_but_its_anchors_are_not(folder: Folder) -> None:
    folder.page("about/")
    old = folder.recorded()
    folder.page("new/", "robust-seed-0", "robust-seed-1")
    folder.redirect("about/", "../new/")
    assert folder.lost(old) == []
    folder.redirect("gallery/zebra/", "../../new/")
    (words,) = folder.lost(old)
    assert "leads to /new/ now" in words
    assert "#robust-seed-0, #robust-seed-1" in words
    folder.redirect("about/", "../nowhere/")
    assert any("/about/" in words and "/nowhere/ now, which does not exist" in words for words in folder.lost(old))


def test_a_thousand_classes_are_recorded_and_compared(empty: Folder) -> None:
    empty.page("gallery/zebra/", *(f"robust-seed-{seed}" for seed in range(9)))
    menu = '<a class="md-nav__link" href="x">A page</a>\n' * 500
    text = menu + (empty.site / "gallery" / "zebra" / "index.html").read_text() + "<p><em>words</em></p>" * 100
    for label in labels.classes():
        empty.html(f"gallery/{label.slug}/", text)
        empty.redirect(f"gallery/{label.index}/", f"../{label.slug}/")
        empty.redirect(f"gallery/{label.wnid}/", f"../{label.slug}/")
    began = time.process_time()
    old = empty.recorded()
    assert len(old.addresses) == 3000
    assert time.process_time() - began < 10
    began = time.process_time()
    assert empty.lost(old) == []
    assert time.process_time() - began < 5  # well below 1 s on a machine that does nothing else


# What the pages of the gallery need to know.


def test_classes_that_left_are_distinguished_from_those_that_never_had_a_page(planned: Callable[..., Plan]) -> None:
    old = Ledger(
        addresses={
            "gallery/": Address(anchors=("animals",)),
            "gallery/zebra/": Address(anchors=()),
            "gallery/goldfish/": Address(anchors=("robust-seed-0",)),
            "gallery/tench/": Address(anchors=()),
            "gallery/tiger/": Address(to="gallery/zebra/"),
            "gallery/unheard-of/": Address(anchors=()),
            "literature/ostrich/": Address(anchors=()),
        }
    )
    plan = planned({"animals": ["zebra"]})
    assert [label.slug for label in kept.gone(old, plan)] == ["tench", "goldfish"]
    assert kept.gone(EMPTY, plan) == []


def test_old_aliases_are_those_that_nothing_produces_now(planned: Callable[..., Plan]) -> None:
    zebra, goldfish = "gallery/zebra/", "gallery/goldfish/"
    old = Ledger(
        addresses={
            zebra: Address(anchors=()),
            goldfish: Address(anchors=()),
            "gallery/340/": Address(to=zebra),
            "gallery/n02391049/": Address(to=zebra),
            "gallery/my-horse/": Address(to=zebra),  # a word that the plan still has
            "gallery/stripes/": Address(to=zebra),  # one that it has no longer
            "gallery/1/": Address(to=goldfish),
            "gallery/n01443537/": Address(to=goldfish),
            "gallery/my-fish/": Address(to=goldfish),
            "gallery/my-cat/": Address(to=goldfish),  # the plan gave the word to another class
            "gallery/compare/": Address(to=zebra),  # an address of the gallery's own
            "gallery/lost/": Address(to="gallery/nobody/"),
            "old/": Address(to=zebra),  # not the gallery's to produce
        }
    )
    plan = planned({"animals": [{"my horse": "zebra"}, {"my cat": "tiger"}]})
    assert kept.old_aliases(old, plan) == {"gallery/my-fish/": goldfish, "gallery/stripes/": zebra}
    assert kept.old_aliases(EMPTY, plan) == {}


def test_gone_anchors_are_those_of_drawings_that_a_page_has_no_longer(planned: Callable[..., Plan]) -> None:
    anchors = (
        "over-the-steps",
        "plain-seed-0",
        "robust-seed-0",
        "robust-seed-1",
        "robust-seed-x",
        "very-robust-seed-12",
    )
    old = Ledger(addresses={"gallery/zebra/": Address(anchors=anchors), "gallery/tiger/": Address(to="gallery/zebra/")})
    plan = planned({"animals": ["zebra", "tiger"]}, seeds=[0, 2])
    zebra, tiger = plan.class_pages
    assert kept.gone_anchors(old, zebra) == ["plain-seed-0", "robust-seed-1", "very-robust-seed-12"]
    assert kept.gone_anchors(old, tiger) == []
    assert kept.gone_anchors(EMPTY, zebra) == []


# Real builds.


class Site:
    """A folder with a mkdocs.yml, the hook, and two pages; nothing is drawn."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.ledger = root / "docs" / "gallery" / "ledger.json"
        self.ledger.parent.mkdir(parents=True)
        self.configure()
        self.write("index.md", "# Front\n\n## Part { #part }\n")
        self.write("other.md", "# Other\n\n<span class='anchor' id='kept'></span>\n")
        self.write("old/index.html", '<meta http-equiv="refresh" content="0; url=../other/">')

    def configure(self, **values: Any) -> None:
        whole = {
            "site_name": "A site",
            "theme": {"name": "material", "font": False},
            "plugins": [],
            "markdown_extensions": ["attr_list"],
            "hooks": [str(GEN / "hook.py")],
            **values,
        }
        (self.root / "mkdocs.yml").write_text(yaml.safe_dump(whole))

    def write(self, name: str, text: str) -> None:
        path = self.root / "docs" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    def build(self, host: str = "mkdocs", *words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", host, "build", *words, "-f", "mkdocs.yml"],
            cwd=self.root,
            env={**os.environ, "DISABLE_MKDOCS_2_WARNING": "true", "NO_MKDOCS_2_WARNING": "1"},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
            timeout=120,
        )

    def record(self) -> Ledger:
        record.record(self.root / "site", self.root / "docs")
        return ledger.read(self.ledger)


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return Site(tmp_path)


@pytest.mark.parametrize("host", HOSTS)
def test_a_strict_build_fails_on_what_was_lost_and_on_nothing_else(site: Site, host: str) -> None:
    first = site.build(host, "--strict")  # there is no ledger yet
    assert first.returncode == 0, first.stdout
    assert site.record().addresses == {
        "": Address(anchors=("part",)),
        "other/": Address(anchors=("kept",)),
        "old/": Address(to="other/"),
    }
    second = site.build(host, "--strict")
    assert second.returncode == 0, second.stdout
    assert "WARNING" not in second.stdout
    assert (site.root / "site" / "gallery" / "ledger.json").read_bytes() == site.ledger.read_bytes()

    site.write("index.md", "# Front\n\n## Another part\n")
    (site.root / "docs" / "old" / "index.html").unlink()
    third = site.build(host, "--strict")
    assert third.returncode == 1, third.stdout
    warnings = [line for line in third.stdout.splitlines() if line.startswith("WARNING")]
    assert len(warnings) == 2
    assert "/#part was published and is gone" in warnings[0]
    assert "/old/ was published and is gone" in warnings[1]
    assert "To drop an address on purpose" in third.stdout
    assert site.build(host).returncode == 0  # who previews is only warned


def test_of_many_losses_twenty_are_listed_and_the_rest_counted(site: Site) -> None:
    site.build()
    new = site.record()
    more = {f"gallery/{number}/": Address(to="gallery/zebra/") for number in range(100, 123)}
    site.ledger.write_text(Ledger(addresses={**new.addresses, **more}).text())
    output = [line for line in site.build().stdout.splitlines() if line.startswith("WARNING")]
    assert len(output) == 21
    assert "3 more addresses and anchors" in output[-1]


@pytest.mark.parametrize("host", HOSTS)
def test_a_damaged_ledger_fails_the_build_with_a_message(site: Site, host: str) -> None:
    site.ledger.write_text('{"schema": 1,')
    built = site.build(host)
    assert built.returncode != 0
    assert f"ERROR   -  The ledger {site.ledger} is damaged: " in built.stdout
    assert "Traceback" not in built.stdout


def test_the_gallerys_own_pages_are_recorded(
    site: Site, planned: Callable[..., Plan], drawn: Callable[..., dict[str, Entry]]
) -> None:
    groups = {"animals": ["zebra", {"my cat": "tiger"}]}
    drawn(planned(groups, seeds=[0, 1]))
    gallery = {
        "network": "compact",
        "size": 64,
        "store": "store",
        "seeds": [0, 1],
        "methods": {"robust": {"steps": 2}},
        "groups": groups,
    }
    site.configure(
        plugins=[{"gen-files": {"scripts": [str(GEN / "gallery.py")]}}],
        markdown_extensions=["admonition", "attr_list", "md_in_html", "tables", "pymdownx.details"],
        extra={"gallery": gallery},
    )
    built = site.build("mkdocs", "--strict")
    assert built.returncode == 0, built.stdout
    found = site.record()
    assert "robust-seed-1" in found.anchors("gallery/zebra/")
    for alias, name in {"340": "zebra", "n02391049": "zebra", "my-cat": "tiger"}.items():
        assert found.addresses[f"gallery/{alias}/"] == Address(to=f"gallery/{name}/")
    again = site.build("mkdocs", "--strict")
    assert again.returncode == 0, again.stdout
