"""Builds the site with all 1000 classes: time, memory, sizes, and whether every name and address is right.

::

    python tests/benchmarks/gallery.py [--classes 1000] [--channels compact] [--size 224] [--keep FOLDER] [--profile F]

With `--channels` each channel of a network has its page as well: 1664 pages for `compact`, 9344 for `alexnet`, which
has random weights here.

The drawings are fakes in a store of their own, so that nothing is drawn and the project stays unchanged; the theme,
plugins, extensions, navigation and prose are the project's. Measurements that pages quote are 0, since there is no walk
to measure. Exits with status 1 if a target is missed.
"""

from __future__ import annotations

import html
import json
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any, NamedTuple
from urllib.parse import urljoin

import numpy as np
import typer
from PIL import Image
from tqdm import tqdm

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "shared"))  # helpers that tests share

from fakes import PROVENANCE
from projects import SITE_URL, copy_project, environment

from actmax.measure.models import Measures
from actmax.networks import labels
from actmax.networks.cards import card
from actmax.networks.labels import Label
from actmax.pipeline import encode
from actmax.recipe import Recipe, parse
from actmax.store import Record, Store, Wins
from gen import site as gen_site

GROUP = 100
"""Classes per group of the gallery."""
FAILURE_INTERVAL = 97
"""One in this many fakes is not recognized by the network."""
NOISE = 8.0
"""Amplitude of a fake's finest noise, of 255: it makes a PNG of 80 to 100 KB, as a real drawing's."""

MAX_SECONDS, MAX_MEMORY_MB = 60.0, 1000.0
"""Of a second build with every class and every channel of the compact network."""
MAX_PAGE_KB = 30.0
MAX_SEARCH_MB = 1.5

MEASURE_COMMAND = """
import json, resource, subprocess, sys
status = subprocess.run(sys.argv[2:]).returncode
used = resource.getrusage(resource.RUSAGE_CHILDREN)
json.dump([used.ru_utime + used.ru_stime, used.ru_maxrss], open(sys.argv[1], "w"))
sys.exit(status)
"""
"""Runs a command from a small process, since the peak memory of a child includes that of its parent at the fork."""

AWKWARD = (134, 517, 264, 474, 477, 607, 638, 639, 722, 739, 836, 837, 986, 996)
"""Classes whose names differ in a capital letter only, contain quotes or hyphens, or begin like another name."""


class Row(NamedTuple):
    """A line of the table."""

    name: str
    value: str
    target: str = ""
    met: bool = True


@dataclass(frozen=True)
class Built:
    """Resources that one run of `mkdocs build` took."""

    seconds: float
    processor: float
    """Seconds of all processors together, which depend less on the machine's other load."""
    peak: float
    """MB."""
    warnings: int


@dataclass(frozen=True)
class Page:
    """The HTML of one page."""

    text: str

    @cached_property
    def title(self) -> str:
        return visible_text(self.text, r"<title>(.*?)</title>")

    @cached_property
    def heading(self) -> str:
        return visible_text(self.text, r"<h1\b[^>]*>(.*?)</h1>")

    @cached_property
    def image_alt(self) -> str:
        """The alternative text of the main image, which is the first below the heading."""
        _, _, below = self.text.partition("</h1>")
        return next((tag.get("alt", "") for tag in tags(below, "img")), "")

    @cached_property
    def canonical(self) -> str:
        return next((tag.get("href", "") for tag in tags(self.text, "link") if tag.get("rel") == "canonical"), "")

    @cached_property
    def meta(self) -> dict[str, str]:
        """Contents of the `meta` tags, by `name` or `http-equiv`."""
        return {
            tag.get("name", tag.get("http-equiv", "")).lower(): tag.get("content", "")
            for tag in tags(self.text, "meta")
        }


def main(
    classes: Annotated[int, typer.Option(help="Number of classes, from class 0 on.", min=1, max=1000)] = 1000,
    channels: Annotated[Channels | None, typer.Option(help="Network whose channels have pages, too.")] = None,
    size: Annotated[int, typer.Option(help="Width and height of the drawings.", min=64)] = 224,
    keep: Annotated[Path | None, typer.Option(help="Work in FOLDER/gallery, and leave it there.")] = None,
    profile: Annotated[
        Path | None, typer.Option(help="Run the second build under cProfile, and write its statistics.")
    ] = None,
) -> None:
    with tempfile.TemporaryDirectory() as scratch:
        folder = (keep.resolve() if keep else Path(scratch)) / "gallery"
        shutil.rmtree(folder, ignore_errors=True)
        values = settings(classes, channels, size)
        copy_project(folder, values)
        if channels is Channels.alexnet:
            save_random_weights(folder / str(values["weights"]))
        fill(gen_site.plan_site(gen_site.Project(values, folder / "mkdocs.yml")))
        first = build(folder)
        second = build(folder, profile.resolve() if profile else None)
        chosen = labels.classes()[:classes]
        pages = sum(1 for _ in (folder / "site").rglob("index.html"))
        rows = [*of_builds(first, second, profiled=profile is not None), *of_site(folder / "site", chosen)]
        rows += of_channels(folder / "site") if channels else []
    rows.append(
        Row("second build, a page", f"{1000 * second.seconds / pages:.1f} ms, {1000 * second.peak / pages:.0f} KB")
    )
    report(rows)
    if missed := [row.name for row in rows if not row.met]:
        raise SystemExit(f"missed: {'; '.join(missed)}")


