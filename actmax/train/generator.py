"""Trains a generator that paints the pictures which a network's hidden layer has seen, on folders of images.

The network sees an image, and the generator paints it again from the activations of a layer; its loss is the distance
of the pixels *and* of what the network's layers make of both pictures (Dosovitskiy & Brox 2016, "Generating Images
with Perceptual Similarity Metrics based on Deep Networks", without their adversary).

A run lives in a folder: ``checkpoint.pt``, ``log.jsonl``, ``generator.safetensors``. It may be killed at any moment;
the same call goes on from the last checkpoint.
"""

from __future__ import annotations

import copy
import json
import math
import os
import time
from collections.abc import Callable, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Annotated, Any

import torch
from filelock import FileLock, Timeout
from pydantic import BaseModel, ConfigDict, Field
from safetensors import SafetensorError
from torch import Generator, Tensor
from torch.nn import functional
from tqdm import tqdm

from actmax.engine.device import choose_device, choose_dtype
from actmax.errors import RecipeError, StoreError, reason
from actmax.files import write_atomically
from actmax.networks import compact
from actmax.networks.decoder import LAYER, SIZE, Decoder
from actmax.networks.load import load
from actmax.networks.network import Network
from actmax.networks.weights import Source
from actmax.train import checkpoint
from actmax.train.images import framed, hold_out, read_images

CHECKPOINT, LOG, EXPORT = "checkpoint.pt", "log.jsonl", "generator.safetensors"
REVISION = 1
"""Of the training's arithmetic, for the exported file's header. Raise it with any change of that."""


class Options(BaseModel):
    """How the generator is trained. The defaults are for hours on a few cores, or minutes on a GPU."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False, use_attribute_docstrings=True)

    minutes: Annotated[float, Field(gt=0)] = 60.0
    """Time in training; the cosine ends with it."""
    steps: Annotated[int, Field(gt=0)] | None = None
    """End after so many steps instead: such a run can be repeated exactly."""
    seed: Annotated[int, Field(ge=0, lt=2**63)] = 0
    batch: Annotated[int, Field(ge=2)] = 64
    shown: Annotated[int, Field(ge=64)] = 128
    """Pixels of what the network is shown, images and paintings alike."""
    features: dict[str, Annotated[float, Field(ge=0)]] = {"conv2": 1.0, "conv4": 1.0, LAYER: 1.0}
    """Layers whose outputs are compared, each with its weight."""
    pixels: Annotated[float, Field(ge=0)] = 1.0
    """Weight of the pixels' own distance."""
    rate: Annotated[float, Field(gt=0)] = 1e-3
    """Adam's peak learning rate."""
    warmup: Annotated[float, Field(ge=0, lt=1)] = 0.02
    """Part of the run in which the rate rises."""
    average: Annotated[float, Field(ge=0, lt=1)] = 0.995
    """Decay of the moving average of the weights, which is what is exported."""
    holdout: Annotated[int, Field(ge=2)] = 512
    """Images of the largest source that are never trained on."""
    checkpoint_minutes: Annotated[float, Field(ge=0)] = 5.0
    """How often the state is saved, the generator examined and exported."""


