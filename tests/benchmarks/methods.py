"""The methods of the literature on many classes: the figures of the comparison page.

::

    ACTMAX_TEST_DATA=FOLDER python tests/benchmarks/methods.py compact --classes 100 --into gen/study/measured

FOLDER holds ``networks/squeezenet1_0.safetensors``. Each method draws each class once, seed 0, 224 px, with the budget
of :mod:`gen.compared`; every judge is shown the published 8-bit file. A file for each network is written, and a
method that is in it already is not drawn again. `--sheet` makes a contact sheet: a row for each method.
"""

from __future__ import annotations

import io
import json
import platform
import sys
import time
from pathlib import Path
from typing import Annotated, Any

import torch
import typer
from PIL import Image
from search import JUDGES, TEACHES, found, judged, recipe  # beside this file
from torchvision.transforms.functional import to_pil_image

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "shared"))

from drawings import contact_sheet

from actmax.ascent import adam, affine, bounded, learned
from actmax.engine.ascend import ascend
from actmax.engine.device import choose_device, choose_dtype, describe
from actmax.engine.render import render
from actmax.files import write_atomically
from actmax.measure.measure import decode, resized
from actmax.measure.spectrum import high_frequency_share
from actmax.networks.decoder import Decoder, load
from actmax.networks.network import Network
from actmax.pipeline import encode
from gen.compared import BUDGET, COMPARED, Compared


def main(
    network: str,
    classes: Annotated[int, typer.Option(help="How many, evenly spaced.")] = 100,
    into: Annotated[Path, typer.Option(help="The folder of the figures.")] = Path(),
    sheet: Annotated[Path | None, typer.Option(help="A folder for contact sheets.")] = None,
    generator: Annotated[Path | None, typer.Option(help="A learned one: its code is what moves.")] = None,
    rate: Annotated[float, typer.Option(help="Of Adam, for that.")] = 0.1,
    only: Annotated[list[str] | None, typer.Option(help="These methods alone.")] = None,
) -> None:
    drawing_by = found(network)
    judges = {name: found(name) for name in JUDGES if name not in (network, TEACHES.get(network))}
    indices = [(10 + 1000 * place // classes) % 1000 for place in range(classes)]
    path = into / f"{network}.json"
    known: dict[str, Any] = json.loads(path.read_text("utf-8")) if path.exists() else {"methods": {}}
    device = choose_device()
    known |= {
        "network": drawing_by.card.title,
        "weights": drawing_by.weights,
        "classes": classes,
        "processor": describe(device),
        "threads": torch.get_num_threads(),
        "precision": str(choose_dtype("auto", device)).removeprefix("torch."),
        "torch": torch.__version__,
        "python": platform.python_version(),
        "command": f"python tests/benchmarks/methods.py {network} --classes {classes}",
    }
    if generator:
        rgb = torch.cat([decode(file) for file in synthesize(drawing_by, load(generator), indices, rate)])
        report = {name: says(judge, rgb, indices) for name, judge in {"target": drawing_by, **judges}.items()}
        print(
            f"{generator}, rate {rate}",
            json.dumps({"high_frequency_share": high_frequency_share(rgb).mean().item(), **report}),
            flush=True,
        )
        if sheet:
            contact_sheet([to_pil_image(picture) for picture in rgb], 20).save(
                sheet / f"{network}-learned-{rate:g}.png"
            )
        return
    for method in COMPARED:
        if (only and method.name not in only) or method.name in known["methods"]:
            continue
        if method.name == "statistics" and network != "compact":
            continue  # they were measured for that network
        started = time.perf_counter()
        files = drawn(method, drawing_by, indices)
        seconds = time.perf_counter() - started
        rgb = torch.cat([decode(file) for file in files])
        known["methods"][method.name] = {
            "seconds": round(seconds / classes, 3),
            "high_frequency_share": round(high_frequency_share(rgb).mean().item(), 4),
            "target": says(drawing_by, rgb, indices),
            **{name: says(judge, rgb, indices) for name, judge in judges.items()},
        }
        print(method.name, json.dumps(known["methods"][method.name]), flush=True)
        write_atomically(path, json.dumps(known, indent=1).encode() + b"\n")
        if sheet:
            images = [Image.open(io.BytesIO(file)).convert("RGB") for file in files]
            contact_sheet(images, 20).save(sheet / f"{network}-{method.name}.png")


def drawn(method: Compared, network: Network, indices: list[int]) -> list[bytes]:
    """The published file of each class."""
    recipes = [recipe(method.name, method.overrides, network, index) for index in indices]
    finished = {drawing.recipe: drawing.image for drawing in render(recipes, network)}
    return [encode.png(finished[one], one) for one in recipes]


def synthesize(network: Network, decoder: Decoder, indices: list[int], rate: float) -> list[bytes]:
    """Drawings by a learned generator: DGN-AM's iteration, its code from 0 to 3 deviations (Nguyen et al. 2016)."""
    files = []
    for index in indices:
        drawing = ascend(
            network,
            f"{network.card.output}:{index}",
            params=learned(decoder, len(decoder.deviation)),
            constraints=[bounded(3.0)],
            transforms=[affine(12, 0.1, 5.0)],
            optimizer=adam(rate, 0.5),
            steps=BUDGET,
        )
        buffer = io.BytesIO()
        drawing.image.save(buffer, "PNG")
        files.append(buffer.getvalue())
    return files


@torch.inference_mode()
def says(network: Network, rgb: torch.Tensor, indices: list[int]) -> dict[str, float]:
    """What a network says: the parts that it says first and has among its first five, the median place of the class,
    and by how much its logit is above that for a grey picture, in deviations of the logits."""
    verdict = judged(network, rgb, indices)
    places, raised = [], []
    grey = network.logits(network.normalize(torch.full((1, 3, *network.size), 0.5)))[0]
    for picture, index in zip(rgb, indices, strict=True):
        logits = network.logits(network.normalize(resized(picture[None], network.size)))[0]
        places.append(1 + int((logits > logits[index]).sum()))
        raised.append(((logits[index] - grey[index]) / grey.std()).item())
    return {
        "top1": round(verdict.first, 3),
        "top5": round(verdict.in_five, 3),
        "log_probability": round(verdict.log_probability, 2),
        "median_rank": sorted(places)[len(places) // 2],
        "logit_above_gray": round(sum(raised) / len(raised), 2),
    }


if __name__ == "__main__":
    typer.run(main)
