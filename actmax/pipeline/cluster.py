"""Recipes -> rendered drawings on a Ray cluster: batches as tasks, a network for each worker.

An existing cluster is joined (``RAY_ADDRESS``), else one is started on this machine. Each worker draws on one thread,
so that a drawing has the same bytes as in a single process on the same kind of CPU.
"""

from __future__ import annotations

import logging
import os
import signal
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from actmax.engine.batches import batches, best_size
from actmax.errors import ActmaxError
from actmax.networks.weights import Source
from actmax.pipeline.progress import drawing
from actmax.pipeline.publish import Rendered, load, render_files
from actmax.recipe.recipe import Recipe

if TYPE_CHECKING:
    from PIL import Image

MAX_RETRIES = 20
"""Retries of a batch whose worker was lost. Each gets a new worker: one that Ray restarts refuses tasks until then."""


def render_on_cluster(
    recipes: Sequence[Recipe],
    source: Source,
    progress: Callable[[int], object] = lambda _: None,
    starts: Mapping[str, Image.Image] = MappingProxyType({}),
) -> Iterator[Rendered]:
    """Draw, encode and measure on all CPUs of a cluster, and yield each drawing when it is finished.

    A lost worker's batch is drawn again by another one. Where the caller stops early, the workers are ended.

    Args:
        recipes: all for the network of ``source``.
        source: the network; its file must have the same path on every machine, as in a shared folder.
        progress: called with the image-steps of each finished batch, besides a bar on a terminal.
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
        address, on_sigterm = os.environ.get("RAY_ADDRESS"), signal.getsignal(signal.SIGTERM)
        ray.init(address=address, include_dashboard=False, log_to_driver=False, logging_level=logging.ERROR)
        if callable(on_sigterm) and signal.getsignal(signal.SIGTERM) is not on_sigterm:  # Ray has put its own in place
            signal.signal(signal.SIGTERM, on_sigterm)
    try:
        with drawing(sum(recipe.steps for recipe in recipes), progress) as advance:
            yield from _render(ray, recipes, source, advance, dict(starts))
    finally:  # also after Ctrl-C, or where the caller stops early
        if own:
            ray.shutdown()


def _render(
    ray: Any,
    recipes: Sequence[Recipe],
    source: Source,
    progress: Callable[[int], object],
    starts: dict[str, Image.Image],
) -> Iterator[Rendered]:
    count = max(1, int(ray.cluster_resources().get("CPU", 1)))
    remote_worker = ray.remote(num_cpus=1)(RenderWorker)
    remote_starts = ray.put(starts)
    jobs: dict[Any, _Job] = {}
    idle: list[Any] = []
    waiting: list[tuple[list[Recipe], int]] | None = None  # until a worker has returned what batch sizes depend on

    def start_worker(retries: int = 0) -> None:
        worker = remote_worker.remote(source)
        jobs[worker.linear_weights.remote()] = _Job(worker, [], retries)

    try:
        for _ in range(count):
            start_worker()
        while waiting is None or waiting or any(job.batch for job in jobs.values()):
            while idle and waiting:
                worker, (batch, retries) = idle.pop(), waiting.pop()
                jobs[worker.draw.remote(batch, remote_starts)] = _Job(worker, batch, retries)
            (done,), _ = ray.wait(list(jobs), num_returns=1)
            job = jobs.pop(done)
            try:
                result = ray.get(done)
            except ray.exceptions.RayTaskError as error:
                raise _cause(error) from None
            except ray.exceptions.RayError as error:  # the worker or its machine is lost
                if job.retries == MAX_RETRIES:
                    raise ActmaxError(
                        f"Ray's workers were lost {MAX_RETRIES} times at the same task: {error}"
                    ) from None
                if waiting is not None and job.batch:
                    waiting.append((job.batch, job.retries + 1))
                    start_worker()
                else:
                    start_worker(job.retries + 1)
                continue
            idle.append(job.worker)
            if waiting is None:
                waiting = [(batch, 0) for batch in batches(recipes, best_size(result), count)[::-1]]
            if job.batch:
                progress(sum(recipe.steps for recipe in job.batch))
                yield from result
    finally:
        for worker in (*idle, *(job.worker for job in jobs.values())):
            ray.kill(worker)


@dataclass(frozen=True)
class _Job:
    """A worker's task."""

    worker: Any
    batch: list[Recipe]
    """Empty while it loads the network."""
    retries: int
    """How often the task was begun before, by workers that were lost."""


class RenderWorker:
    """A worker of the cluster: it keeps the network, and draws batches on one thread.

    Args:
        source: the network; its file must have the same path on every machine.
    """

    def __init__(self, source: Source) -> None:
        import torch

        torch.set_num_threads(1)
        self.source = source

    def linear_weights(self) -> int:
        """Load the network and return its number of linear weights, on which batch sizes depend."""
        return load(self.source).linear_weights()

    def draw(self, recipes: Sequence[Recipe], starts: Mapping[str, Image.Image]) -> list[Rendered]:
        """Render a batch."""
        return list(render_files(recipes, self.source, starts=starts))


def _cause(error: Any) -> Exception:
    """Return the worker's exception."""
    cause = getattr(error, "cause", None)
    return cause if isinstance(cause, ActmaxError) else ActmaxError(f"A worker of the cluster failed: {error}")
