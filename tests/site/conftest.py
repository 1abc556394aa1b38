"""Two sites and a browser: the default site, built for real, and one of fakes with all that a gallery can have."""

from __future__ import annotations

import functools
import http.server
import importlib.util
import json
import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any
from unittest import mock

import pytest

from actmax.recipe.recipe import Recipe
from actmax.store.store import Entry
from gen import site as build
from gen.study import opinion

FAILING = 96
"""The toucan: what is drawn for it is taken for something else."""
GROUPS = {
    "animals": ["goldfish", "zebra", "tabby", "golden retriever", "toucan", "tiger"],
    "vehicles": ["ambulance", {"bicycle": "mountain bike"}],
    "striped": ["tiger", "zebra"],
}
"""Of the fakes' site: a stand-in, and two classes that are in two groups, in another order."""


@dataclass(frozen=True)
class Built:
    """A site and how it was built."""

    folder: Path
    store: Path
    command: list[str]
    env: dict[str, str]
    output: str

    def build(self, *python: str) -> subprocess.CompletedProcess[str]:
        """Builds it once more."""
        return subprocess.run(
            [sys.executable, *python, *self.command],
            env=self.env,
            cwd=self.folder.parent,
            capture_output=True,
            text=True,
            check=False,
        )


@pytest.fixture(scope="session")
def built(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Built:
    """mkdocs.yml and all that it names, copied, and built cold."""
    project = tmp_path_factory.mktemp("project")
    for name in ("mkdocs.yml", "docs", "gen", "actmax"):
        source = root / name
        if source.is_dir():
            shutil.copytree(source, project / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, project / name)
    env = {**os.environ, "ACTMAX_NETWORK": "compact", "PYTHONPATH": str(project), "NO_COLOR": "1"}
    site = Built(project / "site", project / ".cache", ["-m", "mkdocs", "build", "--strict"], env, "")
    done = site.build()
    assert done.returncode == 0, done.stderr
    return Built(site.folder, site.store, site.command, env, done.stderr)


@pytest.fixture(scope="session")
def fakes(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A built site with several methods and seeds, a second opinion, failures, and a class that was given up.

    Nothing of it is drawn: the store is filled with fakes.
    """
    benchmark = _benchmark(root)
    folder = tmp_path_factory.mktemp("fakes") / "project"
    second = folder.with_name("second.pth")
    second.write_bytes(b"no weights")
    values: dict[str, Any] = {
        "network": "compact",
        "second_opinion": {"network": "squeezenet1_0", "weights": str(second)},
        "seeds": [0, 1],
        "methods": {"robust": None, "plain": {"groups": ["vehicles"]}},
        "groups": GROUPS,
    }
    benchmark.copy_project(folder, values)
    gone = {
        "gallery/ambulance/": {"anchors": ["drawings", "plain-seed-0", "sketch-seed-7"]},
        "gallery/tiger-shark/": {"anchors": ["robust-seed-0"]},
        "gallery/racer/": {"to": "gallery/ambulance/"},
    }
    ledger = folder / "docs/gallery/ledger.json"
    ledger.parent.mkdir(exist_ok=True)
    ledger.write_text(json.dumps({"schema": 1, "addresses": gone}), "utf-8")
    site = build.prepare(values, folder)
    entries = {
        entry.digest: entry
        for recipe in build.recipes(site, folder)
        for entry in [site.store.put(recipe, *_fake(recipe, benchmark))]
    }
    assert site.second
    with mock.patch("actmax.pipeline.draw.load"), mock.patch("gen.study.opinion._measured", _opinion):
        opinion.opinions(site.plan, entries, site.second, site.store)
    benchmark.build(folder)
    return folder / "site"


def _benchmark(root: Path) -> ModuleType:
    """tests/benchmarks/gallery.py, which knows how to build a site of fakes."""
    spec = importlib.util.spec_from_file_location("gallery_benchmark", root / "tests/benchmarks/gallery.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # where dataclasses look themselves up
    spec.loader.exec_module(module)
    return module


def _fake(recipe: Recipe, benchmark: ModuleType) -> tuple[dict[str, bytes], dict[str, Any]]:
    """The benchmark's, but no two classes are equally probable."""
    files, record = benchmark.fake(recipe)
    unit = int(recipe.target.partition(":")[2])
    record["measures"] = dict.fromkeys(files.keys() - {"frames.webp"}, _measures(unit, 1 + (unit == FAILING)))
    return files, record


def _opinion(entry: Entry, target: str, _: object) -> dict[str, Any]:
    """Of a network that recognises every other drawing."""
    unit = int(target.partition(":")[2])
    return _measures(unit, 1 + 3 * (unit % 2))


def _measures(unit: int, rank: int) -> dict[str, Any]:
    """As :meth:`actmax.measure.measure.Measures.as_dict` returns them, for a class that comes in a place."""
    own = 0.5 + unit % 100 / 250 if rank == 1 else 0.1 / rank
    top = [[(unit + 37 * place) % 1000, 0.09 / place] for place in range(1, 5)]
    top.insert(rank - 1, [unit, own])
    return {"activation": 3.21, "top": top, "probability": own, "rank": rank, "margin": 4.5 if rank == 1 else -2.5}


@contextmanager
def _served(folder: Path) -> Iterator[str]:
    handler = functools.partial(_Quiet, directory=str(folder))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


class _Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture(scope="session")
def address(built: Built) -> Iterator[str]:
    """The built site, served on this machine."""
    with _served(built.folder) as url:
        yield url


@pytest.fixture(scope="session")
def faked(fakes: Path) -> Iterator[str]:
    """The site of fakes, served on this machine."""
    with _served(fakes) as url:
        yield url


@pytest.fixture(scope="session")
def browser() -> Iterator:  # type: ignore[type-arg]
    """The system's Chromium, driven by playwright."""
    program = next(
        (found for name in ("chromium", "chromium-browser", "google-chrome") if (found := shutil.which(name))), None
    )
    if program is None:
        pytest.skip("no Chromium is installed")
    from playwright.sync_api import sync_playwright

    flags = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-background-networking"]
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=program, args=flags)
        yield chromium
        chromium.close()
