"""Real builds of a small site: both hosts, a warm store, bad input, and an author who edits while it is served."""

from __future__ import annotations

import json
import os
import pickle
import re
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml
from installed import HOSTS
from safetensors.numpy import save_file

from actmax.networks import labels
from actmax.store import Entry
from gen.plan import Plan

SCRIPT = Path(__file__).parents[2] / "gen" / "gallery.py"
PATIENCE = 60
"""Seconds after which what a server ought to do counts as not done."""

GALLERY: dict[str, Any] = {
    "network": "compact",
    "second_opinion": False,
    "size": 64,
    "store": "store",
    "methods": {"robust": {"steps": 2}},
    "groups": {"animals": ["zebra", {"my cat": "tiger"}]},
}
HOOK = [str(SCRIPT.with_name("hook.py"))]
PLUGINS: list[Any] = [{"gen-files": {"scripts": [str(SCRIPT)]}}]
PROSE = "---\nmeasured: true\n---\n# Page\n\nSee the [gallery](gallery/index.md). {{ caption('my cat', 'robust') }}\n"


class Site:
    """A folder with a mkdocs.yml and one page; nothing can be downloaded, and torch's cache is empty."""

    def __init__(self, root: Path) -> None:
        self.root = root
        (root / "docs").mkdir()
        self.edit()
        self.write(PROSE)
        self._environment = {
            **os.environ,
            "HTTPS_PROXY": "http://127.0.0.1:9",
            "https_proxy": "http://127.0.0.1:9",
            "TORCH_HOME": str(root / "torch"),
            "DISABLE_MKDOCS_2_WARNING": "true",
            "NO_MKDOCS_2_WARNING": "1",
            "PYTHONUNBUFFERED": "1",
        }

    def edit(self, **gallery: Any) -> None:
        """Changes the gallery's settings; all others are as they were at first."""
        self.configure(extra={"gallery": {**GALLERY, **gallery}})

    def configure(self, **values: Any) -> None:
        """Changes whatever else stands in mkdocs.yml; all others are as they were at first."""
        whole = {
            "site_name": "A site",
            "theme": {"name": "material", "font": False, "custom_dir": str(SCRIPT.with_name("theme"))},
            "plugins": PLUGINS,
            "hooks": HOOK,
            "markdown_extensions": ["admonition", "attr_list", "md_in_html", "tables", "pymdownx.details"],
            "extra": {"gallery": GALLERY},
            **values,
        }
        self._replace(self.root / "mkdocs.yml", yaml.safe_dump(whole))

    def write(self, prose: str) -> None:
        self._replace(self.root / "docs" / "index.md", prose)

    def _replace(self, path: Path, text: str) -> None:
        # In one go: a server would also read half a file.
        half = self.root / "half"
        half.write_text(text)
        half.replace(path)

    def words(self, host: str, *words: str) -> dict[str, Any]:
        """How a host is called."""
        return {
            "args": [sys.executable, "-m", host, *words, "-f", "mkdocs.yml"],
            "cwd": self.root,
            "env": self._environment,
            "stderr": subprocess.STDOUT,
            "text": True,
        }

    def build(self, host: str = "mkdocs", *words: str) -> subprocess.CompletedProcess[str]:
        called: subprocess.CompletedProcess[str] = subprocess.run(
            **self.words(host, "build", *words), stdout=subprocess.PIPE, check=False, timeout=300
        )
        return called

    def page(self, path: str) -> str:
        return (self.root / "site" / path).read_text("utf-8")

    def stored(self) -> dict[str, bytes]:
        """Every file of the store, but for the lock, which is empty."""
        files = (path for path in (self.root / "store").rglob("*") if path.is_file() and path.name != ".lock")
        return {str(path.relative_to(self.root)): path.read_bytes() for path in files}


@pytest.fixture
def site(tmp_path: Path) -> Site:
    """Nothing is drawn yet."""
    return Site(tmp_path)


