"""Compares methods by how well other networks recognize their drawings.

::

    ACTMAX_TEST_DATA=FOLDER python tests/benchmarks/search.py compact --classes 100
    ACTMAX_TEST_DATA=FOLDER python tests/benchmarks/search.py squeezenet1_0 smooth robust horama-maco --sheet FOLDER

FOLDER holds ``networks/squeezenet1_0.safetensors``; the extra `development` installs EfficientNet-Lite0 and Lite2.
Methods are developed with these networks. The evaluation network, with which results are reported, takes no part.

Drawings are made for evenly spaced classes, or with `--classes 0` for the site's own, and evaluated on the published
8-bit file, enlarged to the input size of the network that classifies it. For each network the table has top-1 and top-5
accuracy and the mean log-probability of the class (chance: -6.9). The target network is evaluated on the file, on the
file as a JPEG of quality 75, and on the file shifted by 4 pixels.

Peers run where they are installed, with as many network evaluations as `smooth`: `horama-fourier` and `horama-maco` are
Horama's (Fel et al. 2023), on 224 px and two crops a step.
"""

from __future__ import annotations

import io
import os
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import torch
import typer
from PIL import Image
from torch import Tensor
from tqdm import tqdm

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "shared"))  # helpers that tests share

from projects import default_classes

from actmax.ascent.params.phase import magnitude
from actmax.engine.pictures import to_images
from actmax.engine.render import render
from actmax.measure.measure import decode, resized
from actmax.networks import weights
from actmax.networks.load import load
from actmax.networks.network import Network
from actmax.pipeline import encode
from actmax.recipe import METHODS, Recipe, compose

SIZE = 224
JUDGES = ("efficientnet-lite0", "efficientnet-lite2", "squeezenet1_0")
"""The networks that methods are developed with; the evaluation network is none of them. All three also taught the
compact network, so what they recognize of its drawings serves development and is no independent result."""

CANDIDATES: Mapping[str, Mapping[str, Any]] = {
    # Each differs from `smooth` in one respect.
    "without-penalty": {"excess_variation_weight": 0.0},
    "penalty-0.15": {"excess_variation_weight": 0.15},
    "penalty-0.4": {"excess_variation_weight": 0.4},
    "without-limit": {"excess_variation_limit": 0.0},
    "limit-0.26": {"excess_variation_limit": 0.26},
    "without-contrast-limit": {"contrast_limit": 0.0},
    "contrast-1.3": {"contrast_limit": 1.3},
    "without-margin": {"margin_weight": 0.0},
    "margin-0.25": {"margin_weight": 0.25},
    "without-leak": {"relu_leak": 0.0},
    "leak-0.05": {"relu_leak": 0.05},
    "leak-0.2": {"relu_leak": 0.2},
    "without-window": {"gradient_window": 0.0},
    "window-0.45": {"gradient_window": 0.45},
    "decay-1.0": {"decay_power": 1.0},
    "decay-1.45": {"decay_power": 1.45},
    "decay-1.6": {"decay_power": 1.6},
    "canvas-160": {"canvas": 160},
    "canvas-192": {"canvas": 192},
    "steps-32": {"steps": 32, "step_size": 0.12},
    "steps-128": {"steps": 128, "step_size": 0.06},
    "steps-256": {"steps": 256, "step_size": 0.05},
    "step-size-0.04": {"step_size": 0.04},
    "step-size-0.08": {"step_size": 0.08},
    "larger-transforms": {"jitter": 16, "scale": 0.2, "rotate": 8.0},
}
"""Overrides of the method `smooth`, by the candidate's name."""
PEERS = ("horama-fourier", "horama-maco")


@dataclass(frozen=True)
class Accuracy:
    """How well a network recognizes many drawings."""

    top_1: float
    top_5: float
    log_probability: float

    def __str__(self) -> str:
        return f"{self.top_1:.2f} / {self.top_5:.2f} ({self.log_probability:.1f})"


