"""Measures the engine in the reader's browser: speed, size, and recognition of its drawings by another network.

::

    python tests/benchmarks/live.py [--classes 20] [--address http://127.0.0.1:8000] [--flag=--enable-unsafe-webgpu]

In a headless Chromium, on one thread, with both modules and the settings of the site's live widgets: a class at three
sizes, and channels of other layers; the parts of a step; and the same on the graphics processor where the browser
reaches one. For comparison: torch on one thread in float32, with the same method and size, one image at a time, and its
rate for a product of matrices, which stands for the processor's peak; and the build's own drawings of the same classes
at 224 pixels. EfficientNet-Lite0, with which the size was chosen, evaluates both as 8-bit images.
"""

from __future__ import annotations

import base64
import functools
import gzip
import http.server
import json
import platform
import shutil
import statistics
import tempfile
import threading
import time
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import torch
import typer
from playwright.sync_api import Page, sync_playwright
from torch import Tensor
from torch.utils.flop_counter import FlopCounterMode

from actmax.engine.render import render
from actmax.measure.measure import resized
from actmax.networks.load import load
from actmax.networks.network import Network
from actmax.networks.weights import resolve_weights
from actmax.recipe import DEFAULT, Recipe, compose
from gen.pages.assets import FOLDER
from gen.pages.live import ENGINE, SIZE, live_settings
from gen.pages.live_weights import weights
from gen.tools import engine

SIZES = (128, SIZE, 224)
CLASS, CHANNELS = "fc8:340", ("conv2:17", "conv3:117", "conv4:117", "conv5:12", "fc6:3")

HARNESS = """
import { instantiate } from "./engine.js";
import { optimize } from "./optimize.js";
import { GpuNetwork, Race, RULES } from "./race.js";
import { LAYERS } from "./target.js";
import { unpack } from "./weights.js";
window.begin = async (module, layers) => {
  const started = performance.now();
  const bytes = async (name) => (await fetch(name)).arrayBuffer();
  const [wasm, ...files] = await Promise.all([module, ...layers].map(bytes));
  const fetched = performance.now();
  window.network = await instantiate(wasm);
  window.unpacked = await Promise.all(files.map(unpack));
  for (const file of unpacked) network.loadLayer(file);
  return { fetched: fetched - started, unpacked: performance.now() - fetched };
};
/** The name of the graphics processor, with the network loaded; null if there is none. */
window.beginGpu = async () => {
  const adapter = await navigator.gpu?.requestAdapter();
  if (!adapter) return null;
  window.gpu = await GpuNetwork.create(adapter);
  await gpu.load(unpacked);
  Object.assign(RULES, { patience: 1e4, handicap: 1e4 });
  return [adapter.info.vendor, adapter.info.architecture, adapter.info.description].filter(Boolean).join(" ");
};
/** Milliseconds of each layer forward and backward: what a network with it takes longer than the network below it. */
window.layers = (size) => {
  const best = LAYERS.map(() => [Infinity, Infinity]);
  for (let turn = 0; turn < 15; turn++)
    best.forEach((times, layer) => {
      network.prepare(size, size, layer);
      ["forward", "backward"].forEach((pass, index) => {
        const started = performance.now();
        network.engine[pass](layer, ...network.channels, 0);
        times[index] = Math.min(times[index], performance.now() - started);
      });
    });
  const below = (layer, index) => (layer ? best[layer - 1][index] : 0);
  return LAYERS.map(([name], layer) => [name, ...best[layer].map((time, index) => time - below(layer, index))]);
};
window.draw = async (settings, onGpu = false) => {
  const times = [];
  const lines = {};
  let before = performance.now();
  const started = before;
  let first = 0;
  let line = null;
  let since = 0;
  const race = onGpu && new Race(network, gpu, true);
  for await (const event of optimize(network, settings, () => race || network)) {
    if (line) lines[line] = (lines[line] ?? 0) + (performance.now() - since) / settings.steps;
    since = performance.now();
    line = typeof event === "string" && event;
    if (line) continue;
    if (event.step) times.push(performance.now() - before);
    network.rgba();
    before = performance.now();
    first ||= before - started;
  }
  const rgba = network.rgba();
  let text = "";
  for (let i = 0; i < rgba.length; i += 32768) text += String.fromCharCode(...rgba.subarray(i, i + 32768));
  const memory = network.engine.memory.buffer.byteLength;
  const result = { times, lines, engine: race?.engineName ?? "wasm", first, whole: performance.now() - started };
  return { ...result, rgba: btoa(text), memory };
};
"""