@pytest.fixture
def warm(site: Site, planned: Callable[..., Plan], drawn: Callable[..., dict[str, Entry]]) -> Site:
    """All is drawn, and one more class."""
    drawn(planned({"animals": ["zebra", "tiger", "goldfish"]}))
    return site


@pytest.mark.parametrize("host", HOSTS)
def test_a_strict_build_draws_once_and_the_next_draws_nothing(site: Site, host: str) -> None:
    first = site.build(host, "--strict")
    assert first.returncode == 0, first.stdout
    assert "drew 2, 0 from the store" in first.stdout
    assert "WARNING" not in first.stdout
    stored = site.stored()
    second = site.build(host, "--strict")
    assert second.returncode == 0, second.stdout
    assert "drew 0, 2 from the store, 0 s" in second.stdout
    assert site.stored() == stored


def test_the_default_evaluation_network_is_run_once(warm: Site) -> None:
    warm.edit(second_opinion=None)
    for _ in range(2):
        built = warm.build("mkdocs", "--strict")
        assert built.returncode == 0, built.stdout
        measurements = {name for name in warm.stored() if name.startswith("store/measurements/")}
        assert len(measurements) == 4  # two drawings by it, and the two frames of the front page's by their own network
    assert json.loads(warm.page("gallery/index.json"))["evaluation_network"]["name"] == "mobilenet-v2"
    page = warm.page("gallery/zebra/index.html")
    assert "<p>Evaluation network <span>MobileNet V2</span></p>" in page


@pytest.mark.parametrize("host", HOSTS)
def test_the_built_site_has_the_pages_the_pictures_and_the_aliases(warm: Site, host: str) -> None:
    built = warm.build(host, "--strict")
    assert built.returncode == 0, built.stdout
    assert "<h1" in warm.page("gallery/zebra/index.html")
    assert "ImageNet has no class my cat" in warm.page("gallery/tiger/index.html")
    assert "stands in for it" in warm.page("index.html")  # filled in, because the page says `measured: true`
    for alias in ("340", "n02391049"):
        assert 'content="0; url=../zebra/"' in warm.page(f"gallery/{alias}/index.html")
    assert 'content="0; url=../tiger/"' in warm.page("gallery/my-cat/index.html")
    masters = {data for name, data in warm.stored().items() if name.endswith("drawing.png")}
    assert {path.read_bytes() for path in (warm.root / "site" / "gallery" / "drawings").iterdir()} < masters
    for name in ("zebra", "tiger"):
        (master,) = set(re.findall(r"\.\./(drawings/\w+\.png)", warm.page(f"gallery/{name}/index.html")))
        assert (warm.root / "site" / "gallery" / master).is_file()
    assert json.loads(warm.page("gallery/index.json"))["schema"] == 2
    assert 'class="gallery-tools"' in warm.page("gallery/index.html")
    assert "__palette_" not in warm.page("index.html")  # the site has none, and Material's script would fail
    assert 'class="compare"' in warm.page("gallery/compare/index.html")


# What a preview of a link shows, and what a search finds.


