"""How fast `robust` draws on torchvision's AlexNet, beside the loop that peers run and beside the processor itself.

Run it alone on the machine::

    python tests/benchmarks/speed.py

Everything is measured in one run, so that the ratios hold on a machine whose speed drifts. Weights
are random: they do not change the work. One image-step is one image through one step of ascent.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable

import torch
from torch.utils.flop_counter import FlopCounterMode
from torchvision.models import AlexNet

from actmax.engine.batches import BATCH
from actmax.engine.device import choose_device, choose_dtype, describe
from actmax.engine.local import render
from actmax.networks.cards import card
from actmax.networks.network import IMAGENET, Network
from actmax.recipe import compose

CLASSES = 16
STEPS = 48
ROUNDS = 5


def main() -> None:
    torch.manual_seed(0)
    device = choose_device()
    dtype = choose_dtype("auto", device)
    network = Network(AlexNet(), card("alexnet"), "random", IMAGENET, (224, 224))
    measured: dict[str, Callable[[], float]] = {
        "naive loop": naive_loop,
        f"matrix multiply, {str(dtype).removeprefix('torch.')}": lambda: matrix_multiply(device, dtype),
        **{f"bare network, batch {size}": lambda size=size: bare(network, size, device, dtype) for size in (8, 16, 32)},
        **{f"robust, batch {size}": lambda size=size: robust(network, size) for size in (4, 8, 16)},
    }
    rates: dict[str, list[float]] = {name: [] for name in measured}
    for round_number in range(ROUNDS + 1):  # the first warms up and is not counted
        for name, measure in measured.items():
            rate = measure()
            if round_number:
                rates[name].append(rate)
    report(rates, f"{device.type}, {describe(device)}, torch {torch.__version__}", flops_per_image_step())


def report(rates: dict[str, list[float]], machine: str, flops: float) -> None:
    """Medians, and what each is of the naive loop and of the processor's own rate."""
    naive = statistics.median(rates.pop("naive loop"))
    multiply_name = next(name for name in rates if name.startswith("matrix"))
    multiply = statistics.median(rates.pop(multiply_name))
    print(f"{machine}; {CLASSES} classes, 224 px, medians of {ROUNDS} rounds; the product draws in batches of {BATCH}")
    print(f"{multiply_name:<28} {multiply / 1e12:8.2f} TFLOP/s")
    print(f"{'naive loop':<28} {naive:8.1f} image-steps/s    1.0 × naive")
    for name, values in rates.items():
        rate = statistics.median(values)
        print(
            f"{name:<28} {rate:8.1f} image-steps/s {rate / naive:6.1f} × naive {rate * flops / multiply:6.1%} of the "
            f"multiply rate   (min {min(values):.0f}, max {max(values):.0f})"
        )


def robust(network: Network, batch: int) -> float:
    """The product's own path: parameterization, transforms, frames and bookkeeping included."""
    recipes = [
        compose("robust", {"steps": STEPS}, network="alexnet", weights="random", target=f"fc8:{60 * index}")
        for index in range(CLASSES)
    ]
    return rate(lambda: list(render(recipes, network, batch=batch)), CLASSES * STEPS)


def bare(network: Network, batch: int, device: torch.device, dtype: torch.dtype) -> float:
    """Forward and backward of the frozen network alone: what remains if all else were free."""
    look = network.cut(["fc8"], (224, 224), device, dtype)
    x = torch.rand(batch, 3, 224, 224, device=device)

    def step() -> None:
        leaf = x.clone().requires_grad_()
        look(leaf)["fc8"][:, 0].sum().backward()

    step()
    return rate(lambda: [step() for _ in range(4)], 4 * batch)


def naive_loop() -> float:
    """One image, float32, gradients for every weight too, one class after another."""
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
    """Floating-point operations per second of one large square product."""
    a, b = (torch.randn(size, size, device=device).to(dtype) for _ in range(2))
    return rate(lambda: a @ b, 2 * size**3)


def flops_per_image_step() -> float:
    """Of AlexNet forward, and backward to the image alone, at 224 px."""
    network = AlexNet().eval().requires_grad_(False)
    x = torch.rand(1, 3, 224, 224, requires_grad=True)
    with FlopCounterMode(display=False) as counter:
        network(x).sum().backward()
    return float(counter.get_total_flops())


def rate(work: Callable[[], object], amount: float) -> float:
    """Amount per second; waits for a GPU to finish."""
    started = time.perf_counter()
    work()
    if torch.cuda.is_available():
        torch.cuda.synchronize()
    return amount / (time.perf_counter() - started)


if __name__ == "__main__":
    main()
