"""Compares a compact AlexNet with the one in the package: agreement with the teacher, and its drawings.

::

    ACTMAX_TEST_DATA=FOLDER python tests/benchmarks/compact.py [WEIGHTS.safetensors] [--steps 256]

FOLDER holds ``networks/squeezenet1_0.safetensors`` (the teacher) and ``distill/images64.tar``. The
held-out images are those that `actmax distill` holds out of every training on that file. Drawings are
made by `robust`, and measured on the published PNG in float32.
"""

from __future__ import annotations

import hashlib
import os
import statistics
import sys
from pathlib import Path
from typing import Annotated, NamedTuple

import torch
import typer
from torch import Tensor
from tqdm import tqdm

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "shared"))  # helpers that tests share

from projects import default_classes

from actmax.engine.render import render
from actmax.measure.measure import decode, measure
from actmax.measure.models import Measures
from actmax.networks import weights
from actmax.networks.cards import card
from actmax.networks.compact import header
from actmax.networks.load import load
from actmax.networks.network import Network
from actmax.networks.weights import Source
from actmax.pipeline import encode
from actmax.recipe import compose
from actmax.train.images import framed, hold_out, read_images, true_classes
from actmax.train.student import predictions

SIZE = 160
"""Width and height of a held-out image, those of the training."""
HOLDOUT = 2000
TOP = 5

Figures = dict[str, str]

CAUTION = (
    "The network of the first runs (weights 768cedeb44cb022a) was trained on all of these images, the held-out ones "
    "included, and so was, through it, a network warm-started from it, like the package's: for both, agreement and "
    "accuracy on them are too high."
)


class Held(NamedTuple):
    """The held-out images."""

    views: Tensor
    """(B, 3, SIZE, SIZE), uint8."""
    truth: Tensor
    """(B,), class indices."""


def main(
    weights_file: Annotated[Path | None, typer.Argument(help="Weights of another compact network, in int8.")] = None,
    steps: Annotated[int, typer.Option(help="Optimization steps, for the evenly spaced classes.")] = 256,
    spaced: Annotated[int, typer.Option(help="Number of classes, evenly spaced in 0…999.")] = 100,
    package: Annotated[bool, typer.Option(help="Also measure the network in the package.")] = True,
) -> None:
    data = Path(os.environ["ACTMAX_TEST_DATA"])
    teacher = load(weights.resolve_weights("squeezenet1_0", data / "networks/squeezenet1_0.safetensors"))
    photographs, _ = hold_out([read_images(data / "distill/images64.tar")], HOLDOUT)
    held = Held(framed(photographs, SIZE), true_classes(photographs))
    expected = predicted(teacher, held)
    even = [round(1000 * index / spaced) for index in range(spaced)]
    columns = {}
    for name, path in {"in the package": card("compact").file if package else None, "given": weights_file}.items():
        if path is None:
            continue
        digest = hashlib.sha256(path.read_bytes()).hexdigest()[:16]
        student = load(Source("compact", digest, path))
        own = predicted(student, held)
        columns[name] = {
            "weights": digest,
            f"agreement with the teacher, {HOLDOUT} held out": share(own == expected),
            "accuracy on the same": share(own == held.truth),
            **of_drawings(student, teacher, [label.index for label in default_classes()], None),
            **of_drawings(student, teacher, even, steps),
            "file size": f"{path.stat().st_size / 1e6:.1f} MB",
        }
        print(f"{name}: {header(path)}\n")
    report(columns)
    print(f"\nThe teacher's accuracy is {share(expected == held.truth)} on the held-out images at {SIZE} px.")
    print(CAUTION)


def predicted(network: Network, held: Held) -> Tensor:
    """Return the class that the network predicts for each held-out image, in float32."""
    return predictions(network.logits, held.views, torch.device("cpu"))


def share(correct: Tensor) -> str:
    return f"{correct.double().mean().item():.3f}"


def of_drawings(student: Network, teacher: Network, classes: list[int], steps: int | None) -> Figures:
    """Return how often student and teacher recognize what the student drew."""
    name = student.card.name
    recipes = [
        compose(
            "robust",
            {"steps": steps} if steps else {},
            network=name,
            weights=student.weights,
            target=f"{card(name).output}:{index}",
        )
        for index in classes
    ]
    own, other = [], []
    with tqdm(total=sum(recipe.steps for recipe in recipes), desc="drawing", leave=False) as bar:
        drawings = list(render(recipes, student, bar.update))
    for drawing in drawings:
        rgb = decode(encode.png(drawing.image, drawing.recipe))
        own.append(measure(student, drawing.recipe.target, rgb))
        other.append(measure(teacher, drawing.recipe.target.replace(card(name).output, teacher.card.output), rgb))
    title = f"{len(classes)} classes, {recipes[0].steps} steps"
    return {f"{title}: own {key}": value for key, value in recognized(own).items()} | {
        f"{title}: teacher's {key}": value for key, value in recognized(other).items()
    }


def recognized(measured: list[Measures]) -> Figures:
    ranks = [measures.rank or 0 for measures in measured]
    return {
        "top 1": f"{sum(rank == 1 for rank in ranks)} of {len(ranks)}",
        "top 5": f"{sum(rank <= TOP for rank in ranks)} of {len(ranks)}",
        "median rank": f"{statistics.median(ranks):g}",
    }


def report(columns: dict[str, Figures]) -> None:
    print(f"{'':<48}" + "".join(f"{name:>18}" for name in columns))
    for row in next(iter(columns.values())):
        print(f"{row:<48}" + "".join(f"{column[row]:>18}" for column in columns.values()))


if __name__ == "__main__":
    typer.run(main)
