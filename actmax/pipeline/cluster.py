"""Recipes -> published drawings on a Ray cluster: batches as tasks, a network for each worker.

An existing cluster is joined where there is one (``RAY_ADDRESS``), else one is started on this machine. Each worker
draws on one thread, so that a drawing has the bytes that it has in a single process on the same kind of processor.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from actmax.engine.batches import batches, best_size
from actmax.errors import ActmaxError
from actmax.networks.weights import Source
from actmax.pipeline.progress import drawing
from actmax.pipeline.publish import load, render_files
from actmax.recipe.recipe import Recipe

if TYPE_CHECKING:
    from PIL import Image

    from actmax.store.record import Record

Published = tuple[dict[str, bytes], "Record"]
"""A drawing's files and its record, as a store takes them."""
TRIES = 20
"""How often a batch is begun anew where the worker that drew it is lost, before the cluster is given up. A new worker
takes the lost one's place: Ray could restart it, but refuses all that it is given until then."""


def render_on_cluster(
    recipes: Sequence[Recipe],
    source: Source,
    progress: Callable[[int], object] = lambda _: None,
    starts: Mapping[str, Image.Image] | None = None,
) -> Iterator[Published]:
    """Draws, measures and encodes on all processors of a cluster; yields what is finished as it comes.

    A lost worker's batch is drawn again by another. Whoever stops has what was yielded; the workers are ended.

    Args:
        recipes: all for the network of ``source``.
        source: the network; its file must lie at the same place on every machine, as in a shared folder.
        progress: told of the image-steps of each finished batch, besides a bar on a terminal.
        starts: the pictures that recipes start from.

    Raises:
        ActmaxError: Ray is not installed, a drawing cannot be made, or workers are lost again and again.
    """
    try:
        import ray
    except ImportError:
        raise ActmaxError("The engine 'ray' needs Ray: pip install 'actmax[cluster]'.") from None
    own = not ray.is_initialized()
    if own:
        address = os.environ.get("RAY_ADDRESS")
        ray.init(address=address, include_dashboard=False, log_to_driver=False, logging_level=logging.ERROR)
    try:
        with drawing(sum(recipe.steps for recipe in recipes), progress) as tell:
            yield from _drawn(ray, recipes, source, tell, dict(starts or {}))
    finally:  # also at a Ctrl-C, or where the caller has had enough
        if own:
            ray.shutdown()


def _drawn(
    ray: Any,
    recipes: Sequence[Recipe],
    source: Source,
    progress: Callable[[int], object],
    starts: dict[str, Image.Image],
) -> Iterator[Published]:
    count = max(1, int(ray.cluster_resources().get("CPU", 1)))
    painter = ray.remote(num_cpus=1)(RenderWorker)
    given = ray.put(starts)
    jobs: dict[Any, _Job] = {}
    idle: list[Any] = []
    waiting: list[tuple[list[Recipe], int]] | None = None  # until a worker has told how large batches should be

    def hire(tries: int = 0) -> None:
        worker = painter.remote(source)
        jobs[worker.linear_weights.remote()] = _Job(worker, [], tries)

    try:
        for _ in range(count):
            hire()
        while waiting is None or waiting or any(job.batch for job in jobs.values()):
            while idle and waiting:
                worker, (batch, tries) = idle.pop(), waiting.pop()
                jobs[worker.draw.remote(batch, given)] = _Job(worker, batch, tries)
            (done,), _ = ray.wait(list(jobs), num_returns=1)
            job = jobs.pop(done)
            try:
                answer = ray.get(done)
            except ray.exceptions.RayTaskError as error:
                raise _cause(error) from None
            except ray.exceptions.RayError as error:  # the worker, or its machine, is gone; another takes its place
                if job.tries == TRIES:
                    raise ActmaxError(f"Ray's workers were lost {TRIES} times in the same place: {error}") from None
                if waiting is not None and job.batch:
                    waiting.append((job.batch, job.tries + 1))
                    hire()
                else:
                    hire(job.tries + 1)
                continue
            idle.append(job.worker)
            if waiting is None:
                waiting = [(batch, 0) for batch in batches(recipes, best_size(answer), count)[::-1]]
            if job.batch:
                progress(sum(recipe.steps for recipe in job.batch))
                yield from answer
    finally:
        for worker in (*idle, *(job.worker for job in jobs.values())):
            ray.kill(worker)


@dataclass(frozen=True)
class _Job:
    """What a worker is at."""

    worker: Any
    batch: list[Recipe]
    """None of them: it loads the network."""
    tries: int
    """How often that was begun before, by workers that were lost."""


class RenderWorker:
    """A worker of the cluster: it keeps the network, and draws batches on one thread.

    Args:
        source: the network; its file is looked for at the same place on every machine.
    """

    def __init__(self, source: Source) -> None:
        import torch

        torch.set_num_threads(1)
        self.source = source

    def linear_weights(self) -> int:
        """How many weights the network's linear layers have, on which the size of a batch depends. The network is
        loaded, and kept."""
        return load(self.source).linear_weights()

    def draw(self, recipes: Sequence[Recipe], starts: Mapping[str, Image.Image]) -> list[Published]:
        """A batch as files and records."""
        return list(render_files(recipes, self.source, starts=starts))


def _cause(error: Any) -> Exception:
    """What a worker raised, as it was raised there."""
    cause = getattr(error, "cause", None)
    return cause if isinstance(cause, ActmaxError) else ActmaxError(f"A worker of the cluster failed: {error}")
