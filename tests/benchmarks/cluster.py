"""A Ray cluster on this machine against one process: the rate, and what is lost when workers are killed.

::

    python tests/benchmarks/cluster.py [--drawings 64] [--kills 20]

One process draws with a thread for each core, and the cluster with a worker of one thread for each core. The rate is
counted from when each core may have done a batch, so that neither Ray's start nor the loading of networks is in it.
Then the same is drawn again while workers are killed at random moments. Ends with status 1 if the cluster's rate is
below .95 of the process's, or a drawing is lost or has other bytes.
"""

from __future__ import annotations

import os
import random
import signal
import threading
import time
from collections.abc import Callable, Iterator
from hashlib import sha256
from pathlib import Path
from typing import Annotated

import ray
import torch
import typer

from actmax.engine.batches import MOST
from actmax.networks.weights import Source, resolve_weights
from actmax.pipeline.cluster import Published, render_on_cluster
from actmax.pipeline.publish import render_files
from actmax.recipe import Recipe, compose

RATIO = 0.95
STEPS = 64
"""Of each drawing."""
PAUSE = (1.0, 12.0)
"""Seconds between one kill and the next."""


def main(
    drawings: Annotated[int, typer.Option(min=48)] = 64,
    kills: Annotated[int, typer.Option(min=0)] = 20,
) -> None:
    cores = torch.get_num_threads()
    drawn_by = resolve_weights("compact")
    recipes = [
        compose("smooth", {"steps": STEPS}, network="compact", weights=drawn_by.digest, target=f"fc8:{unit}")
        for unit in range(0, 1000, 1000 // drawings)
    ][:drawings]
    rate, expected = timed(lambda progress: render_files(recipes, drawn_by, progress=progress), cores)
    print(f"one process of {cores} threads: {rate:.1f} image-steps/s")
    ray.init(num_cpus=cores, include_dashboard=False, log_to_driver=False)
    of_cluster, found = timed(lambda progress: render_on_cluster(recipes, drawn_by, progress), cores)
    same = found == expected
    print(f"{cores} workers of one thread: {of_cluster:.1f} image-steps/s, {of_cluster / rate:.3f} of it")
    print(f"bytes {equal(found, expected)}")
    if kills:
        killed, found = under_fire(recipes, drawn_by, kills)
        print(f"{killed} workers killed: {len(found)} of {len(recipes)} drawn, bytes {equal(found, expected)}")
        same = same and found == expected
    ray.shutdown()
    raise SystemExit(of_cluster < RATIO * rate or not same)


def equal(found: dict[str, str], expected: dict[str, str]) -> str:
    return "equal" if found == expected else "DIFFER"


def timed(draws: Callable[[Callable[[int], object]], Iterator[Published]], cores: int) -> tuple[float, dict[str, str]]:
    """Image-steps a second once each core may have done a batch, and each drawing's SHA-256 by digest."""
    told: list[tuple[float, int]] = []
    done = 0

    def tell(steps: int) -> None:
        nonlocal done
        done += steps
        told.append((time.perf_counter(), done))

    found = collect(draws(tell))
    ended = time.perf_counter()
    began, before = next((when, steps) for when, steps in told if steps >= cores * MOST * STEPS)
    return (done - before) / (ended - began), found


def collect(drawings: Iterator[Published]) -> dict[str, str]:
    return {record.recipe.digest(): sha256(files["drawing.png"]).hexdigest() for files, record in drawings}


def under_fire(recipes: list[Recipe], drawn_by: Source, kills: int) -> tuple[int, dict[str, str]]:
    """The same while workers are killed, over and over until that was done often enough."""
    killed, over = 0, threading.Event()

    def fire() -> None:
        nonlocal killed
        dice = random.Random(0)
        while killed < kills and not over.wait(dice.uniform(*PAUSE)):
            workers = painters()
            if workers:
                os.kill(dice.choice(workers), signal.SIGKILL)
                killed += 1

    gun = threading.Thread(target=fire)
    gun.start()
    found: dict[str, str] = {}
    while gun.is_alive():  # until all shots are fired
        found = collect(render_on_cluster(recipes, drawn_by))
        if len(found) != len(recipes):
            break
    over.set()
    gun.join()
    return killed, found


def painters() -> list[int]:
    """The processes that draw."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            command = (folder / "cmdline").read_bytes()
        except OSError:
            continue
        if command.startswith(b"ray::Painter"):
            found.append(int(folder.name))
    return found


if __name__ == "__main__":
    typer.run(main)
