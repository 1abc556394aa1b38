"""Measures a compact AlexNet, for the model card: its drawings, and its predictions for photographs.

::

    ACTMAX_TEST_DATA=FOLDER python tests/benchmarks/compact.py [--weights FILE] [--classes 100] [--evaluation]

FOLDER holds ``networks/squeezenet1_0.safetensors``, ``distill/images64.tar`` and ``distill/photos192.tar``;
EfficientNet-Lite0 and Lite2 are packages. These three networks are the teachers, and no independent judges. Drawings
are made by the default method and measured in float32 on the 8-bit file, resized to the input size of each network.
Photographs are those that `actmax distill` holds out of the two files, with the size and the targets of the training.
The runs before `actmax distill` held out none of ``images64.tar``, and the later ones started from their weights: the
figures on that file are too high.

The evaluation network takes part in no choice: measure with it once, at the end.
"""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Annotated

import torch
import typer
from PIL import Image
from torch import Tensor

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "shared"))  # helpers that tests share

from projects import default_classes
from search import SIZE, as_jpeg, drawn, load_network

from actmax.files import digest
from actmax.measure.intervals import wilson
from actmax.measure.measure import decode, resized
from actmax.networks.cards import EVALUATION, card
from actmax.networks.load import load
from actmax.networks.network import Network
from actmax.networks.weights import Source
from actmax.recipe.methods import DEFAULT
from actmax.train.distill import CALIBRATION
from actmax.train.images import framed, hold_out, read_images, true_classes
from actmax.train.options import DistillOptions
from actmax.train.student import as_input, predictions
from actmax.train.teacher import Teacher, Teachers

TEACHERS = {
    "SqueezeNet 1.0": "squeezenet1_0",
    "EfficientNet-Lite0": "efficientnet-lite0",
    "EfficientNet-Lite2": "efficientnet-lite2",
}
HELD_OUT = {"images64.tar": 2000, "photos192.tar": 1000}
DIFFICULT = (444, 506, 661, 816, 134, 785)
"""Tandem, coil, Model T, spindle, crane (the bird) and seat belt, which the second edition drew unrecognizably."""
OPTIONS = DistillOptions()
CPU = torch.device("cpu")

Answers = Callable[[Tensor], Tensor]
"""RGB (B, 3, H, W) in [0, 1] -> logits (B, classes)."""


def main(
    weights: Annotated[Path | None, typer.Option(help="Exported file; by default the one in the package.")] = None,
    classes: Annotated[int, typer.Option(min=1, help="Number of classes, evenly spaced.")] = 100,
    evaluation: Annotated[bool, typer.Option(help="Also show the drawings to the evaluation network.")] = False,
) -> None:
    file = weights or card("compact").file
    assert file
    student = load(Source("compact", digest(file.read_bytes()), file))
    networks = {title: load_network(name) for title, name in TEACHERS.items()}
    photographs = {name: held_out(name, count) for name, count in HELD_OUT.items()}
    views, _ = next(iter(photographs.values()))
    judges = {title: answers_of(network) for title, network in networks.items()}
    judges["the teachers' mean"] = Teachers(list(judges.values()), views[:CALIBRATION] / 255)
    if evaluation:
        judges[card(EVALUATION).title] = answers_of(load_network(EVALUATION))
    spaced = [(2 * index + 1) * 500 // classes for index in range(classes)]

    print(f"Weights `{student.weights}`, {file.stat().st_size / 1e6:.1f} MB; drawings by `{DEFAULT}`, {SIZE} px.\n")
    print("| Measured (95 % interval) | top-1 | top-5 |\n| --- | --- | --- |")
    report_drawings("evenly spaced classes", spaced, student, judges)
    report_drawings("difficult classes", DIFFICULT, student, judges)
    report_drawings("classes of the site", [label.index for label in default_classes()], student, judges)
    for name, held in photographs.items():
        report_photographs(name, *held, student, list(networks.values()))


def held_out(name: str, count: int) -> tuple[Tensor, Tensor]:
    """Return the views of a source that trainings hold out, (N, 3, H, W), uint8, and their classes (N,)."""
    source = read_images(Path(os.environ["ACTMAX_TEST_DATA"]) / "distill" / name, OPTIONS.shorter_side)
    (held,), _ = hold_out([source], count)
    return framed(held, OPTIONS.size), true_classes(held)


def answers_of(network: Network) -> Answers:
    """Return the network as a function of images of any size."""
    return lambda rgb: torch.cat(
        [network.logits(network.normalize(resized(part, network.size))) for part in rgb.split(8)]
    )


@torch.inference_mode()
def report_drawings(title: str, classes: Sequence[int], student: Network, judges: dict[str, Answers]) -> None:
    """Draw the classes, and print how often the student and the judges recognize them."""
    files = drawn(DEFAULT, student, classes)
    rgb = torch.cat([decode(file) for file in files])
    jpeg = torch.cat([as_jpeg(Image.open(io.BytesIO(file)).convert("RGB")) for file in files])
    own = answers_of(student)
    measured = {
        "itself": own(rgb),
        "itself, as JPEG of quality 75": own(jpeg),
        "itself, shifted by 4 px": own(rgb.roll((4, 4), (2, 3))),
        **{name: answers(rgb) for name, answers in judges.items()},
    }
    for name, logits in measured.items():
        rank = 1 + (logits > logits.gather(1, torch.tensor(classes)[:, None])).sum(1)
        print(f"| {title}, recognized by {name} | {share(rank <= 1)} | {share(rank <= 5)} |", flush=True)


def report_photographs(name: str, views: Tensor, truth: Tensor, student: Network, networks: Sequence[Network]) -> None:
    """Print how often the student's prediction is that of its teachers, and the class of the photograph."""
    teachers = [Teacher(network, OPTIONS, CPU, torch.float32) for network in networks]
    expected = predictions(Teachers(teachers, as_input(views[:CALIBRATION])), views, CPU)
    predicted = predictions(student.logits, views, CPU)
    rows = {"agreement with the teachers' mean": predicted == expected}
    if (known := truth >= 0).any():
        rows |= {"accuracy": (predicted == truth)[known], "accuracy of the teachers' mean": (expected == truth)[known]}
    for row, correct in rows.items():
        print(f"| `{name}`, {OPTIONS.size} px, {row} | {share(correct)} | |", flush=True)


def share(correct: Tensor) -> str:
    """Return how many booleans (n,) are true, with the interval of their share."""
    right, count = int(correct.sum()), len(correct)
    low, high = (100 * end for end in wilson(right / count, count))
    return f"{right} of {count} ({low:.0f}–{high:.0f}&#8239;%)"


if __name__ == "__main__":
    typer.run(main)
