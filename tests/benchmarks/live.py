"""Measures the engine in the reader's browser: speed, size, and recognition of its drawings by another network.

::

    python tests/benchmarks/live.py [--classes 20]

In a headless Chromium, on one thread, with both modules and the settings of the site's live widgets: a class at three
sizes, and channels of other layers. For comparison: torch on one
thread in float32, with the same method and size, one image at a time; and the build's own drawings of the same classes
at 224 pixels. EfficientNet-Lite0, with which the size was chosen, evaluates both as 8-bit images.
"""

from __future__ import annotations

import base64
import functools
import gzip
import http.server
import json
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
import { unpack } from "./weights.js";
window.begin = async (module, layers) => {
  const started = performance.now();
  const bytes = async (name) => (await fetch(name)).arrayBuffer();
  const [wasm, ...files] = await Promise.all([module, ...layers].map(bytes));
  const fetched = performance.now();
  window.network = await instantiate(wasm);
  for (const file of files) network.loadLayer(await unpack(file));
  return { fetched: fetched - started, unpacked: performance.now() - fetched };
};
window.draw = (settings) => {
  const times = [];
  let before = performance.now();
  const started = before;
  let first = 0;
  for (const event of optimize(network, settings)) {
    if (typeof event === "string") continue;
    if (event.step) times.push(performance.now() - before);
    network.rgba();
    before = performance.now();
    first ||= before - started;
  }
  const rgba = network.rgba();
  let text = "";
  for (let i = 0; i < rgba.length; i += 32768) text += String.fromCharCode(...rgba.subarray(i, i + 32768));
  const memory = network.engine.memory.buffer.byteLength;
  return { times, first, whole: performance.now() - started, rgba: btoa(text), memory };
};
"""


def main(classes: Annotated[int, typer.Option(help="Number of classes, evenly spaced; 0: speed alone.")] = 20) -> None:
    indices = [(10 + 1000 * index // classes) % 1000 for index in range(classes)]
    network, judge = load(resolve_weights("compact")), load("efficientnet-lite0")
    method = live_settings(DEFAULT)
    compressed = {name: len(gzip.compress((FOLDER / "live" / name).read_bytes())) for name in ENGINE}
    print(
        f"compressed: {sum(compressed.values()) / 1024:.1f} KB, of which {compressed['live.js'] / 1024:.1f} KB before "
        "the first click"
    )
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        program = shutil.which("chromium") or shutil.which("google-chrome")
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox", "--disable-gpu"])
        page = open_engine(browser.new_page(), Path(folder))
        torch_steps = {size: milliseconds_per_step(network, size) for size in SIZES}
        print(f"weights: {', '.join(f'{layer.name} {len(layer.content) / 1e6:.2f} MB' for layer in weights().layers)}")
        for module in engine.MODULES:
            files = [layer.file for layer in weights().layers]
            begun = page.evaluate("([module, layers]) => begin(module, layers)", [module.name, files])
            print("{}: fetched {fetched:.0f} ms, unpacked {unpacked:.0f} ms".format(module.name, **begun))
            for target, size in [*((CLASS, size) for size in SIZES), *((channel, SIZE) for channel in CHANNELS)]:
                live = page.evaluate("settings => draw(settings)", request(method, target, size))
                step = statistics.median(live["times"])
                compared = f" ({torch_steps[size] / step:.0%} of torch's rate, {torch_steps[size]:.0f} ms)"
                print(
                    f"{target}, {size} px: a step {step:.0f} ms{compared if target == CLASS else ''}, "
                    f"{len(live['times'])} steps {live['whole'] / 1000:.1f} s, first image {live['first']:.0f} ms, "
                    f"{live['memory'] / 1e6:.0f} MB"
                )
        if not indices:
            return
        results = [
            page.evaluate("settings => draw(settings)", request(method, f"fc8:{index}", SIZE)) for index in indices
        ]
        browser.close()
    drawn = torch.cat([canvas_image(result["rgba"]) for result in results])
    built = [compose(network="compact", weights=network.weights, target=f"fc8:{index}") for index in indices]
    finished = {drawing.recipe: drawing.image for drawing in render(built, network)}
    stored = torch.cat([to_tensor(np.asarray(finished[recipe])) for recipe in built])
    for name, images in (("live", drawn), ("built", stored)):
        for evaluated in (network, judge):
            counts = recognized(evaluated, images, indices)
            print(f"{name}, {classes} classes, top-1 and top-5 by {evaluated.card.title}: {counts}")


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
