"""Distils an ImageNet classifier into the compact AlexNet, by function matching on a folder of images.

Teacher and student see the same views, and the student learns the teacher's logits; no label is
used (Beyer et al. 2022, "Knowledge distillation: A good teacher is patient and consistent"). Part
of each batch comes from a buffer of pictures that gradient ascent on the student keeps changing, so
that the student also agrees with its teacher where drawings go.

A run lives in a folder: ``checkpoint.pt``, ``log.jsonl``, ``alexnet-compact.safetensors``. It may be
killed at any moment; the same call goes on from the last checkpoint. Steps since then are repeated,
and of two lines in the log with one step the later one holds.
"""

from __future__ import annotations

import copy
import hashlib
import io
import json
import math
import os
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from importlib.metadata import version
from itertools import pairwise
from pathlib import Path
from typing import Annotated, Any, Self

import torch
from filelock import FileLock, Timeout
from pydantic import BaseModel, ConfigDict, Field, model_validator
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Generator, Tensor, nn
from torch.nn import functional
from torch.nn.utils.fusion import fuse_conv_bn_eval, fuse_linear_bn_eval
from tqdm import tqdm

from actmax.ascent.gradient import gradient
from actmax.engine.device import choose_device, choose_dtype
from actmax.errors import ActmaxError, StoreError, WeightsError
from actmax.networks import compact
from actmax.networks import network as networks
from actmax.networks.network import Activations, denormalize, normalize
from actmax.networks.weights import Source
from actmax.store.store import write_atomically
from actmax.train.images import Images, framed, hold_out, random_views, read_images, truth

REVISION = 2
"""Of the training's arithmetic, for the exported file's header. Raise it with any change of that."""
CHECKPOINT, LOG, EXPORT = "checkpoint.pt", "log.jsonl", "alexnet-compact.safetensors"


class Options(BaseModel):
    """How the student is trained. The defaults are for hours on a few cores, or minutes on a GPU."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False, use_attribute_docstrings=True)

    minutes: Annotated[float, Field(gt=0)] = 60.0
    """Time in training; the cosine ends with it, however fast the machine turns out to be."""
    steps: Annotated[int, Field(gt=0)] | None = None
    """End after so many steps instead: such a run can be repeated exactly."""
    seed: Annotated[int, Field(ge=0, lt=2**63)] = 0
    size: Annotated[int, Field(ge=64)] = 160
    """Pixels of a view. AlexNet's 6 × 6 pooling is fed from 193 px on; 160 costs half of 224."""
    batch: Annotated[int, Field(ge=4)] = 192
    """Views in a step, shared between the sources after the buffer has had its part."""
    shares: tuple[Annotated[float, Field(gt=0)], ...] = ()
    """Relative parts of the sources in that, in their order; none: equal ones."""
    drawn: Annotated[int, Field(ge=0)] = 48
    """Of them, pictures out of the buffer. A quarter: the answers to photographs must not suffer."""
    buffer: Annotated[int, Field(ge=1)] = 1024
    """Pictures under way. Fewer are drawn further in a short run, more are more varied."""
    ascents: Annotated[int, Field(ge=0)] = 2
    """Steps uphill each time a picture is drawn from the buffer."""
    ascent_step: Annotated[float, Field(gt=0)] = 0.03
    """Mean change of a normalised pixel in one of them."""
    jitter: Annotated[int, Field(ge=0)] = 8
    """Largest shift before an ascent step, in pixels: what works in one place only does not last."""
    restart: Annotated[float, Field(ge=0, le=1)] = 0.03
    """Part of the drawn pictures that begin anew, so that one lives for some 66 steps."""
    crop: Annotated[float, Field(gt=0, le=1)] = 0.15
    """Least area of a crop. Small ones make a thousand photographs last."""
    crop_small: Annotated[float, Field(gt=0, le=1)] = 0.5
    """The same for images smaller than half a view, which hold little to crop."""
    mixup: Annotated[float, Field(ge=0, le=1)] = 0.6
    """Part of the batches that are mixed in pairs: views off the photographs, without new ones."""
    temperature: Annotated[float, Field(gt=0)] = 2.0
    """Softens both answers (Hinton et al. 2015), so that the unlikely classes teach as well."""
    logit_weight: Annotated[float, Field(ge=0)] = 0.2
    """Of the squared error of centred logits: a drawing climbs a logit, not a probability."""
    rate: Annotated[float, Field(gt=0)] = 1.2e-3
    """AdamW's peak learning rate."""
    warmup: Annotated[float, Field(ge=0, lt=1)] = 0.03
    """Part of the run in which the rate rises: Adam's variances are still unknown."""
    weight_decay: Annotated[float, Field(ge=0)] = 0.02
    average: Annotated[float, Field(ge=0, lt=1)] = 0.99
    """Decay of the moving average of the weights, which is what is exported: about 100 steps."""
    holdout: Annotated[int, Field(ge=1)] = 2000
    """Images of the largest source that are never trained on."""
    shorter_side: Annotated[int, Field(ge=64)] = 288
    """Larger images are shrunk to this when they are read: all are kept decoded in memory."""
    compiled: bool = False
    """Compile the teacher, where there is a C++ compiler: on a CPU it answers twice as fast."""
    checkpoint_minutes: Annotated[float, Field(ge=0)] = 5.0
    """How often the state is saved, the student evaluated and exported."""
    note: str = "Derived from the answers of the teacher: its licence may ask for notice."
    """On licence and provenance, for the exported file's header."""

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        if not self.drawn < self.batch or self.drawn > self.buffer:
            raise ValueError(
                f"drawn {self.drawn} must be less than batch {self.batch}, and buffer {self.buffer} hold it"
            )
        return self


