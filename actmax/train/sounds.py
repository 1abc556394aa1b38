"""Trains the sound classifier, on sounds that are synthesized while it learns.

Each step also includes adversarially changed spectrograms (Madry et al. 2018, in one step as in Goodfellow et al.
2015): gradients of such a network show what the classes are like, those of others show noise (Engstrom et al. 2019).
"""

from __future__ import annotations

from importlib.metadata import version
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import torch
from safetensors.torch import save
from torch import Tensor
from torch.nn import functional

from actmax import files
from actmax.sounds.network import MEAN, STD, SoundClassifier
from actmax.sounds.spectrogram import spectrogram
from actmax.sounds.synthesis import KINDS, make
from actmax.train.options import SoundOptions
from actmax.train.training import Training


class SoundTraining(Training):
    """Training of the sound classifier."""

    export_name = "sounds.safetensors"
    options: SoundOptions

    def __init__(self, options: SoundOptions) -> None:
        super().__init__(options, SoundClassifier)
        self.rng = np.random.default_rng([options.seed, 1])

    def loss(self) -> Tensor:
        spectrograms, kinds = (values.to(self.device) for values in batch(self.options.batch, self.rng))
        changed = self._adversarial(spectrograms, kinds)
        logits = self._logits(self.model.train(), torch.cat([spectrograms, changed]))
        return functional.cross_entropy(logits, torch.cat([kinds, kinds]), label_smoothing=0.05)

    @torch.no_grad()
    def evaluate(self) -> dict[str, float]:
        spectrograms, kinds = batch(self.options.holdout, np.random.default_rng([self.options.seed, 2]))
        predicted = self._logits(self.average, spectrograms.to(self.device)).argmax(1).cpu()
        return {"accuracy": (predicted == kinds).double().mean().item()}

    def export(self, path: Path, header: dict[str, str]) -> None:
        weights = {name: value.contiguous().cpu() for name, value in self.average.state_dict().items()}
        path.write_bytes(save(weights, header))

    def _logits(self, network: torch.nn.Module, spectrograms: Tensor) -> Tensor:
        return self.predict(network, (spectrograms - MEAN) / STD)

    def _adversarial(self, spectrograms: Tensor, kinds: Tensor) -> Tensor:
        """Change each value by at most the radius, which grows in the first quarter of the run, to raise the loss."""
        network, radius = self.model.eval(), self.options.adversarial_radius * min(1.0, 4 * self.progress())
        noise = torch.rand(spectrograms.shape, generator=self.generator).to(self.device)
        start = (spectrograms + radius * (2 * noise - 1)).clamp(0, 1).requires_grad_()
        (grad,) = torch.autograd.grad(functional.cross_entropy(self._logits(network, start), kinds), start)
        changed = start.detach() + 1.25 * radius * grad.sign()
        return changed.clamp(spectrograms - radius, spectrograms + radius).clamp(0, 1)


def train_sounds(path: Path, options: SoundOptions) -> float:
    """Train the sound classifier, in minutes, and save its weights.

    Args:
        path: the safetensors file to write.
        options: of the training; equal ones give equal weights on one kind of processor.

    Returns:
        The accuracy on new sounds, 0…1.

    Raises:
        StoreError: the file cannot be written.
    """
    training = SoundTraining(options)
    header = {"options": options.identity(), "made by": f"actmax {version('actmax')}, train sounds"}
    with TemporaryDirectory() as folder:
        files.save(path, training.run(Path(folder), header).read_bytes())
    return training.metrics["accuracy"]


def batch(count: int, rng: np.random.Generator) -> tuple[Tensor, Tensor]:
    """Return spectrograms of new sounds (count, 1, SIDE, SIDE), and their kinds as indices (count)."""
    names = list(KINDS)
    kinds = rng.integers(0, len(names), count)
    samples = np.stack([make(names[kind], rng) for kind in kinds])
    return spectrogram(torch.from_numpy(samples).float()), torch.from_numpy(kinds)
