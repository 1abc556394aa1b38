"""Measures the speed of drawing, compared with a naive loop and with the processor's own rate.

Run nothing else on the machine; it takes one to three minutes::

    python tests/benchmarks/speed.py

Everything is measured in one run, so that the ratios hold on a machine whose speed drifts. AlexNet's weights
are random: they do not change the work. One image-step is one optimization step of one image.

With ``parts`` as its argument it measures the parts of a step of `smooth` only, on one core, by the processor time of
the least of many turns: so it may run beside other work.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import cast

import torch
from torch import Tensor, nn
from torch.utils.flop_counter import FlopCounterMode
from torchvision.models import AlexNet

from actmax.ascent.context import Context
from actmax.ascent.gradients import GradientMagnitude, at_image, normalize, on_gradient
from actmax.ascent.objectives import of_targets
from actmax.ascent.optimize import optimize
from actmax.ascent.optimizers import Optimizer
from actmax.ascent.params import Canvas
from actmax.ascent.penalties import Penalty
from actmax.ascent.transforms import make_views
from actmax.engine.batches import best_size
from actmax.engine.device import choose_device, choose_dtype, describe, exact
from actmax.engine.methods import method
from actmax.engine.render import render
from actmax.engine.workers import side_by_side
from actmax.networks.cards import LOGITS, card
from actmax.networks.compact import CompactAlexNet
from actmax.networks.load import load
from actmax.networks.network import IMAGENET, Network
from actmax.recipe import compose
from actmax.recipe.target import parse

CLASSES = 16
STEPS = 12
ROUNDS = 3
TURNS = 40
"""How often each part of a step is measured."""


def main() -> None:
    torch.manual_seed(0)
    device = choose_device()
    dtype = choose_dtype("auto", device)
    alexnet = Network(AlexNet(), card("alexnet"), "random", IMAGENET, (224, 224))
    compact = load("compact")
    multiplication = f"matrix multiply, {str(dtype).removeprefix('torch.')}"
    measured: dict[str, Callable[[], float]] = {
        "naive loop, AlexNet": naive_loop,
        multiplication: lambda: matrix_multiply(device, dtype),
        "bare AlexNet, 224 px": lambda: bare(alexnet, 224, device, dtype),
        "robust, AlexNet, 224 px": lambda: drawing("robust", alexnet),
        "bare compact, 224 px": lambda: bare(compact, 224, device, dtype),
        "robust, compact, 224 px": lambda: drawing("robust", compact),
        "smooth, compact, 224 px": lambda: drawing("smooth", compact),
    }
    flops_alexnet, flops_compact = (flops_per_image_step(network, 224) for network in (AlexNet(), CompactAlexNet()))
    flops = {name: flops_compact if "compact" in name else flops_alexnet for name in measured}
    rates: dict[str, list[float]] = {name: [] for name in measured}
    for round_number in range(ROUNDS + 1):  # the first warms up and is not counted
        for name, measure in measured.items():
            rate = measure()
            if round_number:
                rates[name].append(rate)
    print(
        f"{device.type}, {describe(device)}, torch {torch.__version__}; medians of {ROUNDS} rounds, {CLASSES} classes"
    )
    print(f"batches of at most {best_size(alexnet.linear_weights())} (AlexNet), {best_size(compact.linear_weights())}")
    report(rates, multiplication, flops)
    if device.type == "cpu":
        print(f"actmax draw zebra --network compact: {command_seconds():.1f} s, interpreter and imports included")
        report_parts(compact)


def report_parts(network: Network) -> None:
    """Print how long each part of a step of `smooth` takes, forwards and backwards, on one core."""
    dtype = choose_dtype("auto", torch.device("cpu"))
    images = best_size(network.linear_weights())
    with exact():
        flops = flops_per_image_step(CompactAlexNet(), network.size[0])
        a, b = (torch.randn(2048, 2048).to(dtype) for _ in range(2))
        work = {**parts(network, "smooth", images), "GEMM": lambda: a @ b}
        torch.set_num_threads(1)
        seconds = dict.fromkeys(work, float("inf"))
        for _ in range(TURNS):  # in turns, so that none of them has the quiet moments for itself
            for name, function in work.items():
                started = time.thread_time()
                function()
                seconds[name] = min(seconds[name], time.thread_time() - started)
    peak = 2 * 2048**3 / seconds.pop("GEMM")
    whole = seconds["a whole step"]
    print(f"smooth, {network.card.name}, {images} images of {network.size[0]} px, {dtype}, one core")
    print(f"{'matrix multiply':<28} {peak / 1e9:8.0f} GFLOP/s")
    for name, value in seconds.items():
        share = f"{flops * images / value / peak:6.1%} of the multiplication rate" if "a " in name else ""
        print(f"{name:<28} {1000 * value / images:8.2f} ms per image-step {value / whole:6.1%} {share}")


def parts(network: Network, name: str, images: int) -> dict[str, Callable[[], object]]:
    """Return a function for each part of a step of a method that computes it forwards and backwards, and the step."""
    device, size = torch.device("cpu"), network.size
    targets = [parse(f"{LOGITS}:{60 * index}") for index in range(images)]
    context = Context(network, size, device, choose_dtype("auto", device), targets)
    chosen, hooks = method(name, steps=2 * TURNS).bind(context)
    forward = network.submodel([LOGITS], size, device, context.dtype, hooks)
    objective = of_targets(targets)
    canvas = Canvas(network.channels, *size, network.normalize, network.normalize.inverse, device)
    generators = [torch.Generator().manual_seed(seed) for seed in range(images)]
    param = chosen.params(generators, canvas)
    (view,) = make_views(chosen.transforms, generators, 1, canvas)
    magnitude = GradientMagnitude()
    decoded = param.decode(param.start)

    def penalized(image: Tensor) -> Tensor:
        return torch.stack([weight * cast("Penalty", penalty)(image) for weight, penalty in chosen.relative_penalties])

    def modified(image: Tensor) -> Tensor:
        for modifier in (normalize, *at_image(chosen.gradients)):
            image = on_gradient(image, modifier)
        image = canvas.normalize(image)
        for modifier in (magnitude, *at_image(chosen.gradients, input=True)):
            image = on_gradient(image, modifier)
        return image

    normalized = modified(decoded)
    differentiated: dict[str, tuple[Callable[[Tensor], Tensor], Tensor]] = {
        "parameterization": (param.decode, param.start),
        "penalties": (penalized, decoded),
        "gradient modifiers": (modified, decoded),
        "random transforms": (view, normalized),
        "a network": (lambda x: objective(forward(x)), normalized),
    }
    steps = iter(optimize(chosen, forward, objective, canvas, range(images)))
    optimizer = cast("Optimizer", chosen.optimizer)([lambda x: x.flatten(1).sum(1)] * 2 * TURNS, param.start)
    return {
        **{part: both_ways(function, x) for part, (function, x) in differentiated.items()},
        "optimizer": lambda: next(optimizer),
        "a whole step": lambda: next(steps),
    }


def both_ways(function: Callable[[Tensor], Tensor], x: Tensor) -> Callable[[], object]:
    """Return a function that computes another one and its gradient."""
    leaf = x.detach().clone().requires_grad_()
    grad = torch.rand_like(function(leaf).detach())
    return lambda: torch.autograd.grad(function(leaf), leaf, grad)


def report(rates: dict[str, list[float]], multiplication: str, flops: dict[str, float]) -> None:
    """Print the medians, and each relative to the naive loop and to the processor's own rate."""
    medians = {name: statistics.median(values) for name, values in rates.items()}
    print(f"{multiplication:<28} {medians.pop(multiplication) / 1e12:8.2f} TFLOP/s")
    naive = next(iter(medians.values()))
    for name, rate in medians.items():
        # Relative to the multiplication of the same round: a processor's clock drifts.
        shares = [own * flops[name] / peak for own, peak in zip(rates[name], rates[multiplication], strict=True)]
        times = f"{rate / naive:6.1f} × naive" if "AlexNet" in name else ""
        print(
            f"{name:<28} {rate:8.1f} image-steps/s {statistics.median(shares):6.1%} of the multiplication rate {times}"
            f"   (min {min(rates[name]):.0f}, max {max(rates[name]):.0f})"
        )


