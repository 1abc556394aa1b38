"""Measures a network's response to its drawings of the default classes, by `robust`: a line per class.

::

    python tests/benchmarks/drawings.py compact
    python tests/benchmarks/drawings.py squeezenet1_0 FOLDER/squeezenet1_0.safetensors --sheet sheet.png

Each file is measured as published, after JPEG at quality 75, and after a shift by 4 pixels.
"""

from __future__ import annotations

import io
import sys
from pathlib import Path
from typing import Annotated

import torch
import typer
from PIL import Image
from torch import Tensor

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "shared"))  # helpers that tests share

from projects import default_classes

from actmax.engine.render import Drawing, render
from actmax.measure.measure import decode, measure
from actmax.measure.models import Measures
from actmax.networks import weights
from actmax.networks.cards import card
from actmax.networks.load import load
from actmax.networks.network import Network
from actmax.pipeline import encode
from actmax.recipe import compose


def main(
    network: str,
    weights_file: Annotated[Path | None, typer.Argument()] = None,
    method: str = "robust",
    sheet: Annotated[Path | None, typer.Option(help="Also write all drawings on one PNG.")] = None,
) -> None:
    source = weights.resolve_weights(network, weights_file)
    loaded = load(source)
    labels = default_classes()
    recipes = [
        compose(method, network=network, weights=source.digest, target=f"{card(network).output}:{label.index}")
        for label in labels
    ]
    finished = {drawing.recipe: drawing for drawing in render(recipes, loaded)}
    drawings = [finished[recipe] for recipe in recipes]
    print(f"{'class':<18}{'published':>24}{'JPEG 75':>12}{'shift 4 px':>12}")
    rows = []
    for label, drawing in zip(labels, drawings, strict=True):
        row = measured(drawing, loaded)
        rows.append(row)
        published, *others = row
        print(
            f"{label.name:<18}{published.probability:>10.4f} rank {published.rank:>4} "
            + "".join(f"{other.probability:>10.4f}{'!' if other.failed else ' '} " for other in others)
        )
    for name, column in zip(("published", "JPEG 75", "shift 4 px"), zip(*rows, strict=True), strict=True):
        recognized = sum(not measures.failed for measures in column)
        least = min(measures.probability or 0 for measures in column)
        print(f"{name}: top-1 {recognized} of {len(column)}, least probability {least:.4f}")
    if sheet:
        contact_sheet([drawing.image for drawing in drawings]).save(sheet)


def measured(drawing: Drawing, network: Network) -> tuple[Measures, ...]:
    """Measure the image as published, as a JPEG of quality 75, and shifted by 4 pixels down and right."""
    target = drawing.recipe.target
    rgb = decode(encode.png(drawing.image, drawing.recipe))
    shifted = torch.roll(rgb, (4, 4), (2, 3))
    return tuple(measure(network, target, version) for version in (rgb, as_jpeg(drawing.image), shifted))


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
