"""Two sites and a browser: the default site, built for real, and one of fakes with all that a gallery can have."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import fakes as made
import projects
import pytest
import torch
from browsing import chromium, served
from PIL import Image
from torchvision import models

from actmax.engine.render import frame_steps
from actmax.measure.models import Measures
from actmax.networks.cards import card
from actmax.networks.network import Network
from actmax.pipeline import encode
from actmax.pipeline.publish import PUBLISHED
from actmax.recipe import Recipe, parse
from actmax.store import Entry, Store, Wins
from gen import site
from gen.study import evaluation

SIZE = 96
"""Of the default site's drawings here."""

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
    """mkdocs.yml and all that it names, copied, and built cold.

    Everything is drawn as on the default site but smaller: at 224 pixels it would take twelve minutes on two plain
    cores, and say no more of how pages and drawings fit together.
    """
    project = tmp_path_factory.mktemp("project")
    for name in ("docs", "gen", "actmax"):
        shutil.copytree(root / name, project / name, ignore=shutil.ignore_patterns("__pycache__"))
    smaller, times = re.subn(r"(?m)^    size: 224$", f"    size: {SIZE}", (root / "mkdocs.yml").read_text("utf-8"))
    assert times == 1
    (project / "mkdocs.yml").write_text(smaller, "utf-8")
    env = {**projects.environment(), "ACTMAX_NETWORK": "compact", "PYTHONPATH": str(project)}
    site = Built(project / "site", project / ".cache", ["-m", "mkdocs", "build", "--strict"], env, "")
    done = site.build()
    assert done.returncode == 0, done.stderr
    return Built(site.folder, site.store, site.command, env, done.stderr)


HOSTS = {
    "mkdocs": ["-m", "mkdocs", "build"],
    "properdocs": ["-m", "properdocs", "build", "-f", "mkdocs.yml"],
    "zensical": ["-m", "zensical", "build"],
}
"""How each builds the tree that `python -m gen write` writes."""


def tree(project: Path, folder: Path) -> Path:
    """The site of a project as a tree of plain files, for the root of a host."""
    _run(["-m", "gen", "write", str(folder)], project, SITE_URL="https://example.org/")
    return folder


def build(written: Path, host: str, *options: str) -> Path:
    """The site that a host makes of a written tree."""
    _run([*HOSTS[host], *options], written)
    return (written / "site").rename(written / f"site-of-{host}")