def drawing(method: str, network: Network) -> float:
    """Measure the whole path: parameterization, transforms, frames and bookkeeping included."""
    output = network.card.output
    recipes = [
        compose(
            method,
            {"steps": STEPS},
            network=network.card.name,
            weights=network.weights,
            target=f"{output}:{60 * index}",
        )
        for index in range(CLASSES)
    ]
    return rate(lambda: list(render(recipes, network)), CLASSES * STEPS)


def bare(network: Network, size: int, device: torch.device, dtype: torch.dtype) -> float:
    """Measure forward and backward of the frozen network alone, in parallel batches: the upper limit."""
    forward = network.submodel(["logits"], (size, size), device, dtype)
    batch = best_size(network.linear_weights())
    workers = torch.get_num_threads() if device.type == "cpu" else 1

    def optimize(steps: int, _: object) -> None:
        x = torch.rand(batch, 3, size, size, device=device)
        for _step in range(steps):
            leaf = x.clone().requires_grad_()
            forward(leaf)["logits"][:, 0].float().sum().backward()

    steps = max(48 // batch, 2)
    return rate(lambda: list(side_by_side(optimize, [steps] * workers, workers)), steps * batch * workers)


def command_seconds() -> float:
    """Return the duration of the command that draws one class."""
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "actmax", "draw", "zebra", "--network", "compact"]
        started = time.perf_counter()
        subprocess.run(command, check=True, capture_output=True, cwd=folder)
        seconds = time.perf_counter() - started
        if not any(Path(folder).iterdir()):
            raise SystemExit("nothing was drawn")
        return seconds


def naive_loop() -> float:
    """Measure one image at a time in float32, with gradients for every weight."""
    network = AlexNet().eval()
    x = torch.rand(1, 3, 224, 224)
    x.requires_grad_()
    optimizer = torch.optim.Adam([x], lr=0.05)

    def step() -> None:
        optimizer.zero_grad()
        loss = -network(IMAGENET(x))[0, 340]
        loss.backward()
        optimizer.step()

    step()
    return rate(lambda: [step() for _ in range(8)], 8)


def matrix_multiply(device: torch.device, dtype: torch.dtype, size: int = 4096) -> float:
    """Measure the floating-point operations per second of one large square product."""
    a, b = (torch.randn(size, size, device=device).to(dtype) for _ in range(2))
    return rate(lambda: a @ b, 2 * size**3)


def flops_per_image_step(network: nn.Module, size: int) -> float:
    """Count the operations of forward and of backward to the image alone."""
    network.eval().requires_grad_(False)
    x = torch.rand(1, 3, size, size, requires_grad=True)
    with FlopCounterMode(display=False) as counter:
        network(x).sum().backward()
    return float(counter.get_total_flops())


def rate(work: Callable[[], object], amount: float) -> float:
    """Return the amount per second, after waiting for a GPU to finish."""
    started = time.perf_counter()
    work()
    if torch.cuda.is_available():
        torch.cuda.synchronize()
    return amount / (time.perf_counter() - started)


if __name__ == "__main__":
    report_parts(load("compact")) if sys.argv[1:] == ["parts"] else main()
