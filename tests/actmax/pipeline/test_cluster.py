"""Drawings on a Ray cluster have the same bytes as those of one process, also when workers are killed."""

from __future__ import annotations

import importlib.util
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from nightly import smoke

SMALL = {"steps": 12}
SCRIPT = """
import json, os, signal, sys, threading, time
from hashlib import sha256
from pathlib import Path

from actmax.errors import ActmaxError
from actmax.networks.weights import resolve_weights
from actmax.pipeline.cluster import render_on_cluster
from actmax.pipeline.publish import render_files
from actmax.recipe import compose

def recipes(targets):
    given = {"network": "compact", "weights": drawn_by.digest, "size": 64}
    return [compose("smooth", {"steps": 12}, target=target, **given) for target in targets]

def pictures(drawings):
    return {record.recipe.target: sha256(files["drawing.png"]).hexdigest() for files, record in drawings}

def workers():
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            if path.read_bytes().startswith(b"ray::RenderWorker"):
                found.append(int(path.parent.name))
        except OSError:
            pass
    return found

def kill_workers():
    # whenever another drawing has arrived, three times
    for before in range(3):
        while len(arrived) <= before and not over.is_set():
            time.sleep(0.01)
        for pid in workers()[:1]:
            os.kill(pid, signal.SIGKILL)
            killed.append(pid)

drawn_by = resolve_weights("compact")
whole = sys.argv[2] == "whole"
targets = [f"fc8:{unit}" for unit in range(0, 1000, 90 if whole else 400)] + ["conv3:7"]
steps, killed, over, arrived, found = [], [], threading.Event(), [], {}
found["alone"] = pictures(render_files(recipes(targets), drawn_by))
import ray
ray.init(num_cpus=2, include_dashboard=False, log_to_driver=False)
found["cluster"] = pictures(render_on_cluster(recipes(targets), drawn_by, steps.append))
found["steps"] = sum(steps)
for name, draws in {"error": render_on_cluster, "error alone": render_files}.items():
    try:
        list(draws(recipes(["conv3:9999"]), drawn_by))
    except ActmaxError as error:
        found[name] = str(error)
if whole:
    killer = threading.Thread(target=kill_workers)
    killer.start()
    drawings = []
    for drawing in render_on_cluster(recipes(targets), drawn_by):
        drawings.append(drawing)
        arrived.append(drawing)
    found["with killed workers"] = pictures(drawings)
    over.set()
    killer.join()
    found["killed"] = len(killed)
some = render_on_cluster(recipes(targets), drawn_by)
found["first"] = next(some)[1].recipe.target
some.close()
deadline = time.monotonic() + 60
while workers() and time.monotonic() < deadline:
    time.sleep(0.05)
found["left"] = len(workers())
ray.shutdown()
Path(sys.argv[1]).write_text(json.dumps(found))
"""


@pytest.fixture(scope="module", params=smoke(["sample", "whole"]))
def found(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """Results of a process of its own: Ray starts others, and must not run in the tests' process."""
    if importlib.util.find_spec("ray") is None:
        pytest.skip("Ray is not installed")
    path = tmp_path_factory.mktemp("cluster") / "found.json"
    done = subprocess.run([sys.executable, "-c", SCRIPT, str(path), request.param], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-3000:]
    result: dict[str, Any] = json.loads(path.read_text())
    return result


def test_drawings_have_the_same_bytes_as_in_one_process(found: dict[str, Any]) -> None:
    assert len(found["alone"]) >= 4
    assert found["cluster"] == found["alone"]


def test_progress_counts_every_image_step(found: dict[str, Any]) -> None:
    assert found["steps"] == len(found["alone"]) * SMALL["steps"]


@pytest.mark.nightly
def test_batches_of_killed_workers_are_drawn_again(found: dict[str, Any]) -> None:
    if "killed" not in found:
        pytest.skip("workers are killed in the nightly run")
    assert found["killed"] >= 1
    assert found["with killed workers"] == found["alone"]


def test_errors_are_those_of_one_process(found: dict[str, Any]) -> None:
    assert "9999" in found["error"]
    assert found["error"] == found["error alone"]


def test_stopping_early_ends_all_workers(found: dict[str, Any]) -> None:
    assert found["first"] in found["alone"]
    assert found["left"] == 0


def test_error_without_ray_names_the_extra(tmp_path: Path) -> None:
    script = (
        "import sys; sys.modules['ray'] = None\n"
        "from actmax.errors import ActmaxError\n"
        "from actmax.networks.weights import resolve_weights\n"
        "from actmax.pipeline.cluster import render_on_cluster\n"
        "try: list(render_on_cluster([], resolve_weights('compact')))\n"
        "except ActmaxError as error: print(error)\n"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout == "The engine 'ray' needs Ray: pip install 'actmax[cluster]'.\n"
