"""The README: CI runs its test command, it is short, and its Python listing runs, like that of the authors' guide."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

SET_UP = "python3 -m venv .venv && .venv/bin/pip install -e"


def test_ci_runs_the_readmes_test_command(root: Path) -> None:
    lines = (root / "README.md").read_text("utf-8").splitlines()
    build, test = (line for line in lines if line.startswith(SET_UP))
    assert build.endswith("mkdocs build")
    assert test in (root / ".ci/run").read_text("utf-8").splitlines()


def run(code: str, folder: Path) -> str:
    done = subprocess.run([sys.executable, "-c", code], cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_model_cards_command_prints_the_files_header(root: Path) -> None:
    (code,) = re.findall(r'^python -c "(.*)"$', (root / "docs/model-card.md").read_text("utf-8"), re.MULTILINE)
    assert "'teacher': 'squeezenet1_0" in run(code, root)


def listings(path: Path) -> list[str]:
    found: list[str] = re.findall(r"``` ?python\n(.*?)```", path.read_text("utf-8"), re.DOTALL)
    return found


@pytest.mark.parametrize(
    ("page", "all_steps", "few_steps", "files"),
    [
        ("README.md", "steps=64", "steps=2", ["zebra.png", "layer3-12.png"]),
        ("docs/authors.md", 'compose("smooth",', 'compose("smooth", {"steps": 2},', ["zebra.png"]),
    ],
)
def test_a_pages_python_listing_runs(
    root: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    page: str,
    all_steps: str,
    few_steps: str,
    files: list[str],
) -> None:
    (code,) = listings(root / page)
    assert code.count(all_steps) == 1
    monkeypatch.chdir(tmp_path)
    exec(code.replace(all_steps, few_steps), {})
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(files)


def test_the_readme_is_short(root: Path) -> None:
    assert len((root / "README.md").read_text("utf-8").splitlines()) <= 100


WITHOUT_THE_SITE = """
import sys
from importlib.machinery import PathFinder

SITE = {"mkdocs", "material", "mkdocs_gen_files", "properdocs", "markdown", "latex2mathml", "mkdocs_glightbox", "gen"}

class Absent(PathFinder):
    @classmethod
    def find_spec(cls, name, path=None, target=None):
        if name.partition(".")[0] in SITE:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)

sys.meta_path.insert(0, Absent)
import actmax
assert "torch" not in sys.modules
from actmax.cli import app
app(["draw", "zebra", "--network", "compact", "--set", "steps=1", "--size", "64"])
"""


def test_the_core_works_without_the_sites_dependencies(tmp_path: Path) -> None:
    assert "zebra.png" in run(WITHOUT_THE_SITE, tmp_path)
    assert (tmp_path / "zebra.png").is_file()


def imported(folder: Path) -> set[str]:
    """Return the distributions that a package imports; pydantic_core is a part of pydantic."""
    names = {
        name
        for path in folder.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        for name in (
            [alias.name for alias in node.names]
            if isinstance(node, ast.Import)
            else [node.module or ""]
            if isinstance(node, ast.ImportFrom) and not node.level
            else []
        )
    }
    tops = {name.partition(".")[0] for name in names} - sys.stdlib_module_names - {"actmax", "gen", "pydantic_core"}
    known = packages_distributions()
    return {known[top][0].lower().replace("_", "-") for top in tops}


def test_each_package_declares_its_imports_and_the_core_imports_nothing_of_the_site(root: Path) -> None:
    project = tomllib.loads((root / "pyproject.toml").read_text("utf-8"))["project"]
    extras = project["optional-dependencies"]
    core, site, cluster = (
        {re.match(r"[a-z0-9-]+", line.lower())[0] for line in lines}  # type: ignore[index]
        for lines in (project["dependencies"], extras["site"], extras["cluster"])
    )
    assert not core & site
    assert imported(root / "actmax") <= core | cluster
    assert imported(root / "gen") <= core | site
    assert not [
        path
        for path in (root / "actmax").rglob("*.py")
        if re.search(r"(?m)^\s*(from|import) gen\b", path.read_text("utf-8"))
    ]


def test_no_package_registry_is_named(root: Path) -> None:
    hosts = re.compile(r"pypi\.org|pythonhosted\.org|npmjs\.(org|com)|deb\.debian\.org".replace("pypi", "py" + "pi"))
    files = subprocess.run(["git", "ls-files"], cwd=root, capture_output=True, text=True, check=True).stdout.split()
    texts = {name: (root / name).read_bytes() for name in files if (root / name).is_file()}
    assert [name for name, data in texts.items() if hosts.search(data.decode("utf-8", "ignore"))] == []


def test_the_workflows_actions_are_pinned_by_commit(root: Path) -> None:
    texts = [path.read_text("utf-8") for path in sorted((root / ".github/workflows").glob("*.yml"))]
    used = [action for text in texts for action in re.findall(r"(?m)^\s*(?:- )?uses: (.*)$", text)]
    assert used
    assert [action for action in used if not re.fullmatch(r"[\w./-]+@[0-9a-f]{40} # v[\d.]+", action)] == []
