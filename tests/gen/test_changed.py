"""When pages last changed: as git says, or not at all."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from gen.changed import dated, last_changes


def git(folder: Path, *words: str, day: str = "2026-03-04") -> None:
    who = ["-c", "user.name=A", "-c", "user.email=a@example.org"]
    moment = {"GIT_AUTHOR_DATE": f"{day}T12:00:00Z", "GIT_COMMITTER_DATE": f"{day}T12:00:00Z", "PATH": "/usr/bin:/bin"}
    subprocess.run(["git", "-C", str(folder), *who, *words], check=True, capture_output=True, env=moment)


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    docs = tmp_path / "docs"
    (docs / "notes").mkdir(parents=True)
    git(tmp_path, "init", "-q")
    for name, day in (("old.md", "2026-01-02"), ("notes/ä b.md", "2026-02-03")):
        (docs / name).write_text("words")
        git(tmp_path, "add", "-A")
        git(tmp_path, "commit", "-qm", "more", day=day)
    (docs / "old.md").write_text("other words")
    git(tmp_path, "commit", "-qam", "changed", day="2026-03-04")
    (docs / "new.md").write_text("not committed")
    return tmp_path


def test_each_page_has_the_day_of_its_last_commit(repository: Path) -> None:
    assert last_changes(repository / "docs") == {"old.md": "2026-03-04", "notes/ä b.md": "2026-02-03"}


def test_where_history_is_cut_off_nothing_is_said(repository: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    clone = tmp_path_factory.mktemp("clone") / "shallow"
    git(repository, "clone", "-q", "--depth", "1", f"file://{repository}", str(clone))
    assert last_changes(clone / "docs") == {}
    assert last_changes(tmp_path_factory.mktemp("no repository")) == {}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("# Title\n", "---\nchanged: '2026-03-04'\n---\n# Title\n"),
        ("---\ntitle: T\n---\n# Title\n", "---\nchanged: '2026-03-04'\ntitle: T\n---\n# Title\n"),
        ("---\nchanged: once\n---\n# Title\n", "---\nchanged: once\n---\n# Title\n"),
        ("---\ntitle: T\n---\nchanged: my mind\n", "---\nchanged: '2026-03-04'\ntitle: T\n---\nchanged: my mind\n"),
    ],
)
def test_the_head_of_a_page_says_when_it_changed(text: str, expected: str) -> None:
    assert dated(text, "2026-03-04") == expected