# The student


def trainee() -> nn.Module:
    """The compact AlexNet with batch norm after every layer but the last, as it is trained."""
    network = compact.compact_alexnet()
    network.features = nn.Sequential(*_normed(network.features))
    network.classifier = nn.Sequential(nn.Flatten(), *list(_normed(network.classifier))[:-1])
    return network


def _normed(layers: Any) -> Iterator[nn.Module]:
    for layer in layers:
        yield layer
        if isinstance(layer, nn.Conv2d):
            yield nn.BatchNorm2d(layer.out_channels)
        elif isinstance(layer, nn.Linear):
            yield nn.BatchNorm1d(layer.out_features)


def fold(student: nn.Module) -> dict[str, Tensor]:
    """The state of a plain compact AlexNet that answers like the student does in evaluation."""
    plain = compact.compact_alexnet()
    student = copy.deepcopy(student).cpu().eval()
    for name in ("features", "classifier"):
        layers: list[Any] = []
        for layer in student.get_submodule(name).children():
            if isinstance(layer, nn.BatchNorm2d):
                layers[-1] = fuse_conv_bn_eval(layers[-1], layer)
            elif isinstance(layer, nn.BatchNorm1d):
                layers[-1] = fuse_linear_bn_eval(layers[-1], layer)
            elif not isinstance(layer, nn.Flatten):
                layers.append(layer)
        setattr(plain, name, nn.Sequential(*layers))
    return {name: value.detach() for name, value in plain.state_dict().items()}


def loss(student: Tensor, teacher: Tensor, options: Options) -> Tensor:
    """Of two sets of logits (B, 1000): divergence when softened, and squared error when centred.

    The factor T² keeps the gradient's size whatever the temperature (Hinton et al. 2015, section 2).
    """
    t = options.temperature
    said, wanted = (functional.log_softmax(logits / t, 1) for logits in (student, teacher))
    divergence = functional.kl_div(said, wanted, reduction="batchmean", log_target=True)
    own, others = (logits - logits.mean(1, keepdim=True) for logits in (student, teacher))
    return t * t * divergence + options.logit_weight * functional.mse_loss(own, others)


@torch.no_grad()
def answers(network: Activations, views: Tensor, device: torch.device, batch: int = 100) -> Tensor:
    """uint8 views (B, 3, H, W) -> the class that the network says first, (B,)."""
    parts = (normalize(part.to(device).float() / 255) for part in torch.split(views, batch))
    return torch.cat([network(part).argmax(1).cpu() for part in parts])


# The run