class Channels(StrEnum):
    """Networks whose channels may have pages."""

    compact = "compact"
    alexnet = "alexnet"


def settings(classes: int, channels: Channels | None, size: int) -> dict[str, Any]:
    """Return settings of a gallery with each class once, by one method and one seed."""
    starts = range(0, classes, GROUP)
    groups = {
        f"classes {start} to {last}": [f"{start}-{last}" if last > start else start]
        for start, last in ((start, min(start + GROUP, classes) - 1) for start in starts)
    }
    values = {"network": "compact", "seeds": [0], "size": size, "methods": {"smooth": None}, "groups": groups}
    if channels:
        values |= {"network": channels.value, "units": "all"}
    if channels is Channels.alexnet:
        values |= {"weights": "random.pth"}
    return values


def save_random_weights(path: Path) -> None:
    """Save AlexNet's weights as before training."""
    import torch
    from torchvision.models import alexnet

    torch.manual_seed(0)
    torch.save(alexnet(weights=None).state_dict(), path)


def fill(site: gen_site.Site) -> None:
    """Store a fake for every drawing that the build needs."""
    recipes = site.plan.recipes()
    with ProcessPoolExecutor() as pool:
        stored = pool.map(put, recipes, [site.store.path] * len(recipes), chunksize=8)
        for _ in tqdm(stored, desc="fakes", total=len(recipes), leave=False):
            pass


def put(recipe: Recipe, store: Path) -> None:
    Store(store).put(*fake(recipe))


def fake(recipe: Recipe) -> tuple[dict[str, bytes], Record]:
    """What :func:`actmax.pipeline.publish.publish` returns, for an image of noise."""
    target = parse(recipe.target)
    unit, of_class = target.unit or 0, target.layer in card(recipe.network).outputs
    image = noise_image(unit, recipe.size)
    steps = [step for step in (1, 2, 5, 10, 20, 50, 100, 200, 500) if step < recipe.steps] + [recipe.steps]
    gray = Image.new("RGB", image.size, "gray")
    frames = [Image.blend(gray, image, index / len(steps)) for index in range(1, len(steps) + 1)]
    files = {
        "drawing.png": encode.png(image, recipe),
        "drawing.jpg": encode.jpeg(image),
        "frames.webp": encode.filmstrip(frames),
        "mask.webp": encode.mask(image.convert("L")),
    }
    record = Record(
        recipe=recipe,
        measures={name: measures(unit, of_class=of_class) for name in ("drawing.png", "drawing.jpg")},
        frames=tuple(steps),
        activations=tuple(float(f"{30 * step / recipe.steps:.6g}") for step in range(recipe.steps)),
        wins=None if not of_class else Wins() if fails(unit) else Wins(first=9, stays=32),
        provenance=PROVENANCE,
    )
    return files, record


def noise_image(unit: int, size: int) -> Image.Image:
    """Return color noise, mostly smooth, which compresses about as well as a drawing."""
    rng = np.random.default_rng(unit)
    total = np.full((size, size, 3), 128.0)
    for cells, strength in ((4, 40.0), (14, 40.0), (56, 32.0), (size, NOISE)):
        noise = Image.fromarray(rng.integers(0, 256, (cells, cells, 3), dtype=np.uint8), "RGB")
        smooth = np.asarray(noise.resize((size, size), Image.Resampling.BICUBIC), dtype=np.float64)
        total += (smooth / 127.5 - 1) * strength
    return Image.fromarray(total.clip(0, 255).astype(np.uint8), "RGB")


def measures(unit: int, *, of_class: bool) -> Measures:
    """Return measurements: most classes are recognized; a channel has an activation only."""
    others = [((unit + 37 * rank) % 1000, 0.02 / rank) for rank in range(1, 6)]
    if not of_class:
        return Measures(activation=3.21, top=tuple(others))
    others = others[:4]
    own = (unit, 0.9)
    if fails(unit):
        top = (others[0], own, *others[1:])
        return Measures(activation=3.21, top=top, probability=0.015, rank=2, margin=-2.5)
    return Measures(activation=34.56, top=(own, *others), probability=0.9, rank=1, margin=4.5)


