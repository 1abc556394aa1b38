"""The engine of the live drawings on a page of its own, and PyTorch's numbers to compare it with."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from browsing import served
from safetensors.numpy import load_file, save_file
from torch import Tensor

from actmax.ascent.gradients import relu_leak
from actmax.ascent.objectives import of_target
from actmax.ascent.transforms import apply_affine
from actmax.networks.cards import card
from actmax.networks.hooks import GradientHooks
from actmax.networks.load import load
from actmax.networks.network import Network
from actmax.networks.weights import Source
from actmax.recipe.target import parse
from gen.pages.live import ENGINE
from gen.pages.live_weights import rounded, weights
from gen.tools import engine

if TYPE_CHECKING:
    from playwright.sync_api import Page

CLASSES = (1, 130, 292, 340, 407, 555, 751, 980)
SIZES = (128, 224)
# fmt: off
TARGETS = [
    "conv3:7@3,4", "fc6:3 - 0.5*fc6:9", "conv1:3", "conv2:117", "conv4:117", "conv5:9@center", "conv5:250 + 2*conv5:3",
    "conv1:63@20,1", "conv2:0 - 3*conv2:5", "conv4", "fc6:511", "fc8:3 - fc8:9", "conv3:383", "conv2", "fc8",
]
# fmt: on
"""Channels, units, sums and whole layers."""
TOLERANCE = 1e-4
"""Relative distance of two float32 results whose sums were computed in another order."""

HELPERS = """
import { unpack } from "./weights.js";
const fetched = async (name) => (await fetch(name)).arrayBuffer();
const layers = [];
for (const name of LAYER_FILES) layers.push(await unpack(await fetched(name)));
const unpacked = (text) => new Float32Array(Uint8Array.from(atob(text), (c) => c.charCodeAt(0)).buffer);
const packed = (numbers) => {
  const bytes = new Uint8Array(new Float32Array(numbers).buffer);
  let text = "";
  for (let i = 0; i < bytes.length; i += 32768) text += String.fromCharCode(...bytes.subarray(i, i + 32768));
  return btoa(text);
};
"""
"""The start of the page's script: the weights of each layer, and numbers as text."""


@contextmanager
def engine_page(browser: Any, folder: Path, script: str) -> Iterator[Page]:
    """Serve the engine and its weights from a folder, and yield a page on which a script has run.

    Args:
        browser: of playwright.
        folder: empty.
        script: a module that may use the names of `HELPERS`.
    """
    for name in ENGINE:
        (folder / name).write_bytes((engine.SOURCE.parent / name).read_bytes())
    for layer in weights().layers:
        (folder / layer.file).write_bytes(layer.content)
    files = json.dumps([layer.file for layer in weights().layers])
    module = f"{HELPERS.replace('LAYER_FILES', files)}{script}window.ready = true;"
    (folder / "index.html").write_text(f'<title>Engine</title><script type="module">{module}</script>', "utf-8")
    with served(folder) as address:
        page = browser.new_page()
        page.goto(f"{address}/")
        page.wait_for_function("window.ready")
        yield page
        page.close()


def published_network(folder: Path) -> Network:
    """Return the network with the weights that are published for the engine, saved in a folder."""
    file = folder / "live.safetensors"
    save_file(dict(rounded(load_file(card("compact").file or Path()))), file)
    return load(Source("compact", hashlib.sha256(file.read_bytes()).hexdigest()[:16], file))


def packed(numbers: Tensor) -> str:
    return base64.b64encode(numbers.detach().float().contiguous().numpy().tobytes()).decode()


def unpacked(text: str) -> Tensor:
    return torch.from_numpy(np.frombuffer(base64.b64decode(text), dtype=np.float32).copy())


def relative_distance(actual: Tensor, expected: Tensor) -> float:
    """Return ``|actual - expected| / |expected|``."""
    return ((actual - expected.detach().flatten()).norm() / expected.norm()).item()


def torch_gradient(
    network: Network, image: Tensor, target: str, leak: float = 0.0, map_: Tensor | None = None
) -> tuple[Tensor, Tensor]:
    """Return the logits, or the score of a target below them, and the gradient of the score at the image."""
    x = image.clone().requires_grad_()
    normalized = network.normalize(x)
    if map_ is not None:
        normalized = apply_affine(map_[None], normalized)
    size = (image.shape[2], image.shape[3])
    goal = parse(target)
    outputs = network.submodel([goal.layer], size, hooks=GradientHooks(relu=relu_leak(leak)))(normalized)
    score = of_target(goal)(outputs)
    (gradient,) = torch.autograd.grad(score.sum(), x)
    return (outputs["fc8"] if goal.layer == "fc8" and goal.unit is not None else score).detach(), gradient


def well_conditioned_image(network: Network, size: int, target: str, seed: int) -> Tensor:
    """Return an image at which rounding does not switch a ReLU or the maximum of a pooling window, where gradients of
    two summation orders would differ."""
    generator = torch.Generator().manual_seed(seed)
    for _ in range(100):
        image = torch.rand(1, 3, size, size, generator=generator)
        _, gradient = torch_gradient(network, image, target)
        perturbed = (image * (1 + 1e-6 * torch.randn(image.shape, generator=generator)) for _ in range(3))
        gradients = (torch_gradient(network, other, target)[1] for other in perturbed)
        if all(relative_distance(other.flatten(), gradient) <= TOLERANCE / 2 for other in gradients):
            return image
    raise AssertionError(f"rounding changes the gradient at each of 100 images of {size} pixels")
