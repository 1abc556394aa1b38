"""The site's drawings without the site: all of them, or one share for each of several machines."""

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
"""What draws: this process, or a cluster."""
TRIED = 2
"""Steps of the measurement of a dry run, besides one to warm up."""


@dataclass(frozen=True)
class Forecast:
    """What drawing would take."""

    drawings: int
    """That are not stored."""
    stored: int
    image_steps: int
    seconds: float
    """On this machine, by a short measurement."""

    def __str__(self) -> str:
        if not self.drawings:
            return f"nothing to draw, {self.stored} are in the store"
        return (
            f"would draw {self.drawings}, {self.stored} are in the store: {self.image_steps} image-steps, about "
            f"{duration(self.seconds)} on this machine"
        )


def share(text: str | None, environment: Mapping[str, str] = os.environ) -> Shard:
    """The share that is asked for, or the one of the task of a SLURM array, or all.

    Raises:
        ActmaxError: it cannot be.
    """
    if text:
        return Shard.parse(text)
    if "SLURM_ARRAY_TASK_ID" not in environment:
        return Shard()
    found = _of_array(environment)
    if found is None:
        raise ActmaxError(
            "SLURM_ARRAY_TASK_ID is set, but the other variables of its array do not say which of how many tasks this "
            "is: number the tasks without gaps, such as --array=1-4, or name the share, such as --shard 2/4."
        )
    return found


def _of_array(environment: Mapping[str, str]) -> Shard | None:
    def told(name: str, default: int | None = None) -> int:
        return int(environment.get(f"SLURM_ARRAY_TASK_{name}", "" if default is None else default))

    try:
        tasks = range(told("MIN", 0), told("MAX") + 1, told("STEP", 1))
        found = Shard(tasks.index(told("ID")) + 1, len(tasks))
        has_gaps = told("COUNT", found.count) != found.count  # such as an array of 1,3,7
    except ValueError:
        return None
    return None if has_gaps else found


def wanted(site: Site, of: Shard) -> list[Recipe]:
    """The drawings of a share. The channels that the walk shows are among them once the network has been shown its
    picture; until then the build that follows draws them."""
    return shard(site.plan.recipes(), of)


def draw(site: Site, of: Shard, log: Log, engine: str = LOCAL) -> Outcome:
    """Draws what is missing of a share.

    Raises:
        ActmaxError: there is no such engine, the store cannot be written, or the weights cannot be had.
    """
    if engine not in ENGINES:
        raise ActmaxError(f"There is no engine {quoted(engine)}. {did_you_mean(engine, ENGINES)}")
    starts = site.plan.starts.pictures
    return drawn(wanted(site, of), site.plan.source, site.store, log=log, starts=starts, engine=ENGINES[engine])


def forecast(site: Site, of: Shard) -> Forecast:
    """What that would take: a batch of each kind that is missing is drawn for a few steps, and not kept."""
    asked = wanted(site, of)
    missing = [recipe for recipe in asked if site.store.get(recipe) is None]
    by_kind: dict[object, list[Recipe]] = defaultdict(list)
    for recipe in missing:
        by_kind[kind(recipe)].append(recipe)
    seconds = sum(_seconds_a_step(site, alike) * sum(recipe.steps for recipe in alike) for alike in by_kind.values())
    return Forecast(len(missing), len(asked) - len(missing), sum(recipe.steps for recipe in missing), seconds)


def _seconds_a_step(site: Site, alike: Sequence[Recipe]) -> float:
    """Of one image, as batches of this kind are drawn here."""
    import torch

    from actmax.engine.batches import MAX_BATCH
    from actmax.engine.render import render
    from actmax.pipeline.publish import load

    network = load(site.plan.source)
    some = alike[: MAX_BATCH * torch.get_num_threads()]

    def took(steps: int) -> float:
        short = [recipe.model_copy(update={"steps": steps}) for recipe in some]
        started = time.perf_counter()
        for _ in render(short, network, starts=site.plan.starts.pictures):
            pass
        return time.perf_counter() - started

    return max(took(1 + TRIED) - took(1), 0.0) / (TRIED * len(some))
