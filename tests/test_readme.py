"""What the README promises: its commands are those that CI runs, and its Python draws."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

SET_UP = "python3 -m venv .venv && .venv/bin/pip install -e"


def test_ci_runs_the_readmes_test_command(root: Path) -> None:
    lines = (root / "README.md").read_text("utf-8").splitlines()
    build, test = (line for line in lines if line.startswith(SET_UP))
    assert build.endswith("mkdocs build")
    assert test in (root / ".ci/run").read_text("utf-8").splitlines()


def test_the_python_of_the_readme_runs(root: Path, tmp_path: Path) -> None:
    (code,) = re.findall(r"```python\n(.*?)```", (root / "README.md").read_text("utf-8"), re.DOTALL)
    quick = code.replace('actmax.compose("robust",', 'actmax.compose("robust", {"steps": 2},')
    assert quick != code
    done = subprocess.run([sys.executable, "-c", quick], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "'probability'" in done.stdout


def test_no_package_registry_is_named(root: Path) -> None:
    hosts = re.compile(r"pypi\.org|pythonhosted\.org|npmjs\.(org|com)|deb\.debian\.org".replace("pypi", "py" + "pi"))
    files = subprocess.run(["git", "ls-files"], cwd=root, capture_output=True, text=True, check=True).stdout.split()
    texts = {name: (root / name).read_bytes() for name in files if (root / name).is_file()}
    assert [name for name, data in texts.items() if hosts.search(data.decode("utf-8", "ignore"))] == []
