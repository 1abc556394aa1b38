"""Compares a Ray cluster on this machine with one process: its speed, and what is lost when workers are killed.

::

    python tests/benchmarks/cluster.py [--drawings 64] [--kills 20]

One process draws with a thread per core, and the cluster with a worker of one thread per core. The speed is measured
from when each core may have finished a batch, so that it excludes Ray's start and the loading of networks. Then the
same is drawn again while workers are killed at random times. Exits with status 1 if the cluster reaches less than 0.95
of the process's speed, or if a drawing is lost or differs.
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

from actmax.engine.batches import MAX_BATCH
from actmax.networks.weights import Source, resolve_weights
from actmax.pipeline.cluster import render_on_cluster
from actmax.pipeline.publish import Rendered, render_files
from actmax.recipe import Recipe, compose

RATIO = 0.95
STEPS = 64
"""Optimization steps per drawing."""
PAUSE = (1.0, 12.0)
"""Seconds between one kill and the next."""


def main(
    drawings: Annotated[int, typer.Option(min=48)] = 64,
    kills: Annotated[int, typer.Option(min=0)] = 20,
) -> None:
    cores = torch.get_num_threads()
    source = resolve_weights("compact")
    recipes = [
        compose("smooth", {"steps": STEPS}, network="compact", weights=source.digest, target=f"fc8:{unit}")
        for unit in range(0, 1000, 1000 // drawings)
    ][:drawings]
    process_rate, expected = timed(lambda progress: render_files(recipes, source, progress=progress), cores)
    print(f"one process of {cores} threads: {process_rate:.1f} image-steps/s")
    ray.init(num_cpus=cores, include_dashboard=False, log_to_driver=False)
    cluster_rate, digests = timed(lambda progress: render_on_cluster(recipes, source, progress), cores)
    same = digests == expected
    print(f"{cores} workers of one thread: {cluster_rate:.1f} image-steps/s, {cluster_rate / process_rate:.3f} of it")
    print(f"bytes {comparison(digests, expected)}")
    if kills:
        killed, digests = with_kills(recipes, source, kills)
        print(f"{killed} workers killed: {len(digests)} of {len(recipes)} drawn, bytes {comparison(digests, expected)}")
        same = same and digests == expected
    ray.shutdown()
    raise SystemExit(cluster_rate < RATIO * process_rate or not same)


def comparison(digests: dict[str, str], expected: dict[str, str]) -> str:
    return "equal" if digests == expected else "DIFFER"


def timed(draws: Callable[[Callable[[int], object]], Iterator[Rendered]], cores: int) -> tuple[float, dict[str, str]]:
    """Return image-steps per second once each core may have finished a batch, and each PNG's SHA-256 by its recipe."""
    progress: list[tuple[float, int]] = []
    done = 0

    def advance(steps: int) -> None:
        nonlocal done
        done += steps
        progress.append((time.perf_counter(), done))

    digests = collect(draws(advance))
    ended = time.perf_counter()
    began, before = next((when, steps) for when, steps in progress if steps >= cores * MAX_BATCH * STEPS)
    return (done - before) / (ended - began), digests


def collect(drawings: Iterator[Rendered]) -> dict[str, str]:
    return {record.recipe.digest(): sha256(files["drawing.png"]).hexdigest() for files, record in drawings}


def with_kills(recipes: list[Recipe], source: Source, kills: int) -> tuple[int, dict[str, str]]:
    """Draw on the cluster, repeatedly, until enough workers have been killed."""
    killed, finished = 0, threading.Event()

    def kill() -> None:
        nonlocal killed
        rng = random.Random(0)
        while killed < kills and not finished.wait(rng.uniform(*PAUSE)):
            workers = worker_processes()
            if workers:
                os.kill(rng.choice(workers), signal.SIGKILL)
                killed += 1

    killer = threading.Thread(target=kill)
    killer.start()
    digests: dict[str, str] = {}
    while killer.is_alive():
        digests = collect(render_on_cluster(recipes, source))
        if len(digests) != len(recipes):
            break
    finished.set()
    killer.join()
    return killed, digests


def worker_processes() -> list[int]:
    """Return the ids of the processes that draw."""
    processes = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            command = (folder / "cmdline").read_bytes()
        except OSError:
            continue
        if command.startswith(b"ray::RenderWorker"):
            processes.append(int(folder.name))
    return processes


if __name__ == "__main__":
    typer.run(main)