class Head(HTMLParser):
    """The properties of a page's head."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.meta: dict[str, str] = {}
        self.canonical: str | None = None
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        name = values.get("property") or values.get("name")
        if tag == "meta" and name:
            assert name not in self.meta, f"{name} stands twice"
            self.meta[name] = values["content"] or ""
        if values.get("rel") == "canonical":
            self.canonical = values["href"]


def test_a_preview_of_a_link_shows_the_drawing_under_its_whole_address(warm: Site) -> None:
    warm.configure(site_url="https://example.com/here", site_name='"A" & b', site_description='With "a" <b>')
    assert warm.build("mkdocs", "--strict").returncode == 0
    head = Head(warm.page("gallery/tiger/index.html"))
    assert head.canonical == head.meta["og:url"] == "https://example.com/here/gallery/tiger/"
    assert head.meta["og:image"] == "https://example.com/here/gallery/tiger/card.jpg"
    assert head.meta["twitter:card"] == "summary_large_image"
    assert head.meta["og:image:alt"] == "tiger, as the compact AlexNet draws it"
    assert head.meta["og:title"] == "tiger"
    assert head.meta["og:site_name"] == '"A" & b'
    assert head.meta["description"] == head.meta["og:description"]
    assert "large feline of forests" in head.meta["description"]
    front = Head(warm.page("index.html"))
    assert (front.meta["og:title"], front.meta["og:type"]) == ('"A" & b', "website")
    assert front.meta["og:description"] == 'With "a" <b>'
    assert "og:image" not in front.meta


def test_without_an_address_a_preview_has_no_picture(warm: Site) -> None:
    warm.configure(site_url="")
    assert warm.build("mkdocs", "--strict").returncode == 0
    head = Head(warm.page("gallery/tiger/index.html"))
    assert head.meta["og:title"] == "tiger"
    assert not {"og:image", "og:image:alt", "og:url"} & set(head.meta)
    assert head.canonical is None


def test_search_finds_a_class_by_all_its_names_and_no_section_of_its_page(warm: Site) -> None:
    warm.configure(plugins=["search", *PLUGINS])
    assert warm.build("mkdocs", "--strict").returncode == 0
    found = {doc["location"]: doc for doc in json.loads(warm.page("search/search_index.json"))["docs"]}
    assert {path for path in found if path.startswith("gallery/")} == {
        "gallery/",
        "gallery/compare/",
        "gallery/zebra/",
        "gallery/tiger/",
    }
    tiger = found["gallery/tiger/"]
    assert set(tiger["tags"]) == {"292", "n02129604", "tiger", "Panthera tigris", "my cat"}
    assert tiger["boost"] > 1
    definition = labels.resolve_class("tiger").definition
    names = "Class 292 of ImageNet, n02129604: tiger, Panthera tigris."
    assert tiger["text"] == f"<p>L{definition[1:]}.</p> <p>{names}</p>"
    assert "zebra" not in found["gallery/"]["text"] + found["gallery/compare/"]["text"]


def test_a_site_that_had_to_fall_back_warns_once_and_is_not_published_by_a_strict_build(warm: Site) -> None:
    warm.edit(network="auto")
    for words, code in (["--strict"], 1), ([], 0):  # the second time the store remembers
        built = warm.build("mkdocs", *words)
        assert built.returncode == code, built.stdout
        assert built.stdout.count("WARNING") == 1
        assert "ImageNet's AlexNet could not be had" in built.stdout
        assert "drew 0, 2 from the store" in built.stdout


# Bad input: what the author did, and what the message holds.


def foreign(site: Site) -> None:
    """Weights of another network."""
    save_file({"conv.weight": np.zeros((2, 2), np.float32)}, site.root / "foreign.safetensors")
    site.edit(network="alexnet", weights="foreign.safetensors")


class Trap:
    """A pickle that would run a command."""

    def __reduce__(self) -> tuple[Callable[..., Any], tuple[Any, ...]]:
        return os.mkdir, ("trapped",)


def trap(site: Site) -> None:
    (site.root / "trap.pth").write_bytes(pickle.dumps({"features.0.weight": Trap()}, protocol=2))
    site.edit(network="alexnet", weights="trap.pth")


def below_a_file(site: Site) -> None:
    (site.root / "file").write_bytes(b"a regular file")
    site.edit(store="file/store")


def vain(site: Site) -> None:
    site.write(PROSE.replace("my cat", "my dog"))


BAD: dict[str, tuple[Callable[[Site], object], list[str]]] = {
    "unknown class": (
        lambda site: site.edit(groups={"animals": ["zebre"]}),
        ["groups.animals[0]", "'zebre'", "'zebra'"],
    ),
    "unknown key": (lambda site: site.edit(seed=[0]), ["'seed'", "Did you mean 'seeds'"]),
    "wrong type": (lambda site: site.edit(seeds="many"), ["seeds", "'many'", "list"]),
    "negative steps": (lambda site: site.edit(methods={"robust": {"steps": -5}}), ["methods.robust", "steps", "-5"]),
    "two names for one URL": (
        lambda site: site.edit(groups={"animals": [{"zebra": "tiger"}]}),
        ["two names for one URL", "'zebra'", "'tiger'", "/gallery/zebra/"],
    ),
    "unknown network": (lambda site: site.edit(network="alexnett"), ["'alexnett'"]),
    "absent weights": (
        lambda site: site.edit(network="alexnet", weights="absent.pth"),
        ["absent.pth", "cannot be read"],
    ),
    "foreign weights": (foreign, ["foreign.safetensors", "are not those of alexnet"]),
    "a pickle of something else": (trap, ["trap.pth", "not a weights file that can be trusted"]),
    "a store that cannot be written": (below_a_file, ["file/store", "Not a directory"]),
    "pages that are no folders": (
        lambda site: site.configure(use_directory_urls=False),
        ["`use_directory_urls` must not be false", "addresses are folders"],
    ),
    "a second network without weights": (
        lambda site: site.edit(second_opinion={"network": "squeezenet1_0", "weights": "absent.pth"}),
        ["extra.gallery.second_opinion", "absent.pth", "cannot be read"],
    ),
    "a second network that cannot be downloaded": (
        lambda site: site.edit(second_opinion={"network": "alexnet"}),
        ["extra.gallery.second_opinion", "alexnet-owt-7be5be79.pth"],
    ),
    "a page with an unknown caption": (vain, ["docs/index.md, line 6", "'my dog'"]),
}


@pytest.mark.parametrize(("author", "words"), BAD.values(), ids=BAD.keys())
def test_bad_input_fails_the_build_with_a_message_and_leaves_the_store_unchanged(
    warm: Site, author: Callable[[Site], object], words: list[str]
) -> None:
    author(warm)
    stored = warm.stored()
    built = warm.build()
    assert built.returncode != 0, built.stdout
    errors = [line for line in built.stdout.splitlines() if line.startswith("ERROR")]
    assert len(errors) == 1, built.stdout
    assert [word for word in words if word not in errors[0]] == []
    assert "Traceback" not in built.stdout
    assert {name: data for name, data in warm.stored().items() if "/derived/" not in name} == stored
    assert not (warm.root / "trapped").exists()


def changed(**gallery: Any) -> Callable[[Site], None]:
    return lambda site: site.configure(hooks=HOOK, extra={"gallery": {**GALLERY, **gallery}})


def foreign_weights(site: Site) -> None:
    """Of ten classes, where a thousand are drawn."""
    foreign(site)
    changed(network="squeezenet1_0", weights="foreign.safetensors")(site)


def failing_page(site: Site) -> None:
    """What only the sandbox notices, when everything is drawn."""
    site.write(PROSE + "{{ lead.nothing }}\n")


LOSSES: dict[str, Callable[[Site], None]] = {
    "settings": changed(size=10),
    "page": vain,
    "page, when it is filled in": failing_page,
    "weights, when something is drawn": foreign_weights,
}


def test_an_error_leaves_the_last_built_site_in_place(warm: Site) -> None:
    """What else may be wrong is tried in test_hook.py: the hook's first event comes before MkDocs clears the folder."""
    warm.configure(hooks=HOOK)
    assert warm.build().returncode == 0
    before = {path for path in (warm.root / "site").rglob("*") if path.is_file()}
    for name, author in LOSSES.items():
        warm.configure(hooks=HOOK)
        warm.write(PROSE)
        author(warm)
        built = warm.build()
        assert built.returncode != 0, name
        assert "Traceback" not in built.stdout
        assert {path for path in (warm.root / "site").rglob("*") if path.is_file()} == before, name