def main(
    network: str,
    methods: Annotated[
        list[str] | None, typer.Argument(help="Methods, candidates, peers; by default `smooth`.")
    ] = None,
    classes: Annotated[int, typer.Option(help="Number of classes, evenly spaced; 0: the site's own.")] = 100,
    seed: Annotated[int, typer.Option(help="Of every drawing.")] = 0,
    sheet: Annotated[Path | None, typer.Option(help="Folder for a contact sheet of each.")] = None,
) -> None:
    target_network = load_network(network)
    judges = {name: load_network(name) for name in JUDGES if name != network}
    spaced = [(10 + 1000 * index // classes) % 1000 for index in range(classes)]
    indices = spaced or [label.index for label in default_classes()]
    print(f"{network}, {len(indices)} classes: top-1 / top-5 (mean log-probability)\n")
    columns = [*judges, "itself", "JPEG 75", "shift 4 px", "saturated", "contrast", "grain"]
    print(f"| method | s | {' | '.join(columns)} |\n|---|---:|{'---|' * len(columns)}", flush=True)
    for name in methods or ["smooth"]:
        started = time.perf_counter()
        files = drawn(name, target_network, indices, seed)
        seconds = time.perf_counter() - started
        images = [Image.open(io.BytesIO(file)).convert("RGB") for file in files]
        rgb, jpeg = torch.cat([decode(file) for file in files]), torch.cat([as_jpeg(image) for image in images])
        results = [accuracy(judge, rgb, indices) for judge in judges.values()]
        results += [accuracy(target_network, version, indices) for version in (rgb, jpeg, rgb.roll((4, 4), (2, 3)))]
        measured = f"{saturated(rgb):.3f} | {contrast(rgb):.2f} | {grain(rgb):.2f}"
        print(f"| {name} | {seconds:.0f} | {' | '.join(map(str, results))} | {measured} |", flush=True)
        if sheet:
            contact_sheet(images, 10).save(sheet / f"{network}-{name}.png")


def load_network(name: str) -> Network:
    """Load a network by name; SqueezeNet comes from the folder of test data."""
    file = None
    if name.startswith("squeezenet"):
        file = Path(os.environ["ACTMAX_TEST_DATA"]) / "networks" / f"{name}.safetensors"
    return load(weights.resolve_weights(name, file))


def drawn(method: str, network: Network, indices: Sequence[int], seed: int = 0) -> list[bytes]:
    """Return the published file of each class."""
    recipes = [
        recipe_for(
            method if method in METHODS else "smooth", {"seed": seed, **CANDIDATES.get(method, {})}, network, index
        )
        for index in indices
    ]
    if method in PEERS:
        return [
            encode.png(horama(method, network, recipe, index), recipe)
            for recipe, index in zip(recipes, indices, strict=True)
        ]
    if method not in METHODS and method not in CANDIDATES:
        raise SystemExit(f"{method} is not one of {', '.join((*METHODS, *CANDIDATES, *PEERS))}.")
    with tqdm(total=sum(recipe.steps for recipe in recipes), desc=method, leave=False) as bar:
        finished = {drawing.recipe: drawing.image for drawing in render(recipes, network, bar.update)}
    return [encode.png(finished[recipe], recipe) for recipe in recipes]


def recipe_for(method: str, overrides: Mapping[str, Any], network: Network, index: int) -> Recipe:
    return compose(
        method,
        {"size": SIZE, **overrides},
        network=network.card.name,
        weights=network.weights,
        target=f"{network.card.output}:{index}",
    )


def horama(method: str, network: Network, recipe: Recipe, index: int, own: bool = False) -> Image.Image:
    """Draw with Horama, with its defaults except for size and budget, or with these too (`own`): 1000 steps of six
    crops, 1280 px, for `horama-maco`.

    Its spectrum of photographs, which it downloads, is replaced by ours where the file is not in the working folder.
    """
    try:
        import horama as peer
    except ImportError as error:
        raise SystemExit(f"{method} needs horama and einops: {error}.") from None

    def objective(images: Tensor) -> Tensor:
        return network.logits(images)[:, index].mean()

    ascent: Callable[..., tuple[Tensor, Tensor]] = getattr(peer, method.removeprefix("horama-"))
    spectrum = Path("spectrum_decorrelated.npy")
    if method == "horama-maco" and not spectrum.exists():
        np.save(spectrum, magnitude(512, 512).numpy())
    torch.manual_seed(recipe.seed)
    budget: dict[str, Any] = {"total_steps": recipe.steps // 2, "crops_per_iteration": 2, "box_size": (0.8, 0.95)}
    shape: dict[str, Any] = {"image_size": SIZE, "model_input_size": SIZE}
    if own:
        budget, shape = {"total_steps": recipe.steps}, {"model_input_size": network.size[0]}
    image, _ = ascent(objective, device="cpu", **budget, **shape)
    return to_images(network.normalize.inverse(image.detach()[None]))[0]


def saturated(rgb: Tensor) -> float:
    """Return the part of the pixels of images (B, 3, H, W) that are black or white: below 8 of 255 in all channels, or
    above 247. Photographs have 0.045 (250 of ImageNet's at 224 px)."""
    values = (rgb * 255).round()
    return ((values < 8).all(1) | (values > 247).all(1)).float().mean().item()


def contrast(rgb: Tensor) -> float:
    """Return the median standard deviation of an image's logit; photographs have 1.32, and 1.07 and 1.61 at the
    quartiles."""
    return rgb.clamp(0.02, 0.98).logit().flatten(1).std(1).median().item()


def grain(rgb: Tensor) -> float:
    """Return the median of an image's total variation along rows and columns, divided by its standard deviation;
    photographs have 0.26, and 0.18 and 0.37 at the quartiles."""
    rows, columns = (rgb.diff(dim=axis).abs().flatten(1).mean(1) for axis in (2, 3))
    return ((rows + columns) / rgb.flatten(1).std(1)).median().item()


@torch.inference_mode()
def accuracy(network: Network, rgb: Tensor, indices: Sequence[int]) -> Accuracy:
    """Evaluate a network on images (B, 3, H, W) in [0, 1], each drawn for a class."""
    rgb = resized(rgb, network.size)
    logits = torch.cat([network.logits(network.normalize(part)) for part in rgb.split(8)])
    own = logits.gather(1, torch.tensor(indices)[:, None])
    better = (logits > own).sum(1)
    log_probability = (own[:, 0] - logits.logsumexp(1)).mean().item()
    count = len(indices)
    return Accuracy((better < 1).sum().item() / count, (better < 5).sum().item() / count, log_probability)


def as_jpeg(image: Image.Image) -> Tensor:
    """Return the image as decoded from a JPEG of quality 75: (1, 3, H, W) in [0, 1]."""
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", quality=75)
    return decode(buffer.getvalue())


def contact_sheet(images: list[Image.Image], columns: int = 6) -> Image.Image:
    """Return an image of all images, row by row."""
    width = images[0].width + 4
    sheet = Image.new("RGB", (columns * width, -(-len(images) // columns) * width))
    for index, image in enumerate(images):
        sheet.paste(image, (index % columns * width, index // columns * width))
    return sheet


if __name__ == "__main__":
    typer.run(main)
