"""The wheel has every file of the packages: what is not Python must be named in pyproject.toml."""

from __future__ import annotations

import subprocess
import tomllib
from pathlib import Path, PurePosixPath


def matches(path: PurePosixPath, pattern: str) -> bool:
    """Whether a path, from its package on, is named by a pattern of package data."""
    return len(path.parts) == len(PurePosixPath(pattern).parts) and path.match(pattern)


def test_every_file_of_the_packages_is_in_the_wheel(root: Path) -> None:
    data = tomllib.loads((root / "pyproject.toml").read_text("utf-8"))["tool"]["setuptools"]["package-data"]
    command = ["git", "ls-files", "actmax", "gen"]
    files = subprocess.run(command, cwd=root, capture_output=True, text=True, check=True).stdout.split()
    missing = []
    for path in map(PurePosixPath, files):
        inside = PurePosixPath(*path.parts[1:])
        if path.suffix not in {".py", ".pyi"} and not any(matches(inside, each) for each in data[path.parts[0]]):
            missing.append(str(path))
    assert missing == []


def test_every_license_is_in_the_wheel(root: Path) -> None:
    patterns = tomllib.loads((root / "pyproject.toml").read_text("utf-8"))["project"]["license-files"]
    command = ["git", "ls-files", "LICENSE*", "*NOTICE*", "*LICENSE*", "gen/assets/*.txt"]
    files = subprocess.run(command, cwd=root, capture_output=True, text=True, check=True).stdout.split()
    assert [name for name in files if not any(matches(PurePosixPath(name), each) for each in patterns)] == []
