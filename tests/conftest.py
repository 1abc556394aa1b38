"""Fixtures and options that all tests share."""

from __future__ import annotations

import hashlib
import os
import signal
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parent.parent
SITE = "tests/site/"
"""The tests here share a built site, so that one worker runs them all."""
MAX_WORKERS = 4
"""Of ``-n auto``: each takes a gigabyte and more."""

if WORKERS := int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", 0)):
    # Before anything imports torch, and for the processes that tests start.
    os.environ.setdefault("OMP_NUM_THREADS", str(max(1, (os.cpu_count() or 1) // WORKERS)))


# A shell lets the commands that it starts in the background ignore Ctrl-C, and what they start inherits that.
signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("nightly")
    group.addoption("--nightly-sample", type=float, metavar="FRACTION", help="run this fraction of nightly tests too")
    group.addoption("--nightly-seed", default="", metavar="TEXT", help="what the sample depends on, such as a commit")


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Deselect the nightly tests that are not in the sample, and begin with those of the built site.

    Whether a test is in the sample depends on the seed and its id alone.
    """
    items.sort(key=lambda item: not item.nodeid.startswith(SITE))  # they take longest
    fraction = config.getoption("nightly_sample")
    if fraction is None:
        return
    seed = config.getoption("nightly_seed")
    if config.option.markexpr == "not nightly":  # of pyproject.toml
        config.option.markexpr = ""

    def position(item: pytest.Item) -> float:
        return int.from_bytes(hashlib.sha256(f"{seed} {item.nodeid}".encode()).digest()[:8]) / 2**64

    skipped = [item for item in items if item.get_closest_marker("nightly") and position(item) >= fraction]
    if skipped:
        config.hook.pytest_deselected(items=skipped)
        items[:] = [item for item in items if item not in set(skipped)]


class Report:
    """Counts of what the tests of faults and of hostile input have tried, printed at the end of the run."""

    def __init__(self) -> None:
        self.counts: dict[str, Counter[str]] = {}
        self.lines: list[str] = []

    def add(self, name: str, **counts: int) -> None:
        """Add to the counts that are kept under a name."""
        self.counts.setdefault(name, Counter()).update(counts)

    def __iter__(self) -> Iterator[str]:
        for name, counts in self.counts.items():
            yield f"{name}: {', '.join(f'{count} {what}' for what, count in counts.items())}"
        yield from self.lines


REPORT = pytest.StashKey[Report]()


def pytest_configure(config: pytest.Config) -> None:
    config.stash[REPORT] = Report()


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers(config: pytest.Config) -> int:
    """Return the number of workers of ``-n auto``."""
    return min(os.cpu_count() or 1, MAX_WORKERS)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Return what gives each worker whole files, in the order of collection."""
    from xdist.scheduler import LoadScopeScheduling

    class ByFile(LoadScopeScheduling):
        def _split_scope(self, nodeid: str) -> str:
            return SITE if nodeid.startswith(SITE) else nodeid.partition("::")[0]

    config.option.loadscopereorder = False
    return ByFile(config, log)


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """Add what a worker has counted."""
    report = node.config.stash[REPORT]
    output = getattr(node, "workeroutput", {})
    for name, counts in output.get("counts", {}).items():
        report.add(name, **counts)
    report.lines += output.get("lines", [])


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Hand a worker's counts to the process that prints them."""
    if hasattr(session.config, "workeroutput"):
        report = session.config.stash[REPORT]
        session.config.workeroutput |= {
            "counts": {name: dict(counts) for name, counts in report.counts.items()},
            "lines": report.lines,
        }


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    lines = list(config.stash[REPORT])
    if lines:
        terminalreporter.section("tried")
        terminalreporter.write("".join(f"{line}\n" for line in lines))


@pytest.fixture(scope="session")
def report(pytestconfig: pytest.Config) -> Report:
    """The counts that are printed at the end of the run."""
    return pytestconfig.stash[REPORT]


@pytest.fixture(scope="session")
def root() -> Path:
    """The checkout's root."""
    return ROOT


@pytest.fixture(scope="session")
def checking_data() -> Path:
    """The folder with real networks and photographs that ``ACTMAX_TEST_DATA`` names. Without it the test is skipped."""
    named = os.environ.get("ACTMAX_TEST_DATA")
    if not named:
        pytest.skip("ACTMAX_TEST_DATA names no folder with networks and photographs to check against")
    if not (Path(named) / "networks").is_dir():
        pytest.skip(f"ACTMAX_TEST_DATA is {named}, which holds no networks/")
    return Path(named)


@pytest.fixture(scope="session")
def rendered() -> Callable[[str], str]:
    """A function from Markdown to HTML: Python-Markdown with the extensions of the project's own site."""
    from markdown import Markdown

    from gen import configuration
    from gen.equations import Equations

    extensions: list[Any] = []
    options: dict[str, Any] = {}
    for line in configuration.read(ROOT / "mkdocs.yml")["markdown_extensions"]:
        name, option = next(iter(line.items())) if isinstance(line, dict) else (line, {})
        extensions.append(Equations() if name == "gen.mathml" else name)
        options[name] = option
    # An author may use it, and it must not let text from elsewhere read a file.
    extensions.append("pymdownx.snippets")
    options["pymdownx.snippets"] = {"base_path": [str(ROOT)], "check_paths": True}
    site = Markdown(extensions=extensions, extension_configs=options)

    def convert(text: str) -> str:
        return site.reset().convert(text)

    return convert