def fails(unit: int) -> bool:
    return unit % FAILURE_INTERVAL == FAILURE_INTERVAL - 1


def build(folder: Path, profile: Path | None = None) -> Built:
    """Run `mkdocs build` with this working tree's packages, even if others of their names are installed."""
    watched = ["-m", "cProfile", "-o", str(profile)] if profile else []
    log, used = folder / "build.log", folder / "used.json"
    with log.open("wb") as output:
        started = time.perf_counter()
        status = subprocess.run(
            [sys.executable, "-c", MEASURE_COMMAND, str(used), sys.executable, *watched, "-m", "mkdocs", "build"],
            cwd=folder,
            env=environment(),
            stdout=output,
            stderr=subprocess.STDOUT,
            check=False,
        ).returncode
        seconds = time.perf_counter() - started
    processor, peak = json.loads(used.read_text("utf-8"))
    output_text = log.read_text("utf-8")
    drew = re.search(r"drew (\d+)", output_text)
    if status or (drew and drew[1] != "0"):
        raise SystemExit(f"{output_text[-4000:]}\n`mkdocs build` failed, or drew instead of using the fakes.")
    warnings = len(re.findall(r"(?m)^WARNING", output_text))
    return Built(seconds, processor, peak / 1024, warnings)


def of_builds(first: Built, second: Built, *, profiled: bool) -> Iterator[Row]:
    yield Row("first build", f"{first.seconds:.1f} s ({first.processor:.1f} s of processor)")
    took = f"{second.seconds:.1f} s ({second.processor:.1f} s of processor)"
    if profiled:
        yield Row("second build, slowed by cProfile", took)
    else:
        yield Row("second build", took, f"<= {MAX_SECONDS:g} s", second.seconds <= MAX_SECONDS)
    took = f"{second.peak:.0f} MB, of the first build {first.peak:.0f} MB"
    yield Row("peak memory of the second build", took, f"<= {MAX_MEMORY_MB:g} MB", second.peak <= MAX_MEMORY_MB)
    yield Row("warnings", f"{second.warnings} (the walk's images are missing)")


def of_site(site: Path, chosen: tuple[Label, ...]) -> Iterator[Row]:
    """Return the rows that are computed from the site's files."""
    pages = {label: Page(text) for label in chosen if (text := read(site / home(label) / "index.html"))}
    yield Row("class pages", *share(len(pages), len(chosen)))
    yield of_aliases(site, chosen)
    yield from of_sizes(site, pages)
    yield from of_names(pages, chosen)
    yield of_table(site, chosen)
    yield from of_files(site)


def of_aliases(site: Path, chosen: tuple[Label, ...]) -> Row:
    """Return the row of addresses by index and by WNID."""
    redirecting = [
        redirects(site, f"gallery/{alias}/", label) for label in chosen for alias in (label.index, label.wnid)
    ]
    return Row("aliases that lead to their class", *share(sum(redirecting), len(redirecting)))


def redirects(site: Path, alias: str, label: Label) -> bool:
    """Return whether an address redirects readers and search engines to the class's own."""
    page = Page(read(site / alias / "index.html"))
    expected = SITE_URL + home(label)
    _, _, refresh = page.meta.get("refresh", "").partition("url=")
    return (
        bool(refresh)
        and urljoin(SITE_URL + alias, refresh) == expected
        and page.canonical == expected
        and "noindex" in page.meta.get("robots", "")
    )


def of_sizes(site: Path, pages: dict[Label, Page]) -> Iterator[Row]:
    sizes = [len(page.text.encode()) / 1e3 for page in pages.values()] or [0.0]
    median = statistics.median(sizes)
    yield Row("class page, median", f"{median:.1f} KB", f"<= {MAX_PAGE_KB:g} KB", median <= MAX_PAGE_KB)
    yield Row("class page, largest", f"{max(sizes):.1f} KB")
    yield Row("index of the gallery", f"{size(site / 'gallery/index.html') / 1e3:.0f} KB")
    search = size(site / "search/search_index.json") / 1e6
    yield Row("search index", f"{search:.2f} MB", f"<= {MAX_SEARCH_MB:g} MB", 0 < search <= MAX_SEARCH_MB)