def main(
    classes: Annotated[int, typer.Option(help="Number of classes, evenly spaced; 0: speed alone.")] = 20,
    address: Annotated[str, typer.Option(help="Of a served site: its front page draws, and its tasks are timed.")] = "",
    flag: Annotated[list[str] | None, typer.Option(help="Of Chromium, in place of --disable-gpu.")] = None,
) -> None:
    indices = [(10 + 1000 * index // classes) % 1000 for index in range(classes)]
    network = load(resolve_weights("compact"))
    method = live_settings(DEFAULT)
    compressed = {name: len(gzip.compress((FOLDER / "live" / name).read_bytes())) for name in ENGINE}
    print(
        f"compressed: {sum(compressed.values()) / 1024:.1f} KB, of which {compressed['live.js'] / 1024:.1f} KB before "
        "the first click"
    )
    peak = products_per_second()
    print(f"processor: {processor()}; one thread multiplies matrices at {peak / 1e9:.0f} billion operations a second")
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        program = shutil.which("chromium") or shutil.which("google-chrome")
        flags = ["--no-sandbox", *(flag or ["--disable-gpu"])]
        browser = playwright.chromium.launch(executable_path=program, args=flags)
        page = open_engine(browser.new_page(), Path(folder))
        torch_steps = {size: milliseconds_per_step(network, size) for size in SIZES}
        for size, step in torch_steps.items():
            share = operations(network, size) / (step / 1000) / peak
            print(f"torch, {CLASS}, {size} px: a step {step:.0f} ms ({share:.0%} of the peak)")
        print(f"weights: {', '.join(f'{layer.name} {len(layer.content) / 1e6:.2f} MB' for layer in weights().layers)}")
        for module in engine.MODULES:
            files = [layer.file for layer in weights().layers]
            begun = page.evaluate("([module, layers]) => begin(module, layers)", [module.name, files])
            print("{}: fetched {fetched:.0f} ms, unpacked {unpacked:.0f} ms".format(module.name, **begun))
            for target, size in [*((CLASS, size) for size in SIZES), *((channel, SIZE) for channel in CHANNELS)]:
                live = page.evaluate("settings => draw(settings)", request(method, target, size))
                step = statistics.median(live["times"])
                share = operations(network, size) / (step / 1000) / peak
                compared = f" ({torch_steps[size] / step:.0%} of torch's rate, {share:.0%} of the peak)"
                print(f"{target}, {size} px: {seconds(live, compared if target == CLASS else '')}")
                if (target, size) == (CLASS, SIZE):
                    print(f"  of a step, ms: {', '.join(f'{line} {time:.1f}' for line, time in live['lines'].items())}")
            parts = ", ".join(f"{name} {ahead:.1f} + {back:.1f}" for name, ahead, back in page.evaluate("layers", SIZE))
            print(f"  forward + backward at {SIZE} px, ms: {parts}")
        adapter = page.evaluate("beginGpu()")
        print(f"graphics processor: {adapter}")
        for target, size in [*((CLASS, size) for size in SIZES), *((channel, SIZE) for channel in CHANNELS)]:
            if adapter is not None:
                live = page.evaluate("settings => draw(settings, true)", request(method, target, size))
                print(f"{target}, {size} px on {live['engine']}: {seconds(live)}")
        if address:
            print(f"the front page: {tasks(browser.new_page(), address)}")
        if not indices:
            return
        results = [
            page.evaluate("settings => draw(settings)", request(method, f"fc8:{index}", SIZE)) for index in indices
        ]
        browser.close()
    judge = load("efficientnet-lite0")
    drawn = torch.cat([canvas_image(result["rgba"]) for result in results])
    built = [compose(network="compact", weights=network.weights, target=f"fc8:{index}") for index in indices]
    finished = {drawing.recipe: drawing.image for drawing in render(built, network)}
    stored = torch.cat([to_tensor(np.asarray(finished[recipe])) for recipe in built])
    for name, images in (("live", drawn), ("built", stored)):
        for evaluated in (network, judge):
            counts = recognized(evaluated, images, indices)
            print(f"{name}, {classes} classes, top-1 and top-5 by {evaluated.card.title}: {counts}")


def seconds(live: dict[str, Any], compared: str = "") -> str:
    """Return the durations of a drawing as text."""
    return (
        f"a step {statistics.median(live['times']):.0f} ms{compared}, {len(live['times'])} steps "
        f"{live['whole'] / 1000:.1f} s, first image {live['first']:.0f} ms, {live['memory'] / 1e6:.0f} MB"
    )


def tasks(page: Page, address: str) -> str:
    """Draw on a site's front page, and return the longest task of its thread and the duration of the drawing."""
    page.add_init_script(
        "window.tasks = [0]; new PerformanceObserver((list) => tasks.push(...list.getEntries().map((task) =>"
        " task.duration))).observe({ type: 'longtask', buffered: true });"
    )
    page.goto(address)
    page.wait_for_timeout(2000)
    opened = page.evaluate("Math.max(...tasks.splice(0), 0)")
    started = time.perf_counter()
    page.click(".live button[name=go]")
    page.wait_for_selector(".live[data-state=done]", timeout=120_000)
    drawn = page.evaluate("Math.max(...tasks, 0)")
    return (
        f"longest task {opened:.0f} ms while it opens and {drawn:.0f} ms while it draws (0: below 50), "
        f"download and drawing {time.perf_counter() - started:.1f} s"
    )


def processor() -> str:
    """Return the name of the machine's processor."""
    file = Path("/proc/cpuinfo")
    lines = file.read_text("utf-8").splitlines() if file.is_file() else []
    return next((line.partition(": ")[2] for line in lines if line.startswith("model name")), platform.processor())


def products_per_second(side: int = 1024) -> float:
    """Return the floating-point operations a second of torch's matrix product on one thread: the best of several."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    a, b = torch.rand(side, side), torch.rand(side, side)
    times = []
    for _ in range(10):
        started = time.perf_counter()
        a @ b
        times.append(time.perf_counter() - started)
    torch.set_num_threads(threads)
    return 2 * side**3 / min(times)


def operations(network: Network, size: int) -> int:
    """Return the floating-point operations of a step for a class: forward, and backward to the image."""
    image = torch.zeros(1, 3, size, size, requires_grad=True)
    with FlopCounterMode(display=False) as counter:
        network.submodel(["fc8"], (size, size))(network.normalize(image))["fc8"].sum().backward()
    return counter.get_total_flops()


def open_engine(page: Page, folder: Path) -> Page:
    """Open a page with the engine and its weights."""
    for name in ENGINE:
        shutil.copy(FOLDER / "live" / name, folder / name)
    for layer in weights().layers:
        (folder / layer.file).write_bytes(layer.content)
    (folder / "index.html").write_text(f'<script type="module">{HARNESS}</script>', "utf-8")
    handler = functools.partial(http.server.SimpleHTTPRequestHandler, directory=folder)
    http.server.SimpleHTTPRequestHandler.log_message = lambda *_: None  # type: ignore[method-assign]
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    page.goto(f"http://127.0.0.1:{server.server_port}/")
    page.wait_for_function("!!window.draw")
    return page


def request(method: dict[str, Any], target: str, size: int) -> dict[str, Any]:
    """Return the settings that the live widget sends to the engine."""
    return method | {"target": target, "size": size, "seed": 0, "jitter": round(method["jitter"] * size / 224)}


def milliseconds_per_step(network: Network, size: int) -> float:
    """Return the duration of a step of one image by torch on one thread in float32."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    steps = 16

    def recipe(seed: int) -> Recipe:
        fields = {"size": size, "precision": "fp32", "steps": steps}
        return compose(overrides=fields, network="compact", weights=network.weights, target="fc8:340", seed=seed)

    list(render([recipe(0)], network))
    times = []
    for seed in range(1, 4):
        started = time.perf_counter()
        list(render([recipe(seed)], network))
        times.append(1000 * (time.perf_counter() - started) / steps)
    torch.set_num_threads(threads)
    return min(times)


def canvas_image(rgba: str) -> Tensor:
    """Return the canvas of the browser, without its alpha channel."""
    side = int((len(base64.b64decode(rgba)) / 4) ** 0.5)
    return to_tensor(np.frombuffer(base64.b64decode(rgba), dtype=np.uint8).reshape(side, side, 4)[..., :3])


def to_tensor(pixels: Any) -> Tensor:
    return torch.from_numpy(np.array(pixels)).permute(2, 0, 1)[None] / 255


@torch.inference_mode()
def recognized(network: Network, images: Tensor, indices: list[int]) -> str:
    """Return how many images the network recognizes, top-1 and top-5."""
    large = resized(images, network.size)
    logits = torch.cat([network.logits(network.normalize(part)) for part in large.split(8)])
    better = (logits > logits.gather(1, torch.tensor(indices)[:, None])).sum(1)
    return json.dumps([(better < count).sum().item() for count in (1, 5)])


if __name__ == "__main__":
    typer.run(main)
