"""Drawing into a store: which network draws, what is taken from the store, and what an end at any moment leaves."""

from __future__ import annotations

import functools
import hashlib
import http.server
import multiprocessing
import random
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

import fakes
import pytest
from PIL import Image, ImageStat

from actmax.errors import RecipeError, UnknownNameError, WeightsError
from actmax.networks import cards, weights
from actmax.networks.cards import CARDS
from actmax.pictures import read_rgb
from actmax.pipeline import forecast, publish
from actmax.pipeline.draw import Outcome, draw
from actmax.pipeline.select import NetworkSelection, select_network
from actmax.recipe import Recipe, compose
from actmax.store import Entry, Store, Wins

if TYPE_CHECKING:
    from multiprocessing.context import ForkServerContext, SpawnContext

Processes: TypeAlias = "SpawnContext | ForkServerContext"

COMPACT = weights.resolve_weights("compact")


def recipe(channel: int, method: str = "robust", **fields: object) -> Recipe:
    """Small and quick."""
    return compose(
        method,
        {"steps": 2, "size": 64, "precision": "fp32", **fields},
        network=COMPACT.network,
        weights=COMPACT.digest,
        target=f"fc8:{channel}",
    )


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "store")


@pytest.fixture(autouse=True)
def _cached_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """Loading takes longer than any drawing here."""
    monkeypatch.setattr(publish, "load", loaded)


loaded = functools.cache(publish.load)


# Network selection.


def publish_alexnet(monkeypatch: pytest.MonkeyPatch, url: str, sha256: str) -> None:
    """From now on AlexNet's weights are what lies there."""
    changed = replace(CARDS["alexnet"], url=url, sha256=sha256)
    monkeypatch.setattr(cards, "CARDS", {**CARDS, "alexnet": changed})


