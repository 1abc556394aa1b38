"""A pool of drawings that gradient ascent on the student keeps changing.

They are part of each batch, so that the student also agrees with its teacher where drawings lead.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Generator, Tensor

from actmax.ascent.gradients import normalize
from actmax.ascent.optimize import Method, optimize
from actmax.ascent.optimizers import gradient_ascent
from actmax.ascent.params.canvas import Canvas, Parameterization
from actmax.ascent.params.fourier import frequencies
from actmax.ascent.transforms import jitter
from actmax.train.options import DistillOptions
from actmax.train.student import CLASSES, NORMALIZATION


class DrawingPool:
    """Drawings in progress, each with the class that it maximizes.

    Args:
        options: of the training.
        views: returns normalized views of photographs (count, 3, size, size); half of the drawings start from one.
        logits: of the student, (B, 1000) for normalized images (B, 3, size, size).
        generator: chooses images and classes, on the CPU.
        noise: for the pixels of a start, on the student's device.
    """

    def __init__(
        self,
        options: DistillOptions,
        views: Callable[[int, int], Tensor],
        logits: Callable[[Tensor], Tensor],
        generator: Generator,
        noise: Generator,
    ) -> None:
        self._options, self._views, self._logits = options, views, logits
        self._generator, self._noise = generator, noise
        # Half precision: 10 bits of mantissa are finer than a step of the ascent, 8 bits of bfloat16 are not.
        self.images, self.targets = self._starts(options.pool_size)

    def optimize(self) -> Tensor:
        """Optimize some of the images further and return them: (pool_batch, 3, size, size), normalized, float32."""
        options, generator, device = self._options, self._generator, self.images.device
        picked = torch.randperm(len(self.images), generator=generator)[: options.pool_batch]
        restarted = picked[torch.rand(len(picked), generator=generator) < options.pool_restart].to(device)
        picked = picked.to(device)
        if len(restarted):
            # Starts alternate between noise and views: take all of one kind or all of the other.
            images, targets = self._starts(2 * len(restarted))
            kind = int(torch.randint(2, (), generator=generator))
            self.images[restarted], self.targets[restarted] = images[kind::2], targets[kind::2]
        start, targets = self.images[picked].float(), self.targets[picked]
        method = Method(
            params=lambda *_: Parameterization(start, lambda pixels: pixels),
            optimizer=gradient_ascent(options.pool_step_size),
            steps=options.pool_steps,
            transforms=[jitter(options.pool_jitter)],
            constraints=[lambda pixels, *_: pixels.clamp(0, 1)],
            gradients=[smoothed, normalize],
        )
        *_, last = optimize(
            method,
            forward=lambda images: {"logits": self._logits(images)},
            objective=lambda outputs: outputs["logits"].gather(1, targets[:, None])[:, 0],
            canvas=Canvas(3, options.size, options.size, NORMALIZATION, NORMALIZATION.inverse, device),
            seeds=torch.randint(2**62, (len(picked),), generator=generator).tolist(),
        )
        self.images[picked] = last.parameters.half()
        return NORMALIZATION(last.parameters)

    def _starts(self, count: int) -> tuple[Tensor, Tensor]:
        """Return smooth noise and views in turn, in [0, 1], and a random class for each."""
        images = self._views(count, self._options.size)
        noise = smoothed(torch.randn(images[::2].shape, generator=self._noise, device=images.device))
        images[::2] = noise / noise.std((1, 2, 3), keepdim=True) / 2
        targets = torch.randint(CLASSES, (count,), generator=self._generator).to(images.device)
        return NORMALIZATION.inverse(images).clamp(0, 1).half(), targets


def smoothed(x: Tensor) -> Tensor:
    """Divide each Fourier coefficient of images (B, C, H, W) by its frequency, so that steps favor low frequencies."""
    height, width = x.shape[-2:]
    frequency = frequencies(height, width).clamp_min(1 / height).to(x.device)
    result: Tensor = torch.fft.irfft2(torch.fft.rfft2(x) / frequency, s=(height, width))
    return result
