"""The workflows have the least privileges, and what is published is verified and recorded."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml


def workflow(root: Path, name: str) -> dict[str, Any]:
    read: dict[str, Any] = yaml.safe_load((root / f".github/workflows/{name}.yml").read_text("utf-8"))
    return read


def commands(job: dict[str, Any]) -> str:
    return "\n".join(step.get("run", "") for step in job["steps"])


def test_zizmor_finds_nothing(root: Path) -> None:
    program = Path(sys.executable).with_name("zizmor")
    done = subprocess.run(
        [program, "--offline", "--no-progress", root / ".github"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("name", ["dependencies", "nightly", "publish", "release", "workflows"])
def test_each_job_names_its_permissions(root: Path, name: str) -> None:
    read = workflow(root, name)
    assert read["permissions"] == {}
    assert all("permissions" in job for job in read["jobs"].values())


def test_only_a_job_that_runs_nothing_of_the_project_may_write_to_the_repository(root: Path) -> None:
    jobs = workflow(root, "publish")["jobs"]
    assert [name for name, job in jobs.items() if job["permissions"].get("contents") == "write"] == ["record"]
    assert not any(word in commands(jobs["record"]) for word in ("pip", "python", "mkdocs"))


def test_the_site_is_built_strictly_verified_and_recorded_and_the_store_pruned(root: Path) -> None:
    text = commands(workflow(root, "publish")["jobs"]["build"])
    steps = ["gen merge", "mkdocs build --strict", "gen verify", "gen record", "gen prune"]
    places = [text.index(step) for step in steps]
    assert places == sorted(places)


def test_the_network_is_that_of_mkdocs_yml(root: Path) -> None:
    assert "ACTMAX_NETWORK" not in (root / ".github/workflows/publish.yml").read_text("utf-8")
