"""Plans and stores of fake drawings: pages are tested without torch, and in no time."""

from __future__ import annotations

import html
import io
import re
from collections.abc import Callable, Container
from pathlib import Path
from typing import Any

import fakes
import pytest
from PIL import Image

from actmax.networks.weights import Source, resolve_weights
from actmax.recipe import parse
from actmax.store import Entry, Store
from gen.ledger import Ledger
from gen.pages import Contents, SiteInfo, files
from gen.plan import Plan, plan
from gen.settings import read
from gen.settings.starts import read_starts
from gen.study import Evaluation

Plans = Callable[..., Plan]
Draws = Callable[..., dict[str, Entry]]
Collects = Callable[..., Contents]
Files = dict[str, str | bytes]


@pytest.fixture
def planned(tmp_path: Path) -> Plans:
    """From groups and other settings to a plan for the compact network, small and of two steps. Pictures that the
    settings name lie in the test's folder."""

    def made(groups: dict[str, list[Any]], drawn_by: Source | None = None, **settings: Any) -> Plan:
        defaults = {"size": 64, "methods": {"robust": {"steps": 2}}}
        wanted = read({**defaults, **settings, "groups": groups})
        return plan(wanted, drawn_by or resolve_weights("compact"), read_starts(wanted, tmp_path))

    return made


@pytest.fixture
def curves_of() -> Callable[..., dict[str, Any]]:
    """From methods and numbers of steps to a file of curves, in which everything is recognized equally well."""

    def made(*methods: str, steps: tuple[int, ...]) -> dict[str, Any]:
        share = {"log_probability": -3.0, "top1": 0.25, "top5": 0.5}
        at = {"seconds": 1.5, "target": share, "mobilenet-v2": share}
        about = dict.fromkeys(("network", "processor", "precision", "command"), "known")
        return {**about, "classes": 16, "methods": {name: {str(step): at for step in steps} for name in methods}}

    return made


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "store")


@pytest.fixture
def drawn(store: Store) -> Draws:
    """Fills the store with a fake drawing for each recipe of a plan; those of some classes fail."""

    def made(planned: Plan, failed: Container[int] = (), **fields: Any) -> dict[str, Entry]:
        entries = [
            store.put(
                fakes.files(recipe),
                fakes.record(recipe, rank=2 if parse(recipe.target).unit in failed else 1, **fields),
            )
            for recipe in planned.recipes()
        ]
        return {entry.digest: entry for entry in entries}

    return made


@pytest.fixture
def collected(drawn: Draws) -> Collects:
    """All that the pages of a plan are made of, with fake drawings; those of some classes fail."""

    def contents(
        made: Plan,
        failed: Container[int] = (),
        site_url: str = "",
        ledger: Ledger | None = None,
        evaluation: Evaluation | None = None,
    ) -> Contents:
        site = SiteInfo(site_url, "A site")
        return Contents(made, drawn(made, failed), site=site, evaluation=evaluation, published=ledger or Ledger())

    return contents


@pytest.fixture
def published(planned: Plans, collected: Collects) -> Callable[..., Files]:
    """The generated files of a gallery of fake drawings, by path; but for scripts and styles."""

    def made(
        groups: dict[str, list[Any]],
        failed: Container[int] = (),
        site_url: str = "",
        ledger: Ledger | None = None,
        **settings: Any,
    ) -> Files:
        pages = list(files(collected(planned(groups, **settings), failed, site_url, ledger)))
        assert len(pages) == len({path for path, _ in pages}), "a file is written twice"
        return {path: content for path, content in pages if not re.fullmatch(r"assets/\w+\.(js|css)", path)}

    return made


@pytest.fixture(scope="session")
def visible() -> Callable[[str], str]:
    """The text that a reader sees of HTML, without the signs that link to headings."""

    def text(page: str) -> str:
        return (
            html.unescape(re.sub(r"<[^>]*>", "", page))
            .replace("\N{PILCROW SIGN}", "")
            .replace("\N{NO-BREAK SPACE}", " ")
            .replace("\N{NARROW NO-BREAK SPACE}", " ")
        )

    return text


@pytest.fixture
def pixel() -> Callable[[bytes], tuple[int, int, int]]:
    """The color of a picture's first pixel, which distinguishes fake drawings."""

    def first(data: bytes) -> tuple[int, int, int]:
        with Image.open(io.BytesIO(data)) as image:
            red, green, blue = image.convert("RGB").getpixel((0, 0))  # type: ignore[misc]
            return red, green, blue

    return first
