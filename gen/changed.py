"""When an author's pages last changed, as git knows it."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping
from pathlib import Path

from gen.plan import addresses


def last_changes(docs: Path) -> Mapping[str, str]:
    """By the address of a page, the day of the last commit that touched it; empty where there is no repository, no git,
    or only the last commit of a history."""
    if _git(docs, "rev-parse", "--is-shallow-repository").strip() != "false":
        return {}
    found: dict[str, str] = {}
    day = ""
    for line in _git(docs, "log", "--format=%x01%cs", "--name-only", "--relative", "-z", "--", ".").split("\0"):
        line = line.strip("\n")
        if line.startswith("\1"):
            day = line[1:]
        elif line.endswith(".md"):
            found.setdefault(addresses.of_source(line), day)
    return found


def _git(folder: Path, *words: str) -> str:
    try:
        done = subprocess.run(  # noqa: S603
            ["git", "-C", str(folder), "-c", "log.showSignature=false", *words],  # noqa: S607 - the author's own git
            capture_output=True,
            text=True,
            encoding="utf-8",
            errors="replace",
            timeout=30,
            check=True,
        )
    except (OSError, subprocess.SubprocessError):
        return ""
    return done.stdout
