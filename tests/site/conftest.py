"""Two built sites and a browser: the default site, and a site of fakes with everything that a gallery can have."""

from __future__ import annotations

import functools
import json
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import fakes as made
import projects
import pytest
import torch
from browsing import chromium, served
from nightly import smoke
from PIL import Image
from torchvision import models

from actmax.engine.render import frame_steps
from actmax.measure.models import Measures
from actmax.networks.cards import card
from actmax.pipeline import encode
from actmax.pipeline.publish import PUBLISHED
from actmax.recipe import Recipe, parse
from actmax.store import Entry, Store, Wins
from gen import site
from gen.study import evaluation

STEPS = 100
"""The number of steps of `plain` in these tests."""

FAILING = 96
"""The toucan: the network does not classify its drawing as a toucan."""
GROUPS = {
    "animals": ["goldfish", "zebra", "tabby", "golden retriever", "toucan", "tiger"],
    "vehicles": ["ambulance", {"bicycle": "mountain bike"}],
    "striped": ["tiger", "zebra"],
}
"""Groups of the site of fakes: with a stand-in, and with two classes that are in two groups, in another order."""


@dataclass(frozen=True)
class Built:
    """A site, and the command that built it."""

    folder: Path
    store: Path
    command: list[str]
    env: dict[str, str]
    output: str
    plain_steps: int = STEPS

    def build(self, *python: str) -> subprocess.CompletedProcess[str]:
        """Build it again."""
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
    """The default site, built from a copy of the project with an empty store.

    Drawings are smaller than on the default site, and `plain` takes fewer steps: all of it takes twelve minutes on two
    cores.
    """
    project = tmp_path_factory.mktemp("project")
    for name in ("docs", "gen", "actmax"):
        shutil.copytree(root / name, project / name, ignore=shutil.ignore_patterns("__pycache__"))
    text = (root / "mkdocs.yml").read_text("utf-8")
    for line, smaller in (
        ("    size: 224", f"    size: {projects.SIZE}"),
        ("      plain:", f"      plain:\n        steps: {STEPS}"),
    ):
        assert text.count(f"{line}\n") == 1
        text = text.replace(f"{line}\n", f"{smaller}\n")
    (project / "mkdocs.yml").write_text(text, "utf-8")
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
"""The command with which each host builds the tree of `python -m gen write`."""


def tree(project: Path, folder: Path) -> Path:
    """Write a project's site as a tree of plain files."""
    _run(["-m", "gen", "write", str(folder)], project, SITE_URL="https://example.org/")
    return folder


def build(written: Path, host: str, *options: str) -> Path:
    """Build a written tree with a host, and return the site's folder."""
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
def hosted(built: Built, tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """A function that builds the default site's written tree with a host, once, and returns the site's folder."""
    written = tree(built.folder.parent, tmp_path_factory.mktemp("hosted") / "tree")
    return functools.cache(lambda host: build(written, host, "--strict"))


@pytest.fixture(scope="session")
def fakes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A built site with several methods and seeds, an evaluation network, failures, a class that is no longer drawn,
    and all pages beside the gallery but the walk. Nothing is drawn: the store is filled with fakes."""
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
    prepared = site.plan_site(site.Project(values, folder / "mkdocs.yml"))
    recipes = prepared.plan.recipes()
    entries = {entry.digest: entry for entry in map(functools.partial(_put, prepared.store), recipes)}
    assert prepared.evaluation
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("actmax.pipeline.measurements.load", lambda _: SimpleNamespace(size=(224, 224)))
        patch.setattr("actmax.measure.measure.measure", _measure)
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
    """Put a fake into the store. No two classes have the same probability."""
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


def _measure(_: object, target: str, _image: object) -> Measures:
    """Imitate a network that classifies a third of the drawings correctly, a third within the top 5, and no other."""
    unit = parse(target).unit
    assert unit is not None
    return _measures(unit, 1 + 3 * (unit % 3))


def _measures(unit: int, rank: int) -> Measures:
    return made.measures(unit, rank, 0.5 + unit % 100 / 250)


@pytest.fixture(scope="session")
def address(built: Built) -> Iterator[str]:
    """The address of the default site as MkDocs builds it."""
    with served(built.folder) as url:
        yield url


@pytest.fixture(scope="session", params=smoke(["mkdocs", "zensical"]))
def host(request: pytest.FixtureRequest) -> str:
    """The host that builds the site."""
    name: str = request.param
    return name


@pytest.fixture(scope="session")
def faked_folder(host: str, fakes: Path) -> Path:
    """The site of fakes."""
    return fakes if host == "mkdocs" else build(tree(fakes.parent, fakes.parent.with_name(f"tree-{host}")), host)


@pytest.fixture(scope="session")
def faked(faked_folder: Path) -> Iterator[str]:
    """The address of the site of fakes."""
    with served(faked_folder) as url:
        yield url


@pytest.fixture(scope="session")
def real_folder(host: str, built: Built, request: pytest.FixtureRequest) -> Path:
    """The default site."""
    folder: Path = built.folder if host == "mkdocs" else request.getfixturevalue("hosted")(host)
    return folder


@pytest.fixture(scope="session")
def real(real_folder: Path) -> Iterator[str]:
    """The address of the default site."""
    with served(real_folder) as url:
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