@pytest.fixture(autouse=True)
def offline(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Nothing is in torch's cache, which lies at the returned path, and nothing can be downloaded."""
    monkeypatch.setenv("TORCH_HOME", str(tmp_path / "torch"))
    publish_alexnet(monkeypatch, "http://127.0.0.1:9/alexnet-owt-01234567.pth", "01234567")
    return tmp_path / "torch" / "hub" / "checkpoints"


class Server:
    """Serves one file, and counts the requests."""

    def __init__(self, content: bytes) -> None:
        self.requests = 0

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(handler) -> None:
                self.requests += 1
                handler.send_response(200)
                handler.send_header("Content-Length", str(len(content)))
                handler.end_headers()
                handler.wfile.write(content)

            def log_message(handler, *_: object) -> None:
                pass

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.sha256 = hashlib.sha256(content).hexdigest()
        self.url = f"http://127.0.0.1:{self._server.server_port}/alexnet-owt-{self.sha256[:8]}.pth"

    def __enter__(self) -> Server:
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    """AlexNet's weights can be downloaded, as a small file."""
    with Server(b"weights" * 1000) as running:
        publish_alexnet(monkeypatch, running.url, running.sha256)
        yield running


def test_a_named_network_is_selected_and_nothing_is_stored(store: Store, server: Server) -> None:
    assert select_network("compact", None, store) == NetworkSelection(COMPACT)
    assert select_network("alexnet", None, store).source.url == server.url
    assert server.requests == 0  # it is downloaded when something is to be drawn
    assert not store.path.exists()


def test_a_weights_file_is_used_for_auto_too(store: Store, tmp_path: Path) -> None:
    file = tmp_path / "mine.pth"
    file.write_bytes(b"my own")
    digest = hashlib.sha256(b"my own").hexdigest()[:16]
    for network in ("auto", "alexnet"):
        selection = select_network(network, file, store)
        assert (selection.source.network, selection.source.digest, selection.source.path) == ("alexnet", digest, file)
        assert selection.fallback == ""
    assert not store.path.exists()


def test_a_name_or_a_file_that_does_not_exist_is_an_error(store: Store, tmp_path: Path) -> None:
    with pytest.raises(UnknownNameError, match="my net"):
        select_network("my net", None, store)
    with pytest.raises(WeightsError, match=r"absent\.pth"):
        select_network("auto", tmp_path / "absent.pth", store)


def test_auto_is_alexnet_where_its_weights_are_available(store: Store, server: Server, offline: Path) -> None:
    selection = select_network("auto", None, store)
    assert (selection.source.network, selection.fallback) == ("alexnet", "")
    assert selection.source.path.read_bytes() == b"weights" * 1000
    assert [path.name for path in offline.iterdir()] == [server.url.rsplit("/", 1)[1]]
    assert select_network("auto", None, store) == selection
    assert server.requests == 1


def test_auto_falls_back_once_and_makes_no_further_request(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    first = select_network("auto", None, store)
    assert first.source == COMPACT
    assert "cannot be reached" in first.fallback
    with Server(b"it would be there now") as server:
        publish_alexnet(monkeypatch, server.url, server.sha256)
        assert select_network("auto", None, store) == first
        assert select_network("auto", None, Store(store.path)) == first
        assert server.requests == 0
        retried = select_network("auto", None, store, retry=True)
        assert (retried.source.network, retried.fallback, server.requests) == ("alexnet", "", 1)
        assert select_network("auto", None, store) == retried


def test_a_retry_that_fails_falls_back_again(store: Store, server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    assert select_network("auto", None, store).source.network == "alexnet"
    publish_alexnet(monkeypatch, "http://127.0.0.1:9/alexnet-owt-01234567.pth", "01234567")
    assert select_network("auto", None, store, retry=True).source == COMPACT
    assert select_network("auto", None, store).source == COMPACT


@pytest.mark.parametrize("note", [{}, {"network": "resnet18"}, {"network": ["alexnet"]}, {"why": "?"}])
def test_an_invalid_note_is_resolved_again(store: Store, note: dict[str, object]) -> None:
    store.set_note("network", note)
    assert select_network("auto", None, store).source == COMPACT
    assert store.note("network")["network"] == "compact"


# Drawing and the store.


def contents(store: Store, recipes: Sequence[Recipe]) -> list[bytes]:
    return [entry.read("drawing.png") for entry in map(store.get, recipes) if entry is not None]


def digests(store: Store) -> list[str]:
    return [found.digest for found in store.stored()]


def timeless(outcome: Outcome) -> str:
    return str(outcome).rpartition(",")[0]


def test_a_second_call_draws_nothing(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(forecast, "LOG_INTERVAL", 1e6)  # however slow the machine
    recipes = [recipe(340), recipe(292), recipe(340)]
    lines: list[str] = []
    first = draw(recipes, COMPACT, store, log=lines.append)
    assert timeless(first) == "drew 2, 0 from the store"  # a repeated recipe is drawn once
    assert lines == ["drawing 2 pictures, 0 are in the store"]
    second = draw(recipes, COMPACT, store, log=lines.append)
    assert str(second) == "drew 0, 2 from the store, 0 s"
    assert len(lines) == 1
    assert first.entries == second.entries
    assert set(second.entries) == {wanted.digest() for wanted in recipes} == set(digests(store))


def test_an_entry_has_image_frames_and_measures(store: Store) -> None:
    (entry,) = draw([recipe(340)], COMPACT, store).entries.values()
    assert sorted(entry.record.files) == ["drawing.jpg", "drawing.png", "frames.webp", "mask.webp"]
    assert read_rgb(entry.read("mask.webp")).size == (64, 64)
    assert entry.record.frames == (1, 2)
    assert len(entry.record.activations) == 2
    assert entry.record.provenance.precision == "fp32"
    for name in ("drawing.png", "drawing.jpg"):
        measures = entry.measures(name)
        assert measures.rank is not None
        assert measures.margin is not None
        assert measures.probability is not None
        assert 1 <= measures.rank <= 1000
        assert measures.failed == (measures.margin < 0)
        assert 0 <= measures.probability <= measures.top[0][1] <= 1
        assert len(measures.top) == 5


def test_an_older_entry_without_a_mask_is_used(store: Store) -> None:
    older = fakes.files(recipe(340))
    assert "mask.webp" not in older
    store.put(older, fakes.record(recipe(340)))
    outcome = draw([recipe(340)], COMPACT, store)
    assert timeless(outcome) == "drew 0, 1 from the store"
    (entry,) = outcome.entries.values()
    assert sorted(entry.record.files) == sorted(older)


def test_a_start_picture_is_needed_until_the_drawing_is_stored(store: Store) -> None:
    start = "0123456789abcdef"
    wanted = recipe(340, start=start)
    with pytest.raises(RecipeError, match=f"starts from an image that is not given: {start}"):
        draw([wanted], COMPACT, store)
    assert digests(store) == []
    picture = Image.new("RGB", (64, 64), (90, 120, 150))
    outcome = draw([wanted, recipe(340)], COMPACT, store, starts={start: picture})
    assert timeless(outcome) == "drew 2, 0 from the store"
    assert timeless(draw([wanted], COMPACT, store)) == "drew 0, 1 from the store"
    frame = read_rgb(outcome.entries[wanted.digest()].read("frames.webp"))
    red, green, blue = ImageStat.Stat(frame).mean
    assert (red, green, blue) == (pytest.approx(90, abs=25), pytest.approx(120, abs=25), pytest.approx(150, abs=25))


@pytest.mark.parametrize(
    ("wins", "first", "stays"),
    [
        ("FFTFT", 2, 4),
        ("FFFFF", None, None),
        ("TTTTT", 0, 0),
        ("FFFFT", 4, 4),
        ("TFFFF", 0, None),
        ("FTTTT", 1, 1),
        ("TFTTF", 0, None),
        ("T", 0, 0),
        ("F", None, None),
        ("", None, None),
    ],
)
def test_wins_are_the_first_step_and_the_step_from_which_it_stays(
    wins: str, first: int | None, stays: int | None
) -> None:
    assert publish._wins([letter == "T" for letter in wins]) == Wins(first=first, stays=stays)


def test_only_classes_have_wins(store: Store) -> None:
    other = compose("robust", {"steps": 2, "size": 64}, network="compact", weights=COMPACT.digest, target="conv5:1")
    found = draw([recipe(340), other], COMPACT, store).entries
    assert found[recipe(340).digest()].record.wins is not None
    assert found[other.digest()].record.wins is None
    assert publish._wins(None) is None


def test_only_what_is_missing_or_damaged_is_drawn(store: Store) -> None:
    recipes = [recipe(channel) for channel in range(3)]
    draw(recipes, COMPACT, store)
    before = contents(store, recipes)
    folders = [store.path / "drawings" / one.digest() for one in recipes]
    drawn_at = [(folder / "record.json").stat().st_mtime_ns for folder in folders]
    (folders[1] / "drawing.png").write_bytes(before[1][:-9])
    outcome = draw([*recipes, recipe(3)], COMPACT, store)
    assert timeless(outcome) == "drew 2, 2 from the store"
    assert contents(store, recipes) == before
    drawn_again = [(folder / "record.json").stat().st_mtime_ns for folder in folders]
    assert [one != other for one, other in zip(drawn_at, drawn_again, strict=True)] == [False, True, False]


def test_fresh_draws_stored_recipes_again(store: Store) -> None:
    for channel in (340, 292):
        store.put({"drawing.png": b"an older one"}, fakes.record(recipe(channel)))
    assert timeless(draw([recipe(340)], COMPACT, store, fresh=True)) == "drew 1, 0 from the store"
    new, old = contents(store, [recipe(340), recipe(292)])
    assert new.startswith(b"\x89PNG")
    assert old == b"an older one"
    assert len(digests(store)) == 2


def test_an_interrupted_draw_keeps_finished_batches(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    recipes = [recipe(channel, method) for method in ("robust", "plain") for channel in (1, 2, 3)]
    put, kept = store.put, []

    def interrupt(*given: Any, **options: Any) -> Entry:
        """Ctrl-C reaches the main thread, which stores, while others draw."""
        if len(kept) == 3:
            raise KeyboardInterrupt
        kept.append(put(*given, **options).digest)
        return store.get(given[1].recipe) or pytest.fail("what was put is not there")

    monkeypatch.setattr(store, "put", interrupt)
    with pytest.raises(KeyboardInterrupt):
        draw(recipes, COMPACT, store)
    monkeypatch.undo()
    monkeypatch.setattr(publish, "load", loaded)
    assert digests(store) == sorted(kept)
    assert timeless(draw(recipes, COMPACT, store)) == "drew 3, 3 from the store"


WARM = """
import sys
from pathlib import Path
from actmax.pipeline.draw import draw
from actmax.recipe import Recipe
from actmax.store import Store
from actmax.networks.weights import resolve_weights

recipe = Recipe.model_validate_json(sys.argv[2])
print(draw([recipe], resolve_weights("compact"), Store(Path(sys.argv[1]))))
print(*sorted({"torch", "torchvision", "timm"} & set(sys.modules)))
"""


def test_a_warm_draw_imports_no_torch(store: Store) -> None:
    store.put({"drawing.png": b"a picture"}, fakes.record(recipe(340)))
    words = [sys.executable, "-c", WARM, str(store.path), recipe(340).model_dump_json()]
    assert subprocess.check_output(words, text=True).split("\n") == ["drew 0, 1 from the store, 0 s", "", ""]


# Several processes.


@pytest.fixture(scope="module")
def processes() -> Processes:
    """Processes that draw, and need not import torch each for themselves where the system can fork."""
    if "forkserver" not in multiprocessing.get_all_start_methods():
        return multiprocessing.get_context("spawn")
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["actmax.engine.render", "actmax.measure.measure"])
    return context


def test_a_draw_killed_at_any_moment_is_finished_by_the_next(store: Store, processes: Processes) -> None:
    # Each has a batch to itself, so that the store fills one by one; the last takes too long to be finished by any.
    recipes = [recipe(channel, steps=3 + channel) for channel in range(9)]
    endless = recipe(9, steps=100_000)
    moments = random.Random(0)
    left = []
    for _ in range(3):
        process = processes.Process(target=draw, args=([*recipes, endless], COMPACT, store))
        process.start()
        before = len(digests(store))
        while len(digests(store)) == before < len(recipes) and process.is_alive():
            time.sleep(0.005)
        assert process.is_alive()
        time.sleep(moments.uniform(0, 0.2))
        process.kill()
        process.join()
        left.append(len(digests(store)))
        assert [entry.digest for entry in store.entries()] == digests(store)
    assert left[0] > 0
    outcome = draw(recipes, COMPACT, store)
    assert outcome.stored == left[-1]
    assert sorted(outcome.entries) == digests(store) == sorted(one.digest() for one in recipes)
    assert list((store.path / "drawings").glob(".*")) == []


def test_a_drawing_moved_aside_by_a_killed_process_is_restored(store: Store) -> None:
    folder = store.put({"drawing.png": b"an older one"}, fakes.record(recipe(340))).folder
    aside = folder.with_name(f".old-{folder.name}-1-0")
    folder.rename(aside)
    assert timeless(draw([recipe(340)], COMPACT, store)) == "drew 0, 1 from the store"
    assert contents(store, [recipe(340)]) == [b"an older one"]
    assert not aside.exists()


def test_two_processes_share_the_work_of_one(store: Store, processes: Processes) -> None:
    recipes = [recipe(channel) for channel in range(2)]
    with processes.Pool(2) as pool:
        outcomes = pool.starmap(draw, [(recipes, COMPACT, store)] * 2, chunksize=1)
    assert sorted(map(timeless, outcomes)) == ["drew 0, 2 from the store", "drew 2, 0 from the store"]
    assert outcomes[0].entries == outcomes[1].entries
