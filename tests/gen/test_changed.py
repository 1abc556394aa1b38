"""When pages last changed, according to git."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from gen.changed import last_changes

ROOT = Path(__file__).parents[2]


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


def test_a_page_shows_when_it_changed(repository: Path) -> None:
    """On a site that a host builds, of a page and of the front page."""
    docs = repository / "docs"
    (docs / "index.md").write_text("# Home\n")
    git(repository, "add", "-A")
    git(repository, "commit", "-qm", "home", day="2026-05-06")
    (repository / "mkdocs.yml").write_text(
        f"site_name: A\ntheme: {{name: material, custom_dir: {ROOT / 'gen/theme'}, font: false}}\n"
        f"extra: {{built: 'By <hand>.', changed: {dict(last_changes(docs))}}}\n"
    )
    for host in ("mkdocs", "zensical"):
        subprocess.run([sys.executable, "-m", host, "build"], cwd=repository, check=True, capture_output=True)
        colophons = {
            name: re.findall(r'<p class="colophon">(.*?)</p>', (repository / f"site/{name}index.html").read_text())
            for name in ("", "old/")
        }
        foot = "By &lt;hand&gt;."
        assert colophons == {
            "": [f"Last changed on 2026-05-06. {foot}"],
            "old/": [f"Last changed on 2026-03-04. {foot}"],
        }
        shutil.rmtree(repository / "site")


def test_each_page_has_the_date_of_its_last_commit(repository: Path) -> None:
    assert last_changes(repository / "docs") == {"old/": "2026-03-04", "notes/ä b/": "2026-02-03"}


def test_a_shallow_clone_has_no_dates(repository: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    clone = tmp_path_factory.mktemp("clone") / "shallow"
    git(repository, "clone", "-q", "--depth", "1", f"file://{repository}", str(clone))
    assert last_changes(clone / "docs") == {}
    assert last_changes(tmp_path_factory.mktemp("no repository")) == {}
