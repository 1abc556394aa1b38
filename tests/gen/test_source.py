"""Which pages below docs/ are the author's: those that MkDocs reads."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from mkdocs.config.defaults import MkDocsConfig

from actmax.errors import ActmaxError, StoreError
from gen import site
from gen.plan import addresses
from gen.source import read_pages


def write(docs: Path, pages: dict[str, bytes]) -> None:
    for name, content in pages.items():
        path = docs / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)


def test_what_mkdocs_leaves_out_is_not_read(tmp_path: Path) -> None:
    """As text from mkdocs.yml, and as MkDocs has parsed it."""
    broken = b"\xff {{ drawing( }}"
    write(tmp_path / "docs", {"index.md": b"# A", "note.markdown": b"# B", "style.css": broken})
    write(tmp_path / "docs", {".trash/old.md": broken, "templates/page.md": broken, "drafts.md": broken})
    write(tmp_path / "docs", {"node_modules/x/README.md": broken, "node_modules/keep.md": b"# C"})
    config = MkDocsConfig(str(tmp_path / "mkdocs.yml"))
    exclude = "drafts.md\nnode_modules/\n!/node_modules/keep.md\n"
    config.load_dict({"site_name": "a", "docs_dir": str(tmp_path / "docs"), "exclude_docs": exclude})
    assert config.validate()[0] == []
    for given in (exclude, config.exclude_docs):
        assert list(read_pages(tmp_path / "docs", given)) == ["index.md", "node_modules/keep.md", "note.markdown"]
    with pytest.raises(ActmaxError, match=r"docs/drafts\.md is not UTF-8: save it as such"):
        read_pages(tmp_path / "docs")


@pytest.mark.parametrize("name", ["a.md", "a.markdown", "a.b.mkd", "folder/index.md"])
def test_a_page_of_any_ending_has_its_address(name: str) -> None:
    assert addresses.of_source(name) in ("a/", "a.b/", "folder/")


@pytest.mark.parametrize(
    "page", ["---\nmeasured: true\n---\n{{ network.title }}\n", 'A tiger: {{ drawing("tiger") }}\n']
)
@pytest.mark.parametrize("folder", [False, True])
def test_a_link_out_of_docs_to_a_page_with_drawings_is_refused(page: str, folder: bool, tmp_path: Path) -> None:
    docs = tmp_path / "docs"
    write(docs, {"index.md": b"# A"})
    write(tmp_path / "outside", {"page.md": page.encode()})
    if folder:
        (docs / "more").symlink_to(tmp_path / "outside", target_is_directory=True)
    else:
        (docs / "page.md").symlink_to(tmp_path / "outside/page.md")
    with pytest.raises(ActmaxError, match=rf"docs/{'more/' * folder}page\.md leads out of docs/"):
        read_pages(docs)


def test_a_plain_page_may_be_a_link_and_links_in_a_circle_end(tmp_path: Path) -> None:
    docs = tmp_path / "docs"
    write(docs, {"index.md": b"# A"})
    write(tmp_path, {"README.md": b"# B"})
    (docs / "readme.md").symlink_to(tmp_path / "README.md")
    (docs / "own.md").symlink_to(docs / "index.md")
    (docs / "around").symlink_to(docs, target_is_directory=True)
    (docs / "dangling.md").symlink_to(docs / "nothing.md")
    assert list(read_pages(docs)) == ["index.md", "own.md"]
    assert read_pages(tmp_path / "none") == {}


def test_an_error_of_the_system_while_the_site_is_planned_is_a_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    is_file = Path.is_file

    def fail(path: Path) -> bool:
        if path.is_relative_to(tmp_path):
            raise PermissionError(13, "Permission denied", str(path))
        return is_file(path)

    monkeypatch.setattr(Path, "is_file", fail)
    values = {"network": "compact", "second_opinion": False, "groups": {"animals": ["zebra"]}}
    with pytest.raises(StoreError, match=r"index\.md cannot be read or written: Permission denied"):
        site.prepare(site.Project(values, tmp_path / "mkdocs.yml", tmp_path / "docs"))


def test_a_folder_that_cannot_be_read_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder that is skipped would be published as it is."""
    write(tmp_path / "docs", {"index.md": b"# A", "folder/page.md": b"# B"})
    scanned = os.scandir

    def scan(folder: str) -> object:
        if str(folder).endswith("folder"):
            raise PermissionError(13, "Permission denied", str(folder))
        return scanned(folder)

    monkeypatch.setattr(os, "scandir", scan)
    with pytest.raises(StoreError, match="docs/folder cannot be read: Permission denied"):
        read_pages(tmp_path / "docs")