@pytest.mark.parametrize("host", HOSTS)
def test_both_hosts_show_the_same_message(warm: Site, host: str) -> None:
    warm.edit(size=10)
    built = warm.build(host)
    assert built.returncode != 0
    assert "ERROR   -  extra.gallery.size in mkdocs.yml: " in built.stdout
    assert "Traceback" not in built.stdout


@pytest.mark.parametrize("host", HOSTS)
def test_an_invalid_equation_fails_the_build_with_a_message(warm: Site, host: str) -> None:
    extensions = ["admonition", "attr_list", "md_in_html", "tables", "pymdownx.details", "gen.mathml"]
    warm.configure(markdown_extensions=extensions)
    warm.write("# Page\n\nSee $x^2$.\n")
    assert warm.build(host, "--strict").returncode == 0
    assert "<math" in warm.page("index.html")
    warm.write("# Page\n\nSee $\\undefined$.\n")
    built = warm.build(host)
    assert built.returncode != 0
    assert "uses \\undefined, which latex2mathml does not know" in built.stdout
    assert "Traceback" not in built.stdout


@pytest.mark.nightly
@pytest.mark.parametrize("command", ["build", "serve"])
def test_sigterm_ends_a_build_and_keeps_what_is_drawn(warm: Site, command: str) -> None:
    warm.edit(methods={"robust": {"steps": 2}, "plain": {"steps": 20_000}})
    stored, output = warm.stored(), warm.root / "output"
    with output.open("w") as file, subprocess.Popen(**warm.words("mkdocs", command), stdout=file) as process:
        try:
            deadline = time.monotonic() + PATIENCE
            while "drawing 2 pictures, 2 are in the store" not in output.read_text():
                assert time.monotonic() < deadline, output.read_text()
                time.sleep(0.1)
            process.terminate()
            assert process.wait(PATIENCE) == 143
        finally:
            process.kill()
    assert output.read_text().count("stopped: what is drawn is kept, and the next build goes on from there") == 1
    assert "Traceback" not in output.read_text()
    assert warm.stored() == stored


