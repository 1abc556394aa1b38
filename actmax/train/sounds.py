"""Trains the network that tells sounds apart, on sounds that are made while it learns.

Each step also shows it pictures that were changed a little, so as to mislead it most (Madry et al. 2018, in one step as
Goodfellow et al. 2015): such a network's slopes show what the classes are like, where another's show noise (Engstrom et
al. 2019).
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors.torch import save
from torch import Tensor
from torch.nn import functional

from actmax.files import save as save_file
from actmax.sounds.network import MEAN, STD, Listener
from actmax.sounds.spectrogram import spectrogram
from actmax.sounds.synthesis import KINDS, make

STEPS, BATCH, RATE = 500, 48, 3e-3
MISLED = 0.1
"""How far each number of a picture is changed, of its range."""
EXAMINED = 400
"""Sounds that it is examined on; none of them was in its training."""


def train(path: Path, say: Callable[[str], Any], steps: int = STEPS, seed: int = 0) -> float:
    """Trains it from the start, in minutes, and saves its weights.

    Args:
        path: where they go.
        say: told what is going on.
        steps: of AdamW, with a rate that rises for a third of them and then falls as a cosine.
        seed: of the weights and of the sounds; equal seeds give equal weights on one kind of processor.

    Returns:
        The part of new sounds that it names right.

    Raises:
        StoreError: the file cannot be written.
    """
    torch.manual_seed(seed)
    chance = np.random.default_rng([seed, 1])
    module = Listener()
    optimizer = torch.optim.AdamW(module.parameters(), RATE, weight_decay=0.01)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, RATE, total_steps=steps)
    for step in range(steps):
        pictures, kinds = batch(BATCH, chance)
        changed = _misled(module, pictures, kinds, MISLED * min(1.0, 4 * step / steps))
        module.train()
        logits = module(_normalized(torch.cat([pictures, changed])))
        loss = functional.cross_entropy(logits, torch.cat([kinds, kinds]), label_smoothing=0.05)
        optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
        schedule.step()
        if (step + 1) % max(1, steps // 10) == 0:
            say(f"step {step + 1} of {steps}: loss {loss.item():.3f}")
    right = examined(module, np.random.default_rng([seed, 2]))
    save_file(path, save({name: value.contiguous() for name, value in module.state_dict().items()}))
    return right


def batch(count: int, chance: np.random.Generator) -> tuple[Tensor, Tensor]:
    """New sounds as pictures (count, 1, SIDE, SIDE), and which kinds they are (count)."""
    names = list(KINDS)
    kinds = chance.integers(0, len(names), count)
    samples = np.stack([make(names[kind], chance) for kind in kinds])
    return spectrogram(torch.from_numpy(samples).float()), torch.from_numpy(kinds)


@torch.inference_mode()
def examined(module: Listener, chance: np.random.Generator) -> float:
    """The part of new sounds that it names right."""
    module.eval()
    pictures, kinds = batch(EXAMINED, chance)
    right: Tensor = module(_normalized(pictures)).argmax(1) == kinds
    return right.float().mean().item()


def _misled(module: Listener, pictures: Tensor, kinds: Tensor, far: float) -> Tensor:
    """The pictures, each number changed so that the network is surest to be wrong."""
    module.eval()
    start = (pictures + far * (2 * torch.rand_like(pictures) - 1)).clamp(0, 1).requires_grad_()
    loss = functional.cross_entropy(module(_normalized(start)), kinds)
    (grad,) = torch.autograd.grad(loss, start)
    changed = start.detach() + 1.25 * far * grad.sign()
    return torch.minimum(torch.maximum(changed, pictures - far), pictures + far).clamp(0, 1)


def _normalized(pictures: Tensor) -> Tensor:
    return (pictures - MEAN) / STD