def of_channels(site: Path) -> Iterator[Row]:
    """Return the rows of the pages of channels and layers."""
    layers = json.loads(read(site / "network/units.json"))["layers"]
    listed = [unit for layer in layers.values() for unit in json.loads(read(site / layer["units"]))["units"]]
    sizes = [size(site / unit["url"] / "index.html") / 1e3 for unit in listed]
    yield Row("channels' pages", *share(sum(length > 0 for length in sizes), len(listed)))
    yield Row("channel's page, median", f"{statistics.median(sizes):.1f} KB")
    for name, layer in layers.items():
        yield Row(f"page of {name}", f"{size(site / layer['url'] / 'index.html') / 1e3:.0f} KB")


def of_names(pages: dict[Label, Page], chosen: tuple[Label, ...]) -> Iterator[Row]:
    """Return the rows of names and addresses of all classes; awkward names are also counted separately."""
    addresses = Counter(page.canonical.lower() for page in pages.values())  # some file systems ignore case
    checks: dict[str, Callable[[Label, Page], bool]] = {
        "address, its own": lambda label, page: (
            page.canonical == SITE_URL + home(label) and addresses[page.canonical.lower()] == 1
        ),
        "name in <title>": lambda label, page: label.name in page.title,
        "name in <h1>": lambda label, page: label.name in page.heading,
        "name in the image's alt text": lambda label, page: label.name in page.image_alt,
    }
    wrong = {
        name: [label for label in chosen if label not in pages or not right(label, pages[label])]
        for name, right in checks.items()
    }
    for name, faulty in wrong.items():
        examples = f" (not {', '.join(f'{label.name} {label.index}' for label in faulty[:5])})" if faulty else ""
        count, target, met = share(len(chosen) - len(faulty), len(chosen))
        yield Row(name, count + examples, target, met)
    awkward = [label for label in chosen if label.index in AWKWARD]
    bad = {label for faulty in wrong.values() for label in faulty}
    yield Row("awkward names, all of these", *share(sum(label not in bad for label in awkward), len(awkward)))


def of_table(site: Path, chosen: tuple[Label, ...]) -> Row:
    """Return the row of the classes in the gallery's JSON index."""
    text = read(site / "gallery/index.json")
    if not text:
        return Row("name in gallery/index.json", "skipped: there is no such file yet")
    entries = {entry["index"]: entry for entry in json.loads(text)["classes"]}
    right = [
        label.index in entries
        and [entries[label.index][key] for key in ("wnid", "name", "slug")] == [label.wnid, label.name, label.slug]
        and urljoin(SITE_URL, entries[label.index]["url"]).endswith(f"/{label.slug}/")
        for label in chosen
    ]
    return Row("name in gallery/index.json", *share(sum(right), len(chosen)))


def of_files(site: Path) -> Iterator[Row]:
    by_kind: Counter[str] = Counter()
    sizes = [(path.suffix, path.stat().st_size) for path in site.rglob("*") if path.is_file()]
    for kind, count in sizes:
        by_kind[kind] += count
    yield Row("site", f"{sum(by_kind.values()) / 1e6:.0f} MB, {len(sizes)} files")
    yield Row("", ", ".join(f"{kind} {count / 1e6:.1f}" for kind, count in by_kind.most_common(5)))


def home(label: Label) -> str:
    """Return the address of a class, relative to the root."""
    return f"gallery/{label.slug}/"


def share(correct: int, total: int) -> tuple[str, str, bool]:
    """Return value, target and verdict of a row in which all must be correct."""
    return f"{correct} of {total}", "all", correct == total


def read(path: Path) -> str:
    """Return a file's text, empty if there is none."""
    return path.read_text("utf-8") if path.is_file() else ""


def size(path: Path) -> int:
    return path.stat().st_size if path.is_file() else 0


def visible_text(text: str, pattern: str) -> str:
    """Return the text of the first match, without tags."""
    match = re.search(pattern, text, re.DOTALL)
    return html.unescape(re.sub(r"<[^>]*>", "", match[1])) if match else ""


def tags(text: str, name: str) -> Iterator[dict[str, str]]:
    """Yield the attributes of each tag of this name."""
    for tag in re.finditer(rf"<{name}\b((?:[^>\"']|\"[^\"]*\"|'[^']*')*)>", text):
        attributes = re.findall(r"([\w-]+)\s*=\s*(?:\"([^\"]*)\"|'([^']*)'|([^\s\"'>]+))", tag[1])
        yield {key.lower(): html.unescape(double or single or bare) for key, double, single, bare in attributes}


def report(rows: list[Row]) -> None:
    for row in rows:
        verdict = f"{row.target:<12} {'met' if row.met else 'MISSED'}" if row.target else ""
        print(f"{row.name:<36} {row.value:<36} {verdict}".rstrip())


if __name__ == "__main__":
    typer.run(main)