class Run:
    """A training under way: all that a checkpoint holds, and how one step changes it."""

    def __init__(self, options: Options, teacher: networks.Network, sources: Sequence[Images]) -> None:
        self.options = options
        self.device = choose_device()
        self.dtype = choose_dtype("auto", self.device)
        self.teacher = teacher.up_to(teacher.card.output, self.device, self.dtype)
        if options.compiled:
            self.teacher = torch.compile(self.teacher, dynamic=False, options={"freezing": True})
        # On a CPU a few images' activations stay in its caches, which halves the time.
        self._teacher_batch = 8 if self.device.type == "cpu" else options.batch
        self.sources = sources
        self.generator = Generator().manual_seed(options.seed)
        with torch.random.fork_rng():
            torch.manual_seed(options.seed)
            self.student = trainee().to(self.device).to(memory_format=torch.channels_last)
        self.average = copy.deepcopy(self.student).eval().requires_grad_(False)
        self.optimizer = torch.optim.AdamW(self.student.parameters(), weight_decay=options.weight_decay, fused=True)
        self.step = 0
        self.seconds = 0.0
        # Half precision: 10 bits of mantissa are finer than a step of the ascent, 8 bits of bfloat16 are not.
        self.pictures, self.targets = self._beginnings(options.buffer)

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
        x = self._mixed(torch.cat([self._views(options.batch - options.drawn), self._drawn()]))
        with torch.no_grad():
            wanted = torch.cat([self.teacher(part).float() for part in torch.split(x, self._teacher_batch)])
        self.student.train()
        value = loss(self._answer(self.student, x), wanted, options)
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
            "pictures": self.pictures,
            "targets": self.targets,
            "generator": self.generator.get_state(),
            "step": self.step,
            "seconds": self.seconds,
        }

    def restore(self, state: Mapping[str, Any]) -> None:
        """The inverse of :meth:`state`."""
        for name in ("student", "average", "optimizer"):
            getattr(self, name).load_state_dict(state[name])
        self.generator.set_state(state["generator"])
        self.pictures, self.targets = state["pictures"], state["targets"]
        self.step, self.seconds = state["step"], state["seconds"]

    def say(self, x: Tensor) -> Tensor:
        """What the averaged student answers: normalised (B, 3, H, W) -> (B, 1000)."""
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

    def _views(self, count: int) -> Tensor:
        """Normalised views, from each source its share."""
        shape = (self.options.size, self.options.crop, self.options.crop_small)
        shares = _shared(count, self.options.shares or [1.0] * len(self.sources))
        parts = zip(self.sources, shares, strict=True)
        views = [random_views(source, share, *shape, self.generator) for source, share in parts if share]
        return normalize(torch.cat(views).to(self.device).float() / 255)

    def _beginnings(self, count: int) -> tuple[Tensor, Tensor]:
        """Views and smooth noise in turn, and a class for each to climb: the buffer's first pictures."""
        pictures = self._views(count).cpu()
        noise = smooth(torch.randn(pictures[::2].shape, generator=self.generator))
        pictures[::2] = noise / noise.std((1, 2, 3), keepdim=True) / 2
        return _shown(pictures).half(), torch.randint(1000, (count,), generator=self.generator)

    def _drawn(self) -> Tensor:
        """Pictures out of the buffer, after their steps uphill on the averaged student."""
        options, generator = self.options, self.generator
        picked = torch.randperm(len(self.pictures), generator=generator)[: options.drawn]
        anew = picked[torch.rand(len(picked), generator=generator) < options.restart]
        if len(anew):
            # An even number, of which every second one is noise.
            pictures, targets = self._beginnings(2 * len(anew))
            side = int(torch.randint(2, (), generator=generator))
            self.pictures[anew], self.targets[anew] = pictures[side::2], targets[side::2]
        x, targets = self.pictures[picked].float().to(self.device), self.targets[picked].to(self.device)
        for _ in range(options.ascents):
            reach = 2 * options.jitter + 1
            shift = [int(one) - options.jitter for one in torch.randint(reach, (2,), generator=generator)]
            x = torch.roll(x, shift, (2, 3))
            _, slope = gradient(lambda x: self.say(x).gather(1, targets[:, None])[:, 0], x)
            step = smooth(slope)
            x = _shown(x + options.ascent_step * step / step.abs().mean((1, 2, 3), keepdim=True).clamp_min(1e-12))
        self.pictures[picked] = x.half().cpu()
        return x

    def _mixed(self, x: Tensor) -> Tensor:
        """Mixup of the images alone: the teacher says what the mixture is (Zhang et al. 2018)."""
        chance, part = torch.rand(2, generator=self.generator).tolist()
        order = torch.randperm(len(x), generator=self.generator)
        return torch.lerp(x, x[order.to(x.device)], part) if chance < self.options.mixup else x


