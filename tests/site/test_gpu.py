"""The network on the graphics processor, with Chromium's software adapter: its numbers, and the race for it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import torch
from browsing import chromium, served
from engines import (
    CLASSES,
    SIZES,
    TARGETS,
    TOLERANCE,
    engine_page,
    packed,
    published_network,
    relative_distance,
    torch_gradient,
    unpacked,
    well_conditioned_image,
)
from nightly import smoke

from actmax.networks.network import Network
from gen.pages.live import live_settings

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

FLAGS = ["--no-sandbox", "--enable-unsafe-webgpu", "--use-webgpu-adapter=swiftshader"]
WINS = {"patience": 1e4, "handicap": 1e4}
"""Rules by which a graphics processor wins that takes 10,000 times as long."""

FAULTS = ["other numbers", "lost after 0", "error after 1", "lost after 4", "error after 4"]

HARNESS = """
import { instantiate } from "./engine.js";
import { optimize } from "./optimize.js";
import { Race, RULES } from "./race.js";
import { channelRange, parseTarget, score, scoreBackward } from "./target.js";
const network = await instantiate(await fetched("engine.wasm"));
for (const layer of layers) network.loadLayer(layer);
const adapter = await navigator.gpu?.requestAdapter();
window.reason = navigator.gpu ? (adapter ? "" : "no adapter") : "no WebGPU";
const { GpuNetwork } = await import("./gpu.js");
const created = async (files) => {
  const gpu = await GpuNetwork.create(await navigator.gpu.requestAdapter());
  await gpu.load(files);
  return gpu;
};
let shared = null;
window.gradientOf = async ({ height, width, image, target: text, relu_leak }) => {
  const target = parseTarget(text);
  const range = channelRange(target);
  const gpu = (shared ??= await created(layers));
  network.prepare(height, width, target.layer);
  network.output.fill(NaN); // what is not computed must not be read
  network.image.set(unpacked(image));
  gpu.prepare(network, range, relu_leak);
  const race = new Race(network, gpu);
  race.leader = gpu;
  const output = await race.forward(0, range);
  const value = score(target, output, network.mapSize);
  const logits = packed(target.layer === 6 ? output : []);
  scoreBackward(target, output, network.mapSize);
  await race.backward(0, relu_leak, 0, range);
  return { engine: race.engineName, logits, score: value, gradient: packed(network.gradient) };
};
const standard = { ...RULES };
window.raced = async ({ settings, rules, fault, won }) => {
  Object.assign(RULES, standard, rules);
  const gpu = await created(layers.slice(0, 2));
  if (fault === "other numbers") gpu.backward = async () => new Float32Array(3 * network.plane).fill(1);
  const winners = [];
  const race = new Race(network, gpu, won, (winner) => winners.push(winner));
  const activations = [];
  for await (const { step, activation } of optimize(network, settings, () => race)) {
    if (step) activations.push(activation);
    if (fault === `lost after ${step}`) gpu.device.destroy();
    if (fault === `error after ${step}`) gpu.device.createBuffer({ size: 4, usage: 0 });
  }
  const plain = [];
  for await (const { step, activation } of optimize(network, settings)) if (step) plain.push(activation);
  return { engine: race.engineName, rounds: race.round, winners, given_up: !!gpu.fault, activations, plain };
};
"""


@pytest.fixture(scope="module")
def network(tmp_path_factory: pytest.TempPathFactory) -> Network:
    """The network with the weights that are published for the engine."""
    return published_network(tmp_path_factory.mktemp("weights"))


@pytest.fixture(scope="module")
def software(browser: Browser) -> Iterator[Browser]:
    """A Chromium in which the processor imitates a graphics processor."""
    launched = browser.browser_type.launch(executable_path=chromium(), args=FLAGS)
    yield launched
    launched.close()


@pytest.fixture(scope="module")
def page(software: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    """A page with both engines and their weights."""
    with engine_page(software, tmp_path_factory.mktemp("engine"), HARNESS) as opened:
        reason = opened.evaluate("window.reason")
        if reason:
            pytest.skip(f"Chromium has {reason}")
        yield opened


def check(page: Page, network: Network, target: str, shape: tuple[int, int], leak: float = 0.0, seed: int = 7) -> None:
    """Compare the logits or the score and the gradient with PyTorch's."""
    square = shape[0] == shape[1]
    image = (
        well_conditioned_image(network, shape[0], target, seed)
        if square
        else torch.rand(1, 3, *shape, generator=torch.Generator().manual_seed(5))
    )
    request = {"height": shape[0], "width": shape[1], "image": packed(image), "target": target, "relu_leak": leak}
    result: dict[str, Any] = page.evaluate("gradientOf", request)
    expected, gradient = torch_gradient(network, image, target, leak=leak)
    assert result["engine"] == "gpu"
    if expected.numel() > 1:
        assert relative_distance(unpacked(result["logits"]), expected) <= TOLERANCE
    else:
        assert result["score"] == pytest.approx(expected.item(), rel=TOLERANCE, abs=1e-6)
    assert gradient.norm() > 0
    assert relative_distance(unpacked(result["gradient"]), gradient) <= TOLERANCE