def _run(command: list[str], folder: Path, **env: str) -> None:
    done = subprocess.run(
        [sys.executable, *command],
        cwd=folder,
        env=projects.environment() | {"ACTMAX_NETWORK": "compact"} | env,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.fixture(scope="session")
def hosted(built: Built, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The default site, written as a tree and built by each host."""
    written = tree(built.folder.parent, tmp_path_factory.mktemp("hosted") / "tree")
    return {host: build(written, host, "--strict") for host in HOSTS}


@pytest.fixture(scope="session")
def fakes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A built site with several methods and seeds, a second opinion, failures, a class that was given up, and all
    pages beside the gallery but the walk.

    Nothing of it is drawn: the store is filled with fakes.
    """
    folder = tmp_path_factory.mktemp("fakes") / "project"
    second = folder.with_name("second.pth")
    torch.save(models.get_model("squeezenet1_0", weights=None).state_dict(), second)
    values: dict[str, Any] = {
        "network": "compact",
        "second_opinion": {"network": "squeezenet1_0", "weights": str(second)},
        "seeds": [0, 1],
        "methods": {"robust": None, "plain": {"groups": ["vehicles"]}},
        "groups": GROUPS,
        "comparison": {"classes": ["zebra", "volcano", "golden retriever"]},
        "photo": {
            "picture": "docs/assets/photographs/chelsea.webp",
            "class": "tiger",
            "feature_weights": [0.5, 0],
            "credit": "Me",
        },
        "diversity": {"class": "zebra", "seeds": 2, "facets": 2},
        "units": {"layers": {"conv4": ["0-5", 117], "conv5": "0-39", "fc6": [7]}, "seeds": [0, 1], "negative": True},
        "photos": "docs/assets/photographs",
    }
    projects.copy_project(folder, values)
    gone = {
        "gallery/ambulance/": {"anchors": ["drawings", "plain-seed-0", "sketch-seed-7"]},
        "gallery/tiger-shark/": {"anchors": ["robust-seed-0"]},
        "gallery/racer/": {"to": "gallery/ambulance/"},
    }
    ledger = folder / "docs/gallery/ledger.json"
    ledger.parent.mkdir(exist_ok=True)
    ledger.write_text(json.dumps({"schema": 1, "addresses": gone}), "utf-8")
    prepared = site.plan_site(values, folder / "mkdocs.yml")
    recipes = prepared.plan.recipes()
    entries = {entry.digest: entry for entry in map(partial(_put, prepared.store), recipes)}
    assert prepared.evaluation
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(evaluation, "measure_resized", _measure)
        evaluation.evaluate(prepared.plan, entries, prepared.evaluation, prepared.store)
    done = subprocess.run(
        [sys.executable, "-m", "mkdocs", "build"],
        cwd=folder,
        env=projects.environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "drew 0," in done.stderr
    return folder / "site"


def _put(store: Store, recipe: Recipe) -> Entry:
    """A fake in the store; no two classes are equally probable."""
    target = parse(recipe.target)
    unit, of_class = target.channels[0][0], target.layer in card(recipe.network).outputs
    steps = tuple(frame_steps(recipe.steps))
    blue = 90 + 40 * recipe.facet + round(100 * recipe.feature_weight)
    image = Image.new("RGB", (recipe.size, recipe.size), (unit % 256, 40 * recipe.seed, blue))
    image.paste((20, 120, 60), (recipe.size // 4, recipe.size // 4, recipe.size // 2, recipe.size // 2))
    frames = [Image.blend(Image.new("RGB", image.size, "grey"), image, part / len(steps)) for part in range(len(steps))]
    files = {
        "drawing.png": encode.png(image, recipe),
        "drawing.jpg": encode.jpeg(image),
        "frames.webp": encode.filmstrip(frames),
        "mask.webp": encode.mask(Image.radial_gradient("L").resize(image.size)),
    }
    measures = _measures(unit, 1 + (unit == FAILING)) if of_class else made.measures(None)
    known = made.record(
        recipe,
        measures=dict.fromkeys(PUBLISHED, measures),
        frames=steps,
        activations=tuple(30 * step / recipe.steps for step in range(recipe.steps)),
        wins=(Wins() if measures.failed else Wins(first=9, stays=32)) if of_class else None,
    )
    return store.put(files, known)


def _measure(_: Entry, target: str) -> Callable[[Network], Measures]:
    """A network that recognises every third drawing, and has every other third not even among its first five."""
    unit = parse(target).unit
    assert unit is not None
    return lambda _: _measures(unit, 1 + 3 * (unit % 3))


def _measures(unit: int, rank: int) -> Measures:
    return made.measures(unit, rank, 0.5 + unit % 100 / 250)


@pytest.fixture(scope="session")
def address(built: Built) -> Iterator[str]:
    """The built site, served on this machine."""
    with served(built.folder) as url:
        yield url


@pytest.fixture(scope="session", params=["mkdocs", "zensical"])
def host(request: pytest.FixtureRequest) -> str:
    """What has built the site."""
    name: str = request.param
    return name


@pytest.fixture(scope="session")
def faked(host: str, fakes: Path) -> Iterator[str]:
    """The site of fakes, served on this machine."""
    if host != "mkdocs":
        fakes = build(tree(fakes.parent, fakes.parent.with_name("tree")), host)
    with served(fakes) as url:
        yield url


@pytest.fixture(scope="session")
def real(host: str, address: str, request: pytest.FixtureRequest) -> Iterator[str]:
    """The default site, served on this machine."""
    if host == "mkdocs":
        yield address
        return
    with served(request.getfixturevalue("hosted")[host]) as url:
        yield url


@pytest.fixture(scope="session")
def browser() -> Iterator:  # type: ignore[type-arg]
    """The system's Chromium, driven by playwright."""
    program = chromium()
    if program is None:
        pytest.skip("no Chromium is installed")
    from playwright.sync_api import sync_playwright

    flags = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-background-networking"]
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=program, args=flags)
        yield launched
        launched.close()