def _shared(count: int, parts: Sequence[float]) -> list[int]:
    """A number divided in these proportions, into whole numbers with this sum."""
    ends = [round(count * sum(parts[:place]) / sum(parts)) for place in range(len(parts) + 1)]
    return [end - start for start, end in pairwise(ends)]


def smooth(x: Tensor) -> Tensor:
    """(B, C, H, W) with each frequency divided by itself: the metric in which `robust` draws, too."""
    height, width = x.shape[-2:]
    rows, columns = torch.fft.fftfreq(height, device=x.device), torch.fft.rfftfreq(width, device=x.device)
    frequency = (rows[:, None].square() + columns[None, :].square()).sqrt().clamp_min(1 / height)
    result: Tensor = torch.fft.irfft2(torch.fft.rfft2(x) / frequency, s=(height, width))
    return result


def _shown(x: Tensor) -> Tensor:
    """Normalised images without what no picture could show."""
    return normalize(denormalize(x).clamp(0, 1))


def distil(
    source: Source,
    images: Sequence[Path],
    folder: Path,
    options: Options,
    warm_start: Path | None = None,
    say: Callable[[str], object] = str,
) -> Path:
    """Trains, or goes on training, and returns the exported file.

    Args:
        source: the teacher, as :func:`actmax.networks.weights.source` finds it.
        images: folders or tar files; every one gives the same number of views to a batch. A WNID in
            a file's name says its class, which is used for evaluation only.
        folder: of the run; made if it does not exist.
        options: must be those that the folder's checkpoint was made with, but for the length of the run.
        warm_start: weights with batch norm to start from, as :func:`trainee` names them.
        say: told in a line what is going on.

    Raises:
        ActmaxError: no images, or too few.
        WeightsError, UnknownNameError: the teacher or the warm start cannot be had.
        StoreError: the folder cannot be written, is in use, or holds another run.
    """
    teacher = networks.load(source)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with FileLock(folder / "lock", timeout=0):
            _run(source, teacher, images, folder, options, warm_start, say)
    except Timeout:
        raise StoreError(f"Another process trains in {folder}.") from None
    except (OSError, SafetensorError) as error:
        reason = getattr(error, "strerror", None) or error
        raise StoreError(f"The run in {folder} cannot be written: {reason}.") from None
    return folder / EXPORT


def _run(
    source: Source,
    teacher: networks.Network,
    images: Sequence[Path],
    folder: Path,
    options: Options,
    warm_start: Path | None,
    say: Callable[[str], object],
) -> None:
    sources = [read_images(path, options.shorter_side) for path in images]
    for one in sources:
        say(f"{one.name}: {len(one.names)} images, {one.skipped} files that cannot be read")
    if options.shares and len(options.shares) != len(sources):
        raise ActmaxError(f"shares has {len(options.shares)} parts for {len(sources)} sources of images.")
    about = _about(source, sources, options, warm_start)
    started = {name: about[name] for name in ("teacher", "data", "warm start", "options")}
    held, rest = hold_out(sources, options.holdout)
    run = Run(options, teacher, rest)
    if (folder / CHECKPOINT).is_file():
        run.restore(_checkpoint(folder / CHECKPOINT, started))
        say(f"goes on from step {run.step}, {run.done():.0%} of the run")
    elif warm_start:
        run.warm_start(warm_start)
    _train(run, folder, started, _Examination(run, held), about)


