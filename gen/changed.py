"""When an author's pages last changed, according to git."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping
from pathlib import Path

from gen.plan import addresses


def last_changes(docs: Path) -> Mapping[str, str]:
    """Return the date of the last commit that changed each page, by its address; nothing without git, without a
    repository, or in a shallow clone."""
    if _git(docs, "rev-parse", "--is-shallow-repository").strip() != "false":
        return {}
    dates: dict[str, str] = {}
    date = ""
    for line in _git(docs, "log", "--format=%x01%cs", "--name-only", "--relative", "-z", "--", ".").split("\0"):
        line = line.strip("\n")
        if line.startswith("\1"):
            date = line[1:]
        elif line.endswith(".md"):
            dates.setdefault(addresses.of_source(line), date)
    return dates


def _git(folder: Path, *arguments: str) -> str:
    try:
        completed = subprocess.run(  # noqa: S603
            ["git", "-C", str(folder), "-c", "log.showSignature=false", *arguments],  # noqa: S607 - the author's own git
            capture_output=True,
            text=True,
            encoding="utf-8",
            errors="replace",
            timeout=30,
            check=True,
        )
    except (OSError, subprocess.SubprocessError):
        return ""
    return completed.stdout
