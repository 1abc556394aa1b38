"""Plans and stores of fake drawings: pages are tested without torch, and in no time."""

from __future__ import annotations

import html
import io
import re
from collections.abc import Callable, Container
from pathlib import Path
from typing import Any

import pytest
from markdown import Markdown
from PIL import Image

from actmax.networks.weights import source
from actmax.pipeline import encode
from actmax.recipe.recipe import Recipe
from actmax.recipe.target import parse
from actmax.store.store import Entry, Store
from gen.ledger.ledger import Ledger
from gen.pages.pages import Opinions, Pages, Place
from gen.plan.plan import Plan, plan
from gen.settings.schema import configuration, read

MKDOCS = Path(__file__).parents[2] / "mkdocs.yml"

Plans = Callable[..., Plan]
Draws = Callable[..., dict[str, Entry]]
Paged = Callable[..., Pages]
Files = dict[str, str | bytes]


@pytest.fixture
def planned() -> Plans:
    """From groups and other settings to a plan for the compact network, small and of two steps."""

    def made(groups: dict[str, list[Any]], **settings: Any) -> Plan:
        defaults = {"size": 64, "methods": {"robust": {"steps": 2}}}
        return plan(read({**defaults, **settings, "groups": groups}), source("compact"))

    return made


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "store")


@pytest.fixture
def drawn(store: Store) -> Draws:
    """Fills the store with a fake drawing for each recipe of a plan; those of some classes fail."""

    def made(planned: Plan, failed: Container[int] = ()) -> dict[str, Entry]:
        entries = [store.put(recipe, *fake(recipe, failed)) for recipe in planned.recipes()]
        return {entry.digest: entry for entry in entries}

    return made


def fake(recipe: Recipe, failed: Container[int] = ()) -> tuple[dict[str, bytes], dict[str, Any]]:
    """What :func:`actmax.pipeline.draw.publish` returns, for a picture of one colour that no network has seen."""
    unit = parse(recipe.target).unit
    assert unit is not None
    image = Image.new("RGB", (recipe.size, recipe.size), (unit % 256, recipe.seed % 256, recipe.steps % 256))
    files = {
        "drawing.png": encode.png(image, recipe),
        "drawing.jpg": encode.jpeg(image),
        "frames.webp": encode.filmstrip([image] * 3),
    }
    others = [[(unit + place) % 1000, 0.02 / place] for place in range(1, 5)]
    own = [unit, 0.9]
    good = {"activation": 12.34, "probability": 0.9, "rank": 1, "margin": 4.5, "top": [own, *others]}
    bad = {"activation": -1.5, "probability": 0.015, "rank": 2, "margin": -2.5, "top": [others[0], own, *others[1:]]}
    measures = bad if unit in failed else good
    record = {
        # The JPEG is a file of its own, on which the network is never quite as sure.
        "measures": {"drawing.png": measures, "drawing.jpg": {**measures, "probability": 0.5}},
        "frames": [1, 2, recipe.steps],
        "activations": [0.5] * recipe.steps,
        "wins": {"first": 1, "stays": 1},
        "provenance": {
            "device": "no device",
            "precision": "fp32",
            "drawn": "2026-01-01T00:00:00+00:00",
            "seconds": 0.1,
        },
    }
    return files, record


@pytest.fixture
def paged(drawn: Draws) -> Paged:
    """The pages of a plan, with fake drawings; those of some classes fail."""

    def pages(
        made: Plan,
        failed: Container[int] = (),
        site_url: str = "",
        ledger: Ledger | None = None,
        opinions: Opinions | None = None,
    ) -> Pages:
        place = Place(site_url, "A site")
        return Pages(made, drawn(made, failed), place=place, opinions=opinions, published=ledger)

    return pages


@pytest.fixture
def published(planned: Plans, paged: Paged) -> Callable[..., Files]:
    """The generated files of a gallery of fake drawings, by path."""

    def files(
        groups: dict[str, list[Any]],
        failed: Container[int] = (),
        site_url: str = "",
        ledger: Ledger | None = None,
        **settings: Any,
    ) -> Files:
        pages = list(paged(planned(groups, **settings), failed, site_url, ledger).files())
        assert len(pages) == len({path for path, _ in pages}), "a file is written twice"
        return dict(pages)

    return files


@pytest.fixture(scope="session")
def rendered() -> Callable[[str], str]:
    """Markdown to HTML, by Python-Markdown with the extensions of the project's own site."""
    names: list[str] = []
    options: dict[str, Any] = {}
    for line in configuration(MKDOCS)["markdown_extensions"]:
        name, option = next(iter(line.items())) if isinstance(line, dict) else (line, {})
        names.append(name)
        options[name] = option
    options["pymdownx.snippets"]["base_path"] = [str(MKDOCS.parent / "actmax"), str(MKDOCS.parent / "docs/includes")]
    site = Markdown(extensions=names, extension_configs=options)

    def convert(text: str) -> str:
        return site.reset().convert(text)

    return convert


@pytest.fixture(scope="session")
def visible() -> Callable[[str], str]:
    """What a reader sees of HTML, without the signs that link to headings."""

    def text(page: str) -> str:
        return (
            html.unescape(re.sub(r"<[^>]*>", "", page))
            .replace("\N{PILCROW SIGN}", "")
            .replace("\N{NO-BREAK SPACE}", " ")
        )

    return text


@pytest.fixture
def pixel() -> Callable[[bytes], tuple[int, int, int]]:
    """The colour of a picture's first pixel, by which one fake drawing is told from another."""

    def first(data: bytes) -> tuple[int, int, int]:
        with Image.open(io.BytesIO(data)) as image:
            red, green, blue = image.convert("RGB").getpixel((0, 0))  # type: ignore[misc]
            return red, green, blue

    return first