def _train(run: Run, folder: Path, started: dict[str, str], examine: _Examination, about: dict[str, str]) -> None:
    options, saved = run.options, run.seconds
    form = "{percentage:3.0f}%|{bar}| {elapsed}<{remaining}{postfix}"
    with (
        (folder / LOG).open("a", encoding="utf-8") as log,
        tqdm(total=1.0, initial=run.done(), bar_format=form, disable=None, dynamic_ncols=True) as bar,
    ):
        while run.done() < 1:
            before, spent = run.done(), run.seconds
            value = run.advance()
            rate = options.batch / (run.seconds - spent)
            due = run.done() >= 1 or run.seconds - saved >= 60 * options.checkpoint_minutes
            metrics = examine() if due else {}
            line = {
                "step": run.step,
                "views": run.step * options.batch,
                "minutes": round(run.seconds / 60, 3),
                "loss": round(value, 4),
                "views/s": round(rate, 1),
                **metrics,
            }
            log.write(json.dumps(line) + "\n")
            log.flush()
            bar.set_postfix({"loss": f"{value:.3f}", "views/s": f"{rate:.0f}"}, refresh=False)
            bar.update(run.done() - before)
            if due:
                saved = run.seconds
                # The checkpoint last: what it says is done has been exported.
                _export(run, folder / EXPORT, about | {name: f"{part:.4f}" for name, part in metrics.items()})
                write_atomically(folder / CHECKPOINT, _saved(run.state() | {"run": started}))


class _Examination:
    """Shows the held-out images to the student; the teacher is asked once."""

    def __init__(self, run: Run, held: Images) -> None:
        self.run = run
        self.views, self.truth = framed(held, run.options.size), truth(held)
        self.wanted = answers(run.teacher, self.views, run.device)

    def __call__(self) -> dict[str, float]:
        started = time.monotonic()
        said = answers(self.run.say, self.views, self.run.device)
        known = self.truth >= 0
        metrics = {"agreement": (said == self.wanted).double().mean().item()}
        if known.any():
            metrics["accuracy"] = (said == self.truth)[known].double().mean().item()
            metrics["teacher accuracy"] = (self.wanted == self.truth)[known].double().mean().item()
        self.run.seconds += time.monotonic() - started
        return metrics


def _about(source: Source, sources: Sequence[Images], options: Options, warm_start: Path | None) -> dict[str, str]:
    """What the exported file says of its origin; names of files only, no paths."""
    warm = f"{warm_start.name} (SHA-256 {_digest(warm_start)})" if warm_start else "none"
    return {
        "architecture": "AlexNet convolutions, head 9216-512-1000, batch norm folded",
        "format": "int8 per output channel, float16 scales",
        "input": f"RGB in [0, 1], ImageNet mean and deviation, trained at {options.size} px",
        "labels": "ImageNet-1k, torchvision order",
        "teacher": f"{source.network} (weights {source.digest})",
        "data": "; ".join(f"{one.name}: {len(one.names)} images" for one in sources),
        "held out": f"{options.holdout} images of the largest source",
        "warm start": warm,
        "options": options.model_dump_json(exclude={"minutes", "steps", "checkpoint_minutes", "note"}),
        "made by": f"actmax {version('actmax')}, distill.py revision {REVISION}",
        "licence": options.note,
    }


def _export(run: Run, path: Path, about: dict[str, str]) -> None:
    part = path.with_suffix(".part")
    compact.save(fold(run.average), part, about | {"views": str(run.step * run.options.batch)})
    part.chmod(0o644)  # safetensors writes for the owner alone, a package is for all
    os.replace(part, path)


def _saved(state: dict[str, Any]) -> bytes:
    file = io.BytesIO()
    torch.save(state, file)
    return file.getvalue()


def _checkpoint(path: Path, started: dict[str, str]) -> dict[str, Any]:
    try:
        state: dict[str, Any] = torch.load(path, map_location="cpu", weights_only=True)
        other = [name for name, value in started.items() if state["run"].get(name) != value]
    except Exception:  # noqa: BLE001 - torch's unpickler raises whatever it stumbles over
        raise StoreError(f"The checkpoint {path} is damaged: remove it to begin anew.") from None
    if other:
        raise StoreError(
            f"{path} belongs to a run with {other[0]} {state['run'].get(other[0])}, not {started[other[0]]}: "
            "give another folder, or the same words again."
        )
    return state


def _digest(path: Path) -> str:
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()[:16]
    except OSError as error:
        raise WeightsError(f"{path} cannot be read: {error.strerror or error}.") from None
