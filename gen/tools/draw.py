"""Draw without building the site: everything, or one share on each of several machines."""

from __future__ import annotations

import os
import time
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from actmax.engine.batches import kind
from actmax.errors import ActmaxError, did_you_mean, quoted
from actmax.pipeline.cluster import render_on_cluster
from actmax.pipeline.draw import Engine, Outcome
from actmax.pipeline.draw import draw as drawn
from actmax.pipeline.progress import Log, duration
from actmax.pipeline.shards import Shard, shard
from actmax.recipe import Recipe
from gen.site import Site

LOCAL = "local"
ENGINES: Mapping[str, Engine | None] = {LOCAL: None, "ray": render_on_cluster}
"""Where it draws: in this process, or on a cluster."""
TIMED_STEPS = 2
"""Steps that a dry run times, after one to warm up."""


@dataclass(frozen=True)
class Estimate:
    """What drawing would take."""

    drawings: int
    """Drawings that are not stored."""
    stored: int
    image_steps: int
    seconds: float
    """On this machine, estimated from a few steps."""

    def __str__(self) -> str:
        if not self.drawings:
            return f"nothing to draw, {self.stored} are in the store"
        return (
            f"would draw {self.drawings}, {self.stored} are in the store: {self.image_steps} image-steps, about "
            f"{duration(self.seconds)} on this machine"
        )


def share(text: str | None, environment: Mapping[str, str] = os.environ) -> Shard:
    """Parse a share; without one, take that of a SLURM array's task, or everything.

    Raises:
        ActmaxError: the text is not a share, or the array's variables do not give one.
    """
    if text:
        return Shard.parse(text)
    if "SLURM_ARRAY_TASK_ID" not in environment:
        return Shard()
    of_task = _of_array(environment)
    if of_task is None:
        raise ActmaxError(
            "SLURM_ARRAY_TASK_ID is set, but the other variables of its array do not define which of how many tasks "
            "this is: number the tasks without gaps, such as --array=1-4, or name the share, such as --shard 2/4."
        )
    return of_task


def _of_array(environment: Mapping[str, str]) -> Shard | None:
    def variable(name: str, default: int | None = None) -> int:
        return int(environment.get(f"SLURM_ARRAY_TASK_{name}", "" if default is None else default))

    try:
        tasks = range(variable("MIN", 0), variable("MAX") + 1, variable("STEP", 1))
        shard = Shard(tasks.index(variable("ID")) + 1, len(tasks))
        has_gaps = variable("COUNT", shard.count) != shard.count  # such as an array of 1,3,7
    except ValueError:
        return None
    return None if has_gaps else shard


def draw(site: Site, of: Shard, log: Log, engine: str = LOCAL) -> Outcome:
    """Draw what the store lacks of a share of the plan.

    The walk's channels are part of the plan once the network has seen the walk's picture; until then the build that
    follows draws them.

    Raises:
        ActmaxError: there is no such engine, the store cannot be written, or the weights are not available.
    """
    if engine not in ENGINES:
        raise ActmaxError(f"There is no engine {quoted(engine)}. {did_you_mean(engine, ENGINES)}")
    recipes, starts = shard(site.plan.recipes(), of), site.plan.starts.pictures
    return drawn(recipes, site.plan.source, site.store, log=log, starts=starts, engine=ENGINES[engine])


def estimate(site: Site, of: Shard) -> Estimate:
    """Estimate what that would take: draw a batch of each missing kind for a few steps, and do not keep it."""
    recipes = shard(site.plan.recipes(), of)
    missing = [recipe for recipe in recipes if site.store.get(recipe) is None]
    by_kind: dict[object, list[Recipe]] = defaultdict(list)
    for recipe in missing:
        by_kind[kind(recipe)].append(recipe)
    seconds = sum(_step_seconds(site, batch) * sum(recipe.steps for recipe in batch) for batch in by_kind.values())
    return Estimate(len(missing), len(recipes) - len(missing), sum(recipe.steps for recipe in missing), seconds)


def _step_seconds(site: Site, recipes: Sequence[Recipe]) -> float:
    """Time one step of one image, in batches of these recipes' kind."""
    import torch

    from actmax.engine.batches import MAX_BATCH
    from actmax.engine.render import render
    from actmax.pipeline.publish import load

    network = load(site.plan.source)
    sample = recipes[: MAX_BATCH * torch.get_num_threads()]

    def seconds(steps: int) -> float:
        short = [recipe.model_copy(update={"steps": steps}) for recipe in sample]
        started = time.perf_counter()
        for _ in render(short, network, starts=site.plan.starts.pictures):
            pass
        return time.perf_counter() - started

    return max(seconds(1 + TIMED_STEPS) - seconds(1), 0.0) / (TIMED_STEPS * len(sample))
