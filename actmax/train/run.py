"""A training under way: all that a checkpoint holds, and how one step changes it."""

from __future__ import annotations

import copy
import math
import time
from collections.abc import Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Generator, Tensor, nn
from torch.nn import functional

from actmax.ascent.gradient_ascent import gradient
from actmax.engine.device import choose_device, choose_dtype
from actmax.errors import WeightsError
from actmax.networks.network import Network
from actmax.train.drawings import Drawings
from actmax.train.images import Images, Pool, random_views
from actmax.train.options import Options
from actmax.train.student import NORMALIZATION, loss, trainee
from actmax.train.teacher import Teacher


class Run:
    """A training under way.

    Args:
        options: how it is trained.
        network: the teacher, as loaded.
        sources: the images to train on.

    Raises:
        ActmaxError: the network cannot teach.
    """

    def __init__(self, options: Options, network: Network, sources: Sequence[Images]) -> None:
        self.options = options
        self.device = choose_device()
        self.dtype = choose_dtype("auto", self.device)
        self.teacher = Teacher(network, options, self.device, self.dtype)
        self.sources = sources
        self.pools = [Pool(source, self.device) for source in sources] if self.device.type != "cpu" else []
        self.generator = Generator().manual_seed(options.seed)
        # Where pictures are: a GPU would wait for the processor's noise.
        self.noise = Generator(self.device).manual_seed(options.seed)
        with torch.random.fork_rng():
            torch.manual_seed(options.seed)
            self.student = trainee().to(self.device).to(memory_format=torch.channels_last)
        self.average = copy.deepcopy(self.student).eval().requires_grad_(False)
        self.optimizer = torch.optim.AdamW(self.student.parameters(), weight_decay=options.weight_decay, fused=True)
        self.step = 0
        self.seconds = 0.0
        self.drawings = Drawings(
            options,
            lambda count: self._views(count, options.size),
            self.answer,
            self.device,
            self.generator,
            self.noise,
        )

    def warm_start(self, path: Path) -> None:
        """Takes the weights of an earlier student, batch norm included.

        Raises:
            WeightsError: the file cannot be read, or is another network's.
        """
        try:
            self.student.load_state_dict(load_file(path))
        except (OSError, SafetensorError, RuntimeError) as error:
            raise WeightsError(f"{path} is no warm start for the compact AlexNet with batch norm: {error}") from None
        self.average.load_state_dict(self.student.state_dict())

    def done(self) -> float:
        """The part of the run that is behind, 0…1."""
        steps = self.options.steps
        return min(1.0, self.step / steps if steps else self.seconds / (60 * self.options.minutes))

    def advance(self) -> float:
        """One step of the optimizer; returns the loss."""
        started = time.monotonic()
        options = self.options
        for group in self.optimizer.param_groups:
            group["lr"] = options.rate * self._schedule()
        size = self._size()
        drawn = resized(self.drawings.optimize(), size)
        x = self._mixed(torch.cat([self._views(options.batch - options.drawn, size), drawn]))
        target = self.teacher(x)
        if options.perturb:
            x = self._perturbed(x, target)
        self.student.train()
        value = loss(self._answer(self.student, x), target, options)
        self.optimizer.zero_grad()
        value.backward()  # type: ignore[no-untyped-call]
        self.optimizer.step()
        with torch.no_grad():
            for mean, now in zip(self.average.state_dict().values(), self.student.state_dict().values(), strict=True):
                mean.lerp_(now, 1 - options.average) if mean.is_floating_point() else mean.copy_(now)
        self.step += 1
        self.seconds += time.monotonic() - started
        return value.item()

    def state(self) -> dict[str, Any]:
        """Everything that the next step depends on, as torch saves it."""
        return {
            "student": self.student.state_dict(),
            "average": self.average.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "pictures": self.drawings.pictures,
            "targets": self.drawings.targets,
            "generator": self.generator.get_state(),
            "noise": self.noise.get_state(),
            "step": self.step,
            "seconds": self.seconds,
        }

    def restore(self, state: Mapping[str, Any]) -> None:
        """The inverse of :meth:`state`."""
        for name in ("student", "average", "optimizer"):
            getattr(self, name).load_state_dict(state[name])
        self.generator.set_state(state["generator"])
        self.noise.set_state(state["noise"])
        self.drawings.pictures = state["pictures"].to(self.device)
        self.drawings.targets = state["targets"].to(self.device)
        self.step, self.seconds = state["step"], state["seconds"]

    def answer(self, x: Tensor) -> Tensor:
        """The averaged student: normalised (B, 3, H, W) -> logits (B, 1000)."""
        return self._answer(self.average, x)

    def _schedule(self) -> float:
        done, warmup = self.done(), self.options.warmup
        if done < warmup:
            return max(done / warmup, 0.01)
        return 0.5 + 0.5 * math.cos(math.pi * (done - warmup) / (1 - warmup))

    def _answer(self, network: nn.Module, x: Tensor) -> Tensor:
        with torch.autocast(self.device.type, self.dtype, enabled=self.dtype != torch.float32):
            logits: Tensor = network(x.to(memory_format=torch.channels_last))
        return logits.float()

    def _size(self) -> int:
        sizes = self.options.sizes
        if not sizes:
            return self.options.size
        return sizes[int(torch.randint(len(sizes), (), generator=self.generator))]

    def _views(self, count: int, size: int) -> Tensor:
        """Normalised views, from each source its share."""
        shape = (size, self.options.crop, self.options.crop_small)
        shares = apportion(count, self.options.shares or [1.0] * len(self.sources))
        views = []
        for place, share in enumerate(shares):
            if share and self.pools:
                views.append(self.pools[place].random_views(share, *shape, self.generator))
            elif share:
                views.append(random_views(self.sources[place], share, *shape, self.generator))
        return NORMALIZATION(torch.cat(views).to(self.device).float() / 255)

    def _perturbed(self, x: Tensor, target: Tensor) -> Tensor:
        """Each view (B, 3, H, W), moved by a part of the largest change to where the student departs from the target.

        Projected gradient ascent from a random start (Madry et al. 2018), by the averaged student; the radius is
        uniform in 0…``perturb``, so that unchanged views stay among what it knows.
        """
        options, t = self.options, self.options.temperature
        expected = (target / t).softmax(1)
        radius = torch.rand(len(x), 1, 1, 1, generator=self.generator).to(self.device) * options.perturb
        change = 0.5 * radius * torch.randn(x.shape, generator=self.noise, device=self.device)
        for _ in range(options.perturb_steps):
            _, grad = gradient(lambda change: -(expected * (self.answer(x + change) / t).log_softmax(1)).sum(1), change)
            change = change + radius * grad / size_of(grad).clamp_min(1e-12)
            change = change * (radius / size_of(change).clamp_min(1e-12)).clamp_max(1)
        return x + change

    def _mixed(self, x: Tensor) -> Tensor:
        """Mixup of the images alone: the teacher says what the mixture is (Zhang et al. 2018)."""
        chance, part = torch.rand(2, generator=self.generator).tolist()
        order = torch.randperm(len(x), generator=self.generator)
        return torch.lerp(x, x[order.to(x.device)], part) if chance < self.options.mixup else x


def size_of(x: Tensor) -> Tensor:
    """The root mean square of each image's numbers: (B, C, H, W) -> (B, 1, 1, 1)."""
    return x.square().mean((1, 2, 3), keepdim=True).sqrt()


def resized(x: Tensor, size: int) -> Tensor:
    """(B, C, H, W) -> (B, C, size, size)."""
    if not len(x):
        return x.new_empty(0, x.shape[1], size, size)
    if x.shape[-1] == size:
        return x
    return functional.interpolate(x, (size, size), mode="bilinear", antialias=True)


def apportion(count: int, parts: Sequence[float]) -> list[int]:
    """A number divided in these proportions, into whole numbers with this sum."""
    ends = [round(count * sum(parts[:place]) / sum(parts)) for place in range(len(parts) + 1)]
    return [end - start for start, end in pairwise(ends)]
