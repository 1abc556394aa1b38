"""What a network makes of the published files: the default class set, drawn by `robust`, one line a class.

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

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "shared"))  # where the tests have what they share

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
    print(f"{'class':<18}{'as render_files':>24}{'JPEG 75':>12}{'shift 4 px':>12}")
    rows = []
    for label, drawing in zip(labels, drawings, strict=True):
        row = measured(drawing, loaded)
        rows.append(row)
        render_files, *others = row
        print(
            f"{label.name:<18}{render_files.probability:>10.4f} rank {render_files.rank:>4} "
            + "".join(f"{other.probability:>10.4f}{'!' if other.failed else ' '} " for other in others)
        )
    for name, column in zip(("published", "JPEG 75", "shift 4 px"), zip(*rows, strict=True), strict=True):
        first = sum(not one.failed for one in column)
        least = min(one.probability or 0 for one in column)
        print(f"{name}: top-1 {first} of {len(column)}, least probability {least:.4f}")
    if sheet:
        contact_sheet([drawing.image for drawing in drawings]).save(sheet)


def measured(drawing: Drawing, network: Network) -> tuple[Measures, ...]:
    """As published, as a JPEG of quality 75, and shifted by 4 pixels down and right."""
    target = drawing.recipe.target
    rgb = decode(encode.png(drawing.image, drawing.recipe))
    shifted = torch.roll(rgb, (4, 4), (2, 3))
    return tuple(measure(network, target, shown) for shown in (rgb, as_jpeg(drawing.image), shifted))


def as_jpeg(image: Image.Image) -> Tensor:
    """(1, 3, H, W) in [0, 1]: a picture as a JPEG of quality 75 shows it."""
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", quality=75)
    return decode(buffer.getvalue())


def contact_sheet(images: list[Image.Image], columns: int = 6) -> Image.Image:
    """All pictures on one, row by row."""
    width = images[0].width + 4
    sheet = Image.new("RGB", (columns * width, -(-len(images) // columns) * width))
    for place, image in enumerate(images):
        sheet.paste(image, (place % columns * width, place // columns * width))
    return sheet


if __name__ == "__main__":
    typer.run(main)