class Run:
    """A training under way.

    Args:
        options: how it is trained.
        network: whose code is decoded.
        images: (N, 3, SIZE, SIZE), uint8.

    Raises:
        RecipeError: the network's layers are not those of AlexNet.
    """

    def __init__(self, options: Options, network: Network, images: Tensor) -> None:
        self.options, self.images = options, images
        self.device = choose_device()
        self.dtype = choose_dtype("auto", self.device)
        self.normalize = network.normalize
        names = tuple(dict.fromkeys((*options.features, LAYER)))
        self.forward = network.submodel(names, (options.shown, options.shown), self.device, self.dtype)
        self.generator = Generator().manual_seed(options.seed)
        with torch.random.fork_rng():
            torch.manual_seed(options.seed)
            self.decoder = Decoder(len(network.linear(LAYER)[1])).to(self.device)
        self.decoder.to(memory_format=torch.channels_last)
        self.decoder.deviation.copy_(self._deviation())
        self.average = copy.deepcopy(self.decoder).requires_grad_(False)
        self.optimizer = torch.optim.Adam(self.decoder.parameters(), betas=(0.9, 0.99), fused=True)
        self.step = 0
        self.seconds = 0.0

    def done(self) -> float:
        """The part of the run that is behind, 0…1."""
        steps = self.options.steps
        return min(1.0, self.step / steps if steps else self.seconds / (60 * self.options.minutes))

    def advance(self) -> float:
        """One step of the optimizer; returns the loss."""
        started = time.monotonic()
        done, warmup = self.done(), self.options.warmup
        part = max(done / warmup, 0.01) if done < warmup else 0.5 + 0.5 * math.cos(math.pi * done)
        for group in self.optimizer.param_groups:
            group["lr"] = self.options.rate * part
        picked = torch.randint(len(self.images), (self.options.batch,), generator=self.generator)
        mirrored = torch.rand(len(picked), generator=self.generator) < 0.5
        images = self.images[picked]
        images = torch.where(mirrored[:, None, None, None], images.flip(3), images)
        value = self.loss(self.decoder, images)
        self.optimizer.zero_grad()
        value.backward()  # type: ignore[no-untyped-call]
        self.optimizer.step()
        with torch.no_grad():
            decay = min(self.options.average, self.step / (self.step + 10))
            for mean, now in zip(self.average.parameters(), self.decoder.parameters(), strict=True):
                mean.lerp_(now, 1 - decay)
        self.step += 1
        self.seconds += time.monotonic() - started
        return value.item()

    def loss(self, decoder: Decoder, images: Tensor) -> Tensor:
        """Of images (B, 3, SIZE, SIZE), uint8, and what is painted of their codes.

        Each distance is a mean square, as a part of that from the batch's mean: 1 says that nothing was learnt.
        """
        rgb = images.to(self.device).float() / 255
        with torch.no_grad():
            seen = {name: output.float() for name, output in self._seen(rgb).items()}
        synthesize = self.paint(decoder, seen[LAYER].relu() / decoder.deviation)
        answers = self._seen(synthesize)
        value = self.options.pixels * _part(synthesize, rgb)
        for name, weight in self.options.features.items():
            value = value + weight * _part(answers[name].float(), seen[name])
        return value

    def paint(self, decoder: Decoder, code: Tensor) -> Tensor:
        """Codes (B, C) -> RGB (B, 3, SIZE, SIZE) in [0, 1], float32."""
        with torch.autocast(self.device.type, self.dtype, enabled=self.dtype != torch.float32):
            picture: Tensor = decoder(code)
        return picture.float()

    def state(self) -> dict[str, Any]:
        """Everything that the next step depends on, as torch saves it."""
        return {
            "decoder": self.decoder.state_dict(),
            "average": self.average.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "generator": self.generator.get_state(),
            "step": self.step,
            "seconds": self.seconds,
        }

    def restore(self, state: dict[str, Any]) -> None:
        """The inverse of :meth:`state`."""
        for name in ("decoder", "average", "optimizer"):
            getattr(self, name).load_state_dict(state[name])
        self.generator.set_state(state["generator"])
        self.step, self.seconds = state["step"], state["seconds"]

    def _seen(self, rgb: Tensor) -> dict[str, Tensor]:
        shown = functional.interpolate(rgb, (self.options.shown,) * 2, mode="bilinear", align_corners=False)
        return dict(self.forward(self.normalize(shown)))

    @torch.no_grad()
    def _deviation(self) -> Tensor:
        """Of each number of the code, over some of the images."""
        order = torch.randperm(len(self.images), generator=Generator().manual_seed(0))[:2048]
        codes = [self._seen(part.to(self.device).float() / 255)[LAYER] for part in torch.split(self.images[order], 64)]
        return torch.cat(codes).float().relu().std(0).clamp_min(1e-3)


def _part(answer: Tensor, target: Tensor) -> Tensor:
    return functional.mse_loss(answer, target) / functional.mse_loss(
        target, target.mean(0, keepdim=True).expand_as(target)
    )


