"""A pool of drawings that gradient ascent on the student keeps changing.

They are part of each batch, so that the student also agrees with its teacher where drawings lead.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Generator, Tensor

from actmax.ascent.gradient_ascent import gradient
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
        options, generator = self._options, self._generator
        picked = torch.randperm(len(self.images), generator=generator)[: options.pool_batch]
        restarted = picked[torch.rand(len(picked), generator=generator) < options.pool_restart].to(self.images.device)
        picked = picked.to(self.images.device)
        if len(restarted):
            # Starts alternate between noise and views: take all of one kind or all of the other.
            images, targets = self._starts(2 * len(restarted))
            kind = int(torch.randint(2, (), generator=generator))
            self.images[restarted], self.targets[restarted] = images[kind::2], targets[kind::2]
        x, targets = self.images[picked].float(), self.targets[picked]
        for _ in range(options.pool_steps):
            shifts = torch.randint(-options.pool_jitter, options.pool_jitter + 1, (2,), generator=generator)
            x = torch.roll(x, shifts.tolist(), (2, 3))
            _, grad = gradient(lambda x: self._logits(x).gather(1, targets[:, None])[:, 0], x)
            step = smoothed(grad)
            step = step / step.abs().mean((1, 2, 3), keepdim=True).clamp_min(1e-12)
            x = clipped(x + options.pool_step_size * step)
        self.images[picked] = x.half()
        return x

    def _starts(self, count: int) -> tuple[Tensor, Tensor]:
        """Return smooth noise and views in turn, and a random class for each."""
        images = self._views(count, self._options.size)
        noise = smoothed(torch.randn(images[::2].shape, generator=self._noise, device=images.device))
        images[::2] = noise / noise.std((1, 2, 3), keepdim=True) / 2
        targets = torch.randint(CLASSES, (count,), generator=self._generator).to(images.device)
        return clipped(images).half(), targets


def smoothed(x: Tensor) -> Tensor:
    """Divide each Fourier coefficient of images (B, C, H, W) by its frequency, as the method `robust` does."""
    height, width = x.shape[-2:]
    rows, columns = torch.fft.fftfreq(height, device=x.device), torch.fft.rfftfreq(width, device=x.device)
    frequency = (rows[:, None].square() + columns[None, :].square()).sqrt().clamp_min(1 / height)
    result: Tensor = torch.fft.irfft2(torch.fft.rfft2(x) / frequency, s=(height, width))
    return result


def clipped(x: Tensor) -> Tensor:
    """Clip normalized images to what an image file can hold."""
    return NORMALIZATION(NORMALIZATION.inverse(x).clamp(0, 1))