# An author who edits while the site is served.


class Served:
    """A running `serve`, and what it has printed so far."""

    def __init__(self, site: Site, process: subprocess.Popen[str], output: Path, port: int) -> None:
        self.site = site
        self.process = process
        self._output = output
        self._port = port

    def output(self) -> str:
        return self._output.read_text("utf-8")

    def shows(self, path: str, words: str) -> bool:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self._port}/{path}", timeout=5) as response:
                return words in response.read().decode()
        except (urllib.error.URLError, TimeoutError, ConnectionError):
            return False

    def until(self, condition: Callable[[], bool]) -> None:
        deadline = time.monotonic() + PATIENCE
        while not condition():
            assert self.process.poll() is None, f"the server ended:\n{self.output()}"
            assert time.monotonic() < deadline, f"not within {PATIENCE} s:\n{self.output()}"
            time.sleep(0.1)


@contextmanager
def served(site: Site, host: str) -> Iterator[Served]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    output = site.root / "output"
    words = site.words(host, "serve", "--livereload", "--dev-addr", f"127.0.0.1:{port}")
    with output.open("w") as file, subprocess.Popen(**words, stdout=file) as process:
        try:
            yield Served(site, process, output, port)
        finally:
            process.kill()


@pytest.mark.parametrize("host", HOSTS)
def test_a_server_survives_a_bad_edit_and_shows_the_next_good_one(warm: Site, host: str) -> None:
    with served(warm, host) as server:
        server.until(lambda: server.shows("gallery/zebra/", "<h1"))
        assert not server.shows("gallery/goldfish/", "<h1")

        warm.edit(groups={"animals": ["zebre"]})
        server.until(lambda: "ImageNet-1k has no class 'zebre'. Nearest: 'zebra'" in server.output())
        warm.edit(groups={"animals": ["zebra", {"my cat": "tiger"}, "goldfish"]})
        server.until(lambda: server.shows("gallery/goldfish/", "<h1"))

        warm.write(PROSE.replace("See", "Behold"))
        server.until(lambda: server.shows("", "Behold"))

        drew = [line for line in server.output().splitlines() if "drew" in line]
        assert len(drew) >= 3
        assert all("drew 0, " in line for line in drew)  # neither prose nor a stored class is drawn
        assert "Traceback" not in server.output()