def train(
    source: Source,
    images: Sequence[Path],
    folder: Path,
    options: Options,
    report: Callable[[str], object] = lambda _: None,
) -> Path:
    """Trains, or goes on training, and returns the exported file.

    Args:
        source: the network whose code is decoded: AlexNet, or the compact one.
        images: folders or tar files.
        folder: of the run; made if it does not exist.
        options: must be those that the folder's checkpoint was made with, but for the length of the run.
        report: told of images and checkpoints.

    Raises:
        ActmaxError: no images, or too few.
        WeightsError, RecipeError: the network cannot be had, or has no such layer.
        StoreError: the folder cannot be written, is in use, or holds another run.
    """
    network = load(source)
    if LAYER not in network.card.layers:
        raise RecipeError(
            f"{network.card.title} has no layer {LAYER}: a generator is trained on AlexNet's, or the compact one's."
        )
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with FileLock(folder / "lock", timeout=0):
            sources = [read_images(path, SIZE) for path in images]
            for found in sources:
                report(f"{found.name}: {len(found.names)} images, {found.skipped} files that cannot be read")
            held, rest = hold_out(sources, options.holdout)
            about = {
                "architecture": f"decoder of {LAYER}, {SIZE} px",
                "format": "int8 per output channel, float16 scales",
                "network": f"{source.network} (weights {source.digest})",
                "data": "; ".join(f"{found.name}: {len(found.names)} images" for found in sources),
                "options": options.model_dump_json(exclude={"minutes", "steps", "checkpoint_minutes"}),
                "made by": f"actmax {version('actmax')}, generator.py revision {REVISION}",
            }
            run = Run(options, network, torch.cat([framed(found, SIZE) for found in rest]))
            if (folder / CHECKPOINT).is_file():
                checkpoint.resume(run, folder / CHECKPOINT, about)
                report(f"goes on from step {run.step}, {run.done():.0%} of the run")
            _train(run, framed(held, SIZE), folder, about)
    except Timeout:
        raise StoreError(f"Another process trains in {folder}.") from None
    except (OSError, SafetensorError) as error:
        why = reason(error) if isinstance(error, OSError) else error
        raise StoreError(f"The run in {folder} cannot be written: {why}.") from None
    return folder / EXPORT


def _train(run: Run, held: Tensor, folder: Path, about: dict[str, str]) -> None:
    saved = run.seconds
    with (
        (folder / LOG).open("a", encoding="utf-8") as log,
        tqdm(
            total=1.0, initial=run.done(), bar_format="{percentage:3.0f}%|{bar}| {elapsed}<{remaining}", disable=None
        ) as bar,
    ):
        while run.done() < 1:
            before, spent = run.done(), run.seconds
            value = run.advance()
            due = run.done() >= 1 or run.seconds - saved >= 60 * run.options.checkpoint_minutes
            line: dict[str, float] = {
                "step": run.step,
                "minutes": round(run.seconds / 60, 3),
                "loss": round(value, 4),
                "images/s": round(run.options.batch / (run.seconds - spent), 1),
            }
            if due:
                with torch.no_grad():
                    # Parts as even as can be: of one image alone no distance from the mean is left to compare with.
                    parts = torch.tensor_split(held, -(-len(held) // 64))
                    losses = [run.loss(run.average, part).item() for part in parts]
                line["held out"] = round(sum(losses) / len(losses), 4)
                saved = run.seconds
                _export(run.average, folder / EXPORT, about | {"images": str(run.step * run.options.batch)})
                write_atomically(folder / CHECKPOINT, checkpoint.saved(run.state() | {"run": about}))
            log.write(json.dumps(line) + "\n")
            log.flush()
            bar.update(run.done() - before)


def _export(decoder: Decoder, path: Path, about: dict[str, str]) -> None:
    part = path.with_suffix(".part")
    state = {name: value.detach().cpu() for name, value in decoder.state_dict().items()}
    compact.save(state, part, about)
    part.chmod(0o644)
    os.replace(part, path)
