"""Copies of the project with other settings of the gallery, for tests and benchmarks that build a site.

``pyproject.toml`` puts this folder on pytest's path: ``import projects``.
"""

from __future__ import annotations

import os
import re
import shutil
import tomllib
from pathlib import Path
from typing import Any

import yaml

from actmax.networks import labels

ROOT = Path(__file__).resolve().parents[2]
SITE_URL = "https://example.org/actmax/"
SIZE = 96
"""Width and height of the drawings of the default site in browser tests, in pixels; 224 on the published one."""
OWN = {"docs", "mkdocs.yml", "site", "tests"}
"""What the copy has of its own, or does without; the rest are links."""

GENERATED = {
    "walk": ("from-picture-to-prediction", "From picture to prediction, and back"),
    "comparison": ("methods", "Methods side by side"),
    "photo": ("from-a-photo", "From a photo"),
    "sounds": ("sounds", "Sounds"),
    "diversity": ("diversity", "Why is it another picture every time?"),
}
"""For each setting that makes a page of the navigation: the page's name below write-ups/, and its title."""


def environment() -> dict[str, str]:
    """Return the environment of processes that build a copy with the packages of this checkout."""
    quiet = {"NO_MKDOCS_2_WARNING": "1", "DISABLE_MKDOCS_2_WARNING": "true", "NO_COLOR": "1"}
    return os.environ | quiet | {"PYTHONPATH": str(ROOT)}


def installation(folder: Path) -> Path:
    """Make a folder for PYTHONPATH that looks like an installation: the packages, and their entry points."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    about = folder / f"actmax-{project['version']}.dist-info"
    about.mkdir(parents=True)
    (about / "METADATA").write_text(f"Metadata-Version: 2.1\nName: actmax\nVersion: {project['version']}\n")
    groups = project["entry-points"]
    lines = [
        f"[{group}]\n" + "".join(f"{name} = {to}\n" for name, to in points.items()) for group, points in groups.items()
    ]
    (about / "entry_points.txt").write_text("\n".join(lines))
    for package in ("actmax", "gen"):
        (folder / package).symlink_to(ROOT / package)
    return folder


def copy_project(folder: Path, values: dict[str, Any]) -> None:
    """Copy the project with other settings of the gallery. Of a page without a setting only the title is left."""
    shutil.copytree(ROOT / "docs", folder / "docs")
    for path in (folder / "docs").rglob("*.md"):
        path.write_text(without_measures(path.read_text("utf-8")), "utf-8")
    for key, (name, title) in GENERATED.items():
        if key not in values:
            page = folder / f"docs/write-ups/{name}/index.md"
            page.parent.mkdir(parents=True)
            page.write_text(f"# {title}\n", "utf-8")
    for path in ROOT.iterdir():
        if path.name not in OWN and not path.name.startswith("."):
            (folder / path.name).symlink_to(path)
    (folder / "mkdocs.yml").write_text(configured((ROOT / "mkdocs.yml").read_text("utf-8"), values), "utf-8")


def without_measures(text: str) -> str:
    """Return an author's page without its measurements."""
    plain, measuring = re.subn(r"(?m)^measured: true\n", "", text, count=1)
    return re.sub(r"\{%.*?%\}", "", re.sub(r"\{\{.*?\}\}", "0", plain)) if measuring else text


def configured(text: str, values: dict[str, Any]) -> str:
    """Return a mkdocs.yml with other settings of the gallery and an address, edited as text because of its `!tags`."""
    text, addresses = re.subn(r"(?m)^site_url:.*$", f"site_url: {SITE_URL}", text)
    block = "".join(f"  {line}\n" for line in yaml.safe_dump({"gallery": values}, sort_keys=False).splitlines())
    text, blocks = re.subn(r"(?m)^  gallery:\n(?:(?:    .*)?\n)*(?:    .*\Z)?", lambda _: block, text)
    if (addresses, blocks) != (1, 1):
        raise SystemExit("mkdocs.yml has changed: it needs one site_url and one gallery, indented by two spaces.")
    return text


def settings() -> dict[str, Any]:
    """Return the project's own settings of the gallery."""
    text = (ROOT / "mkdocs.yml").read_text("utf-8")
    block = re.search(r"(?m)^  gallery:\n((?:(?:    .*)?\n)*(?:    .*\Z)?)", text)
    if block is None:
        raise SystemExit("mkdocs.yml has changed: it needs one gallery, indented by two spaces.")
    values: dict[str, Any] = yaml.safe_load(re.sub(r"!ENV \[\w+, (\w+)\]", r"\1", block[1]))
    return values


def default_classes() -> list[labels.Label]:
    """Return the classes of the project's own site, each once."""
    lines = [line for group in settings()["groups"].values() for line in group]
    words = [next(iter(line.values())) if isinstance(line, dict) else line for line in lines]
    return list(dict.fromkeys(map(labels.resolve_class, words)))
