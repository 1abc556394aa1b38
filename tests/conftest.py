"""What all tests share: the checkout, checking data, Markdown as the site renders it, a report of what was tried."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parent.parent


class Tried:
    """What the tests of faults and of hostile input have tried: a line for each of them at the end of the run."""

    def __init__(self) -> None:
        self.counts: dict[str, Counter[str]] = {}
        self.lines: list[str] = []

    def add(self, name: str, **counts: int) -> None:
        """Adds numbers up under a name."""
        self.counts.setdefault(name, Counter()).update(counts)

    def __iter__(self) -> Iterator[str]:
        for name, counts in self.counts.items():
            yield f"{name}: {', '.join(f'{count} {what}' for what, count in counts.items())}"
        yield from self.lines


TRIED = pytest.StashKey[Tried]()


def pytest_configure(config: pytest.Config) -> None:
    config.stash[TRIED] = Tried()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    lines = list(config.stash[TRIED])
    if lines:
        terminalreporter.section("tried")
        terminalreporter.write("".join(f"{line}\n" for line in lines))


@pytest.fixture(scope="session")
def tried(pytestconfig: pytest.Config) -> Tried:
    """Where a test tells what it has tried."""
    return pytestconfig.stash[TRIED]


@pytest.fixture(scope="session")
def root() -> Path:
    """The checkout."""
    return ROOT


@pytest.fixture(scope="session")
def checking_data() -> Path:
    """Real networks and photographs, named by ``ACTMAX_TEST_DATA``; the test is skipped without."""
    named = os.environ.get("ACTMAX_TEST_DATA")
    if not named:
        pytest.skip("ACTMAX_TEST_DATA names no folder with networks and photographs to check against")
    if not (Path(named) / "networks").is_dir():
        pytest.skip(f"ACTMAX_TEST_DATA is {named}, which holds no networks/")
    return Path(named)


@pytest.fixture(scope="session")
def rendered() -> Callable[[str], str]:
    """Markdown to HTML, by Python-Markdown with the extensions of the project's own site."""
    from markdown import Markdown

    from gen import configuration
    from gen.equations import Equations

    extensions: list[Any] = []
    options: dict[str, Any] = {}
    for line in configuration.read(ROOT / "mkdocs.yml")["markdown_extensions"]:
        name, option = next(iter(line.items())) if isinstance(line, dict) else (line, {})
        extensions.append(Equations() if name == "gen.mathml" else name)
        options[name] = option
    # An author may have it, and what is not the author's must not reach a file by it.
    extensions.append("pymdownx.snippets")
    options["pymdownx.snippets"] = {"base_path": [str(ROOT)], "check_paths": True}
    site = Markdown(extensions=extensions, extension_configs=options)

    def convert(text: str) -> str:
        return site.reset().convert(text)

    return convert