@pytest.mark.parametrize("size", smoke(SIZES))
@pytest.mark.parametrize("target", smoke([*TARGETS, *(f"fc8:{index}" for index in CLASSES)]))
def test_the_gradient_of_any_target_equals_pytorchs(page: Page, network: Network, target: str, size: int) -> None:
    check(page, network, target, (size, size))


@pytest.mark.parametrize(("height", "width"), smoke([(67, 101), (64, 64), (130, 91)]))
def test_other_shapes_and_a_relu_leak_equal_pytorch(page: Page, network: Network, height: int, width: int) -> None:
    check(page, network, "fc8:7", (height, width), leak=0.1)


def raced(page: Page, fault: str = "", steps: int = 5, won: bool = False, **rules: float) -> dict[str, Any]:
    """Draw a channel with the race, and without it."""
    settings = live_settings("smooth") | {"target": "conv2:17", "size": 64, "seed": 0, "jitter": 2, "steps": steps}
    result: dict[str, Any] = page.evaluate("raced", {"settings": settings, "rules": rules, "fault": fault, "won": won})
    assert len(result["activations"]) == steps
    return result


def test_the_slower_engine_loses_the_race(page: Page) -> None:
    """The software adapter computes on the processor, without WebAssembly's vectors."""
    result = raced(page, patience=1e4)
    assert (result["engine"], result["rounds"], result["winners"]) == ("wasm", 3, ["wasm"])
    assert not result["given_up"]
    assert result["activations"] == result["plain"]


def test_a_drawing_does_not_wait_for_a_slow_graphics_processor(page: Page) -> None:
    result = raced(page, milliseconds=1, patience=0)
    assert (result["engine"], result["rounds"], result["winners"]) == ("wasm", 0, ["wasm"])
    assert result["given_up"]
    assert result["activations"] == result["plain"]


@pytest.mark.parametrize("won", [False, True])
def test_the_faster_engine_computes_the_other_steps(page: Page, won: bool) -> None:
    """An engine that has won before has its numbers compared once, and is not timed."""
    result = raced(page, won=won, **(WINS | {"handicap": 0} if won else WINS))
    rounds = 1 if won else 3
    assert (result["engine"], result["rounds"], result["winners"]) == ("gpu", rounds, ["gpu"])
    assert result["activations"][:rounds] == result["plain"][:rounds]
    assert result["activations"] != result["plain"]
    assert result["activations"] == pytest.approx(result["plain"], rel=10 * TOLERANCE)


@pytest.mark.parametrize("fault", smoke(FAULTS, 2))
def test_webassembly_takes_over_from_a_faulty_graphics_processor(page: Page, fault: str) -> None:
    result = raced(page, fault, **WINS, steps=6)
    assert (result["engine"], result["given_up"]) == ("wasm", True)
    assert result["activations"] == pytest.approx(result["plain"], rel=10 * TOLERANCE)


KERNELS = {"race.js", "gpu.js", "shaders.js"}
ZEBRA = "/gallery/zebra/#draw=zebra&size=64"


FALLBACK = {"adapter.info?.isFallbackAdapter": "false"}
"""A change of worker.js: an adapter in software may race."""


