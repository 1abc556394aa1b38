"""When an author's pages last changed, as git knows it."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Mapping
from pathlib import Path

_DAY = re.compile(r"\d{4}-\d\d-\d\d")


def last_changes(docs: Path) -> Mapping[str, str]:
    """By path below docs/, the day of the last commit that touched it; empty where there is no repository, no git, or
    only the last commit of a history."""
    if _git(docs, "rev-parse", "--is-shallow-repository").strip() != "false":
        return {}
    found: dict[str, str] = {}
    day = ""
    for line in _git(docs, "log", "--format=%cs", "--name-only", "--relative", "-z", "--", ".").split("\0"):
        line = line.strip("\n")
        if _DAY.fullmatch(line):
            day = line
        elif line:
            found.setdefault(line, day)
    return found


def dated(text: str, day: str) -> str:
    """A page whose head says when it last changed, unless it says so already."""
    head, line, rest = text.partition("\n")
    if head.strip() != "---":
        return f"---\nchanged: '{day}'\n---\n{text}"
    inside = rest.partition("\n---")[0]
    return text if re.search(r"(?m)^changed:", inside) else f"{head}{line}changed: '{day}'\n{rest}"


def _git(folder: Path, *words: str) -> str:
    try:
        done = subprocess.run(  # noqa: S603
            ["git", "-C", str(folder), *words],  # noqa: S607 - the author's own git
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
