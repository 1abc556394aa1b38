"""Which method draws what other networks recognise: candidates side by side, judged by networks that had no part.

::

    ACTMAX_TEST_DATA=FOLDER python tests/benchmarks/search.py compact --classes 100
    ACTMAX_TEST_DATA=FOLDER python tests/benchmarks/search.py squeezenet1_0 smooth robust horama-maco --sheet FOLDER

FOLDER holds ``networks/squeezenet1_0.safetensors``; EfficientNet-Lite0 and Lite2 are packages. Every drawing is judged
on the published 8-bit file, enlarged to what the judge was trained on, for evenly spaced classes, or with `--classes 0`
for the site's own. For each judge: the part of the classes that it says first, that it has among its first five,
and the mean logarithm of the probability that it gives them (chance: -6.9). The network itself is shown the file, the
file as a JPEG of quality 75, and the file shifted by 4 pixels.

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

import torch
import typer
from PIL import Image
from torch import Tensor
from tqdm import tqdm

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "shared"))  # where the tests have what they share

from drawings import as_jpeg, contact_sheet
from projects import default_classes

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
TEACHES = {"compact": "squeezenet1_0"}
"""A network that another has learnt from is no judge of it."""

CANDIDATES: Mapping[str, Mapping[str, Any]] = {
    # One thing at a time that differs from `smooth`.
    "without-penalty": {"total_variation_weight": 0.0},
    "penalty-0.15": {"total_variation_weight": 0.15},
    "penalty-0.4": {"total_variation_weight": 0.4},
    "without-rivals": {"logsumexp_weight": 0.0},
    "without-leak": {"relu_leak": 0.0},
    "leak-0.05": {"relu_leak": 0.05},
    "leak-0.2": {"relu_leak": 0.2},
    "without-centre": {"gradient_window": 0.0},
    "centre-0.45": {"gradient_window": 0.45},
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
    "bolder-views": {"jitter": 16, "scale": 0.2, "rotate": 8.0},
}
"""By name: what differs from the method `smooth`."""
PEERS = ("horama-fourier", "horama-maco")


@dataclass(frozen=True)
class Judged:
    """What a network says of many drawings."""

    first: float
    in_five: float
    log_probability: float

    def __str__(self) -> str:
        return f"{self.first:.2f} / {self.in_five:.2f} ({self.log_probability:.1f})"


def main(
    network: str,
    methods: Annotated[
        list[str] | None, typer.Argument(help="Methods, candidates, peers; by default `smooth`.")
    ] = None,
    classes: Annotated[int, typer.Option(help="How many, evenly spaced; 0: the site's own.")] = 100,
    sheet: Annotated[Path | None, typer.Option(help="A folder for a contact sheet of each.")] = None,
) -> None:
    drawing_by = found(network)
    judges = {name: found(name) for name in JUDGES if name not in (network, TEACHES.get(network))}
    spaced = [(10 + 1000 * place // classes) % 1000 for place in range(classes)]
    indices = spaced or [label.index for label in default_classes()]
    print(f"{network}, {len(indices)} classes: said first / among the first five (mean log-probability)\n")
    columns = [*judges, "itself", "JPEG 75", "shift 4 px"]
    print(f"| method | s | {' | '.join(columns)} |\n|---|---:|{'---|' * len(columns)}", flush=True)
    for name in methods or ["smooth"]:
        started = time.perf_counter()
        files = drawn(name, drawing_by, indices)
        seconds = time.perf_counter() - started
        images = [Image.open(io.BytesIO(file)).convert("RGB") for file in files]
        rgb, jpeg = torch.cat([decode(file) for file in files]), torch.cat([as_jpeg(image) for image in images])
        answers = [judged(judge, rgb, indices) for judge in judges.values()]
        answers += [judged(drawing_by, shown, indices) for shown in (rgb, jpeg, rgb.roll((4, 4), (2, 3)))]
        print(f"| {name} | {seconds:.0f} | {' | '.join(map(str, answers))} |", flush=True)
        if sheet:
            contact_sheet(images, 10).save(sheet / f"{network}-{name}.png")


def found(name: str) -> Network:
    """A network by name; SqueezeNet from the folder of checking data."""
    folder = Path(os.environ["ACTMAX_TEST_DATA"]) / "networks"
    file = folder / f"{name}.safetensors" if name.startswith("squeezenet") else None
    return load(weights.resolve_weights(name, file))


def drawn(method: str, network: Network, indices: Sequence[int]) -> list[bytes]:
    """The published file of each class."""
    recipes = [
        recipe(method if method in METHODS else "smooth", CANDIDATES.get(method, {}), network, i) for i in indices
    ]
    if method in PEERS:
        return [
            encode.png(horama(method, network, one, index), one) for one, index in zip(recipes, indices, strict=True)
        ]
    if method not in METHODS and method not in CANDIDATES:
        raise SystemExit(f"{method} is none of {', '.join((*METHODS, *CANDIDATES, *PEERS))}.")
    with tqdm(total=sum(one.steps for one in recipes), desc=method, leave=False) as bar:
        finished = {drawing.recipe: drawing.image for drawing in render(recipes, network, bar.update)}
    return [encode.png(finished[one], one) for one in recipes]


def recipe(method: str, differs: Mapping[str, Any], network: Network, index: int) -> Recipe:
    return compose(
        method,
        {"size": SIZE, **differs},
        network=network.card.name,
        weights=network.weights,
        target=f"{network.card.output}:{index}",
    )


def horama(method: str, network: Network, asked: Recipe, index: int) -> Image.Image:
    """As Horama draws it, with its defaults but for size and budget."""
    try:
        import horama as peer
    except ImportError as error:
        raise SystemExit(f"{method} needs horama and einops: {error}.") from None

    def objective(images: Tensor) -> Tensor:
        return network.logits(images)[:, index].mean()

    ascent: Callable[..., tuple[Tensor, Tensor]] = getattr(peer, method.removeprefix("horama-"))
    torch.manual_seed(asked.seed)
    image, _ = ascent(
        objective,
        total_steps=asked.steps // 2,
        image_size=SIZE,
        model_input_size=SIZE,
        crops_per_iteration=2,
        box_size=(0.8, 0.95),
        device="cpu",
    )
    return to_images(network.normalize.inverse(image.detach()[None]))[0]


@torch.inference_mode()
def judged(network: Network, rgb: Tensor, indices: Sequence[int]) -> Judged:
    """What a network says of pictures (B, 3, H, W) in [0, 1], each drawn for a class."""
    rgb = resized(rgb, network.size)
    logits = torch.cat([network.logits(network.normalize(some)) for some in rgb.split(8)])
    own = logits.gather(1, torch.tensor(indices)[:, None])
    places = (logits > own).sum(1)
    log_probability = (own[:, 0] - logits.logsumexp(1)).mean().item()
    count = len(indices)
    return Judged((places < 1).sum().item() / count, (places < 5).sum().item() / count, log_probability)


if __name__ == "__main__":
    typer.run(main)