def open_page(
    browser: Browser,
    address: str,
    requests: list[str],
    worker: dict[str, str] | None = None,
    race: dict[str, str] | None = None,
) -> Page:
    """Open a page that draws with few steps.

    Args:
        browser: of playwright.
        address: of a site.
        requests: receives the name of each file that is fetched.
        worker: changes of the worker.
        race: changes of the race.
    """
    page = browser.new_page()
    page.set_default_timeout(60_000)
    page.on("request", lambda request: requests.append(request.url.rpartition("/")[2]))

    def replace(file: str, replacements: dict[str, str]) -> None:
        def change(route: Any) -> None:
            response = route.fetch()
            body = response.text()
            for text, other in replacements.items():
                assert body.count(text) == 1
                body = body.replace(text, other)
            route.fulfill(response=response, body=body)

        page.context.route(f"**/{file}", change)

    replace("live.json", {'"steps":64': '"steps":6'})
    if worker:
        replace("worker.js", worker)
    if race:
        replace("race.js", race)
    page.goto(f"{address}{ZEBRA}")
    return page


def draw(page: Page) -> str:
    """Draw, and return the engine that computed the last step."""
    page.evaluate("delete document.querySelector('.live').dataset.engine")
    page.click(".live button[name=go]")
    page.wait_for_selector(".live[data-state=done][data-engine]")
    assert "The logit is" in page.inner_text(".live-status")
    return page.get_attribute(".live", "data-engine") or ""


def draw_until(page: Page, accept: Callable[[str], bool]) -> None:
    """Draw again and again, while the graphics processor gets ready."""
    for _ in range(60):
        if accept(draw(page)):
            return
        page.wait_for_timeout(250)
    pytest.fail(f"the engine is {page.get_attribute('.live', 'data-engine')}, and {kept(page)} has won")


def kept(page: Page) -> Any:
    """Return the winners of races that the browser keeps."""
    return page.evaluate("JSON.parse(localStorage.getItem('actmax-engines'))")


def test_a_page_draws_with_the_graphics_processor_that_wins(software: Browser, faked: str) -> None:
    requests: list[str] = []
    rules = {"patience: 4,": "patience: 1e4,", "handicap: 1 ": "handicap: 1e4 "}
    page = open_page(software, faked, requests, FALLBACK, rules)
    draw_until(page, lambda engine: engine == "gpu")
    assert set(requests) >= KERNELS
    assert kept(page) == {"6 64": "gpu"}
    page.context.close()


def test_a_graphics_processor_that_has_lost_is_not_asked_again(software: Browser, faked: str) -> None:
    requests: list[str] = []
    page = open_page(software, faked, requests, FALLBACK)
    draw_until(page, lambda _: kept(page) is not None)
    assert kept(page) == {"6 64": "wasm"}
    assert set(requests) >= KERNELS
    requests.clear()
    page.reload()
    assert draw(page) == "wasm"
    page.wait_for_timeout(300)
    assert "worker.js" in requests
    assert not KERNELS & set(requests)
    page.context.close()


@pytest.mark.parametrize(("file", "status"), smoke([("gpu.js", 404), ("race.js", 200), ("shaders.js", 404)]))
def test_without_the_kernels_webassembly_draws(software: Browser, fakes: Path, file: str, status: int) -> None:
    """The host sends another page in place of a file."""
    requests: list[str] = []
    errors: list[str] = []
    with served(fakes, faults=lambda path: status if path.endswith(f"/live/{file}") else None) as address:
        page = open_page(software, address, requests, FALLBACK)
        page.on("pageerror", lambda error: errors.append(str(error)))
        draw_until(page, lambda _: file in requests)
        assert draw(page) == "wasm"
        page.context.close()
    assert errors == []


@pytest.mark.parametrize("adapter", [None, "software"])
def test_the_kernels_are_fetched_only_for_a_graphics_processor(
    adapter: str | None, faked: str, request: pytest.FixtureRequest
) -> None:
    requests: list[str] = []
    page = open_page(request.getfixturevalue(adapter or "browser"), faked, requests)
    assert draw(page) == "wasm"
    page.wait_for_timeout(300)
    assert "worker.js" in requests
    assert not KERNELS & set(requests)
    assert kept(page) is None
    page.context.close()
