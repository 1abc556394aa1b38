"""Measures the methods of the literature on many classes, for the comparison page.

::

    ACTMAX_TEST_DATA=FOLDER python tests/benchmarks/methods.py compact --classes 100 --into gen/study/measured

FOLDER holds ``networks/squeezenet1_0.safetensors``. Each method draws each class once, seed 0, 224 px, with the budget
of :mod:`gen.compared`; every network is evaluated on the published 8-bit file. The results of each target network are
written into a file, and a method that is already in it is not drawn again. `--sheet` writes a contact sheet per method.
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
from search import JUDGES, TEACHERS, accuracy, load_network, recipe_for  # beside this file
from torchvision.transforms.functional import to_pil_image

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "shared"))

from drawings import contact_sheet

from actmax.ascent.constraints import bounded
from actmax.ascent.optimize import Method
from actmax.ascent.optimizers import adam
from actmax.ascent.params import learned
from actmax.ascent.transforms import affine
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
    classes: Annotated[int, typer.Option(help="Number of classes, evenly spaced.")] = 100,
    into: Annotated[Path, typer.Option(help="Folder of the results.")] = Path(),
    sheet: Annotated[Path | None, typer.Option(help="Folder for contact sheets.")] = None,
    generator: Annotated[Path | None, typer.Option(help="Optimize the code of this generator instead.")] = None,
    rate: Annotated[float, typer.Option(help="Step size of Adam for the code.")] = 0.1,
    only: Annotated[list[str] | None, typer.Option(help="Only these methods.")] = None,
) -> None:
    target_network = load_network(network)
    judges = {name: load_network(name) for name in JUDGES if name not in (network, TEACHERS.get(network))}
    indices = [(10 + 1000 * index // classes) % 1000 for index in range(classes)]
    path = into / f"{network}.json"
    results: dict[str, Any] = json.loads(path.read_text("utf-8")) if path.exists() else {"methods": {}}
    device = choose_device()
    results |= {
        "network": target_network.card.title,
        "weights": target_network.weights,
        "classes": classes,
        "processor": describe(device),
        "threads": torch.get_num_threads(),
        "precision": str(choose_dtype("auto", device)).removeprefix("torch."),
        "torch": torch.__version__,
        "python": platform.python_version(),
        "command": f"python tests/benchmarks/methods.py {network} --classes {classes}",
    }
    if generator:
        rgb = torch.cat([decode(file) for file in synthesize(target_network, load(generator), indices, rate)])
        report = {name: evaluated(judge, rgb, indices) for name, judge in {"target": target_network, **judges}.items()}
        print(
            f"{generator}, rate {rate}",
            json.dumps({"high_frequency_share": high_frequency_share(rgb).mean().item(), **report}),
            flush=True,
        )
        if sheet:
            contact_sheet([to_pil_image(image) for image in rgb], 20).save(sheet / f"{network}-learned-{rate:g}.png")
        return
    for method in COMPARED:
        if (only and method.name not in only) or method.name in results["methods"]:
            continue
        if method.name == "statistics" and network != "compact":
            continue  # the statistics in the package are those of the compact network
        started = time.perf_counter()
        files = drawn(method, target_network, indices)
        seconds = time.perf_counter() - started
        rgb = torch.cat([decode(file) for file in files])
        results["methods"][method.name] = {
            "seconds": round(seconds / classes, 3),
            "high_frequency_share": round(high_frequency_share(rgb).mean().item(), 4),
            "target": evaluated(target_network, rgb, indices),
            **{name: evaluated(judge, rgb, indices) for name, judge in judges.items()},
        }
        print(method.name, json.dumps(results["methods"][method.name]), flush=True)
        write_atomically(path, json.dumps(results, indent=1).encode() + b"\n")
        if sheet:
            images = [Image.open(io.BytesIO(file)).convert("RGB") for file in files]
            contact_sheet(images, 20).save(sheet / f"{network}-{method.name}.png")


def drawn(method: Compared, network: Network, indices: list[int]) -> list[bytes]:
    """Return the published file of each class."""
    recipes = [recipe_for(method.name, method.overrides, network, index) for index in indices]
    finished = {drawing.recipe: drawing.image for drawing in render(recipes, network)}
    return [encode.png(finished[recipe], recipe) for recipe in recipes]


def synthesize(network: Network, decoder: Decoder, indices: list[int], rate: float) -> list[bytes]:
    """Draw with a generator by DGN-AM, its code between 0 and 3 standard deviations (Nguyen et al. 2016)."""
    files = []
    for index in indices:
        drawing = ascend(
            network,
            f"{network.card.output}:{index}",
            Method(
                params=learned(decoder, len(decoder.deviation)),
                constraints=[bounded(3.0)],
                transforms=[affine(12, 0.1, 5.0)],
                optimizer=adam(rate, 0.5),
                steps=BUDGET,
            ),
        )
        buffer = io.BytesIO()
        drawing.image.save(buffer, "PNG")
        files.append(buffer.getvalue())
    return files


@torch.inference_mode()
def evaluated(network: Network, rgb: torch.Tensor, indices: list[int]) -> dict[str, float]:
    """Return top-1 and top-5 accuracy, the mean log-probability, the median rank of the class, and the mean increase of
    its logit over that for a gray image, in standard deviations of the logits."""
    overall = accuracy(network, rgb, indices)
    ranks, increases = [], []
    gray = network.logits(network.normalize(torch.full((1, 3, *network.size), 0.5)))[0]
    for image, index in zip(rgb, indices, strict=True):
        logits = network.logits(network.normalize(resized(image[None], network.size)))[0]
        ranks.append(1 + int((logits > logits[index]).sum()))
        increases.append(((logits[index] - gray[index]) / gray.std()).item())
    return {
        "top1": round(overall.top_1, 3),
        "top5": round(overall.top_5, 3),
        "log_probability": round(overall.log_probability, 2),
        "median_rank": sorted(ranks)[len(ranks) // 2],
        "logit_above_gray": round(sum(increases) / len(increases), 2),
    }


if __name__ == "__main__":
    typer.run(main)
