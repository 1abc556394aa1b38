"""Measures the methods of the literature on many classes, for the comparison page.

::

    python tests/benchmarks/methods.py compact --into gen/study/measured

Each method draws each class once, seed 0, 224 px, with the budget
of :mod:`gen.compared`; the target network and the evaluation network classify the published 8-bit file. Durations are
the processor time of all threads: other load on the machine does not count. The results of each target network are
written into a file, and a method that is already in it is not drawn again. `--sheet` writes a contact sheet per method.

::

    mkdir -p gen/study/measured/curves
    python tests/benchmarks/methods.py compact --curves --classes 24 \\
        --into gen/study/measured/curves

draws by each method in 16, 32, 64, 128, 256 and 512 steps instead (`--budget` for others), and writes how often the
networks recognize the class. It continues where it was stopped. ``--only horama-maco`` draws by Horama (Fel et al.
2023), where it is installed, with its own 1000 steps of six crops on 1280 px; ``--budget`` for fewer.
"""

from __future__ import annotations

import io
import json
import platform
import re
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from statistics import fmean
from typing import Annotated, Any

import torch
import typer
from PIL import Image
from search import JUDGES, accuracy, contact_sheet, horama, load_network, recipe_for  # beside this file
from torchvision.transforms.functional import to_pil_image

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
from actmax.networks.cards import EVALUATION
from actmax.networks.decoder import Decoder, load
from actmax.networks.network import Network
from actmax.pipeline import encode
from gen.compared import BUDGET, COMPARED, Compared, compared

BUDGETS = (16, 32, 64, 128, 256, 512)
"""Steps of the curves."""
PEER, PEER_STEPS = "horama-maco", 1000
"""Horama's own method, with its own number of steps."""


def main(
    network: str,
    classes: Annotated[int, typer.Option(help="Number of classes, evenly spaced.")] = 100,
    into: Annotated[Path, typer.Option(help="Folder of the results.")] = Path(),
    sheet: Annotated[Path | None, typer.Option(help="Folder for contact sheets.")] = None,
    generator: Annotated[Path | None, typer.Option(help="Optimize the code of this generator instead.")] = None,
    rate: Annotated[float, typer.Option(help="Step size of Adam for the code.")] = 0.1,
    only: Annotated[list[str] | None, typer.Option(help="Only these methods.")] = None,
    curves: Annotated[bool, typer.Option("--curves", help="Draw each method in several numbers of steps.")] = False,
    budget: Annotated[list[int] | None, typer.Option(help="Number of steps of the curves; repeatable.")] = None,
) -> None:
    target_network = load_network(network)
    # Whether a generator is worth its size is a choice, in which the evaluation network takes no part.
    names = JUDGES if generator else (EVALUATION,)
    judges = {name: load_network(name) for name in names if name != network}
    indices = [(10 + 1000 * index // classes) % 1000 for index in range(classes)]
    path = into / f"{network}.json"
    results: dict[str, Any] = json.loads(path.read_text("utf-8")) if path.exists() else {"methods": {}}
    if results.get("classes", classes) != classes:
        raise SystemExit(f"{path} holds results for {results['classes']} classes: give --classes {results['classes']}.")
    device = choose_device()
    results |= {
        "network": target_network.card.title,
        "weights": target_network.weights,
        "classes": classes,
        "indices": indices,
        "processor": describe(device),
        "threads": torch.get_num_threads(),
        "precision": str(choose_dtype("auto", device)).removeprefix("torch."),
        "torch": torch.__version__,
        "python": platform.python_version(),
        "command": " ".join(
            [f"python tests/benchmarks/methods.py {network} --classes {classes}"]
            + ["--curves"] * curves
            + [f"--budget {steps}" for steps in budget or ()]
        ),
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
    if curves:
        plan = [(name, steps) for name in only or [method.name for method in COMPARED] for steps in budget or BUDGETS]
        if not budget:
            plan = [(name, steps) for name, steps in plan if name != PEER]
            plan += [(PEER, PEER_STEPS)] if PEER in (only or ()) else []
        measure_curves(plan, path, results, target_network, judges, indices)
        return
    for method in COMPARED:
        if (only and method.name not in only) or method.name in results["methods"]:
            continue
        if method.name == "statistics" and network != "compact":
            continue  # the statistics in the package are those of the compact network
        started = time.process_time()
        files = drawn(method, target_network, indices)
        seconds = time.process_time() - started
        rgb = torch.cat([decode(file) for file in files])
        results["methods"][method.name] = {
            "seconds": round(seconds / classes, 3),
            "high_frequency_share": round(high_frequency_share(rgb).mean().item(), 4),
            "target": evaluated(target_network, rgb, indices),
            **{name: evaluated(judge, rgb, indices) for name, judge in judges.items()},
        }
        print(method.name, json.dumps(results["methods"][method.name]), flush=True)
        order = [each.name for each in COMPARED]
        results["methods"] = dict(sorted(results["methods"].items(), key=lambda item: order.index(item[0])))
        write_atomically(path, as_json(results))
        if sheet:
            images = [Image.open(io.BytesIO(file)).convert("RGB") for file in files]
            contact_sheet(images, 20).save(sheet / f"{network}-{method.name}.png")


def measure_curves(
    plan: Sequence[tuple[str, int]],
    path: Path,
    results: dict[str, Any],
    network: Network,
    judges: Mapping[str, Network],
    indices: list[int],
) -> None:
    """Add each method's recognition by each network after each number of steps to a file of results.

    Args:
        plan: methods, with a number of steps; those that are in the results already are left out.
        path: the file; written after each of them.
        results: what it holds so far, with what was measured how.
        network: that draws.
        judges: by name.
        indices: of the classes.
    """
    for name, steps in plan:
        measured = results["methods"].setdefault(name, {})
        if str(steps) in measured or (name == "statistics" and network.card.name != "compact"):
            continue  # the statistics in the package are those of the compact network
        started = time.process_time()
        files = (peer if name == PEER else drawn_in)(name, network, indices, steps)
        seconds = time.process_time() - started
        rgb = torch.cat([decode(file) for file in files])
        measured[str(steps)] = {
            "seconds": round(seconds / len(indices), 3),
            **{key: recognition(judge, rgb, indices) for key, judge in {"target": network, **judges}.items()},
        }
        print(name, steps, json.dumps(measured[str(steps)]), flush=True)
        write_atomically(path, as_json(results))


def as_json(results: Mapping[str, Any]) -> bytes:
    """Return a file's content, with each list of numbers in one line."""
    text = json.dumps(results, indent=1)
    return (
        re.sub(r"\[[\s\d,]*\]", lambda numbers: "[" + " ".join(numbers[0][1:-1].split()) + "]", text).encode() + b"\n"
    )


def recognition(network: Network, rgb: torch.Tensor, indices: list[int]) -> dict[str, Any]:
    """Return the share of the drawings that a network recognizes, top-1 and top-5."""
    overall = accuracy(network, rgb, indices)
    return {
        "top1": round(overall.top_1, 3),
        "top5": round(overall.top_5, 3),
        "log_probability": round(overall.log_probability, 2),
    }


def peer(name: str, network: Network, indices: list[int], steps: int) -> list[bytes]:
    """Return what Horama draws of each class with its own settings."""
    recipes = [recipe_for("maco", {"steps": steps}, network, index) for index in indices]
    return [
        encode.png(horama(name, network, recipe, index, own=True), recipe)
        for recipe, index in zip(recipes, indices, strict=True)
    ]


def drawn_in(name: str, network: Network, indices: list[int], steps: int) -> list[bytes]:
    """Return the published file of each class by a method in a number of steps."""
    method = compared(name)
    return drawn(replace(method, overrides={**method.overrides, "steps": steps}), network, indices)


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
def evaluated(network: Network, rgb: torch.Tensor, indices: list[int]) -> dict[str, Any]:
    """Return the rank of each drawing's class, its mean log-probability, and the mean increase of its logit over that
    for a gray image, in standard deviations of the logits."""
    ranks, log_probabilities, increases = [], [], []
    gray = network.logits(network.normalize(torch.full((1, 3, *network.size), 0.5)))[0]
    for image, index in zip(rgb, indices, strict=True):
        logits = network.logits(network.normalize(resized(image[None], network.size)))[0]
        ranks.append(1 + int((logits > logits[index]).sum()))
        log_probabilities.append(logits.log_softmax(0)[index].item())
        increases.append(((logits[index] - gray[index]) / gray.std()).item())
    return {
        "ranks": ranks,
        "log_probability": round(fmean(log_probabilities), 2),
        "logit_above_gray": round(fmean(increases), 2),
    }


if __name__ == "__main__":
    typer.run(main)
