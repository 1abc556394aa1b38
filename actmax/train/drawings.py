"""Pictures that gradient ascent on the student keeps changing: part of each batch, so that the student also agrees
with its teacher where drawings go."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Generator, Tensor

from actmax.ascent.gradient_ascent import gradient
from actmax.train.options import Options
from actmax.train.student import CLASSES, NORMALIZATION


class Drawings:
    """A buffer of pictures under way, each with the class that it climbs.

    Args:
        options: of the training; without ``drawn`` the buffer is empty.
        views: so many normalised views of photographs, which half of the pictures begin from.
        answer: normalised pictures (B, 3, H, W) -> logits (B, 1000) of the student that they climb.
        device: where they climb.
        generator: of what is chosen, on the processor.
        noise: of the pixels at a beginning, on the device.
    """

    def __init__(
        self,
        options: Options,
        views: Callable[[int], Tensor],
        answer: Callable[[Tensor], Tensor],
        device: torch.device,
        generator: Generator,
        noise: Generator,
    ) -> None:
        self.options = options
        self._views, self._answer = views, answer
        self._device, self._generator, self._noise = device, generator, noise
        # Half precision: 10 bits of mantissa are finer than a step of the ascent, 8 bits of bfloat16 are not.
        self.pictures = torch.empty(0, 3, options.size, options.size, dtype=torch.half, device=device)
        self.targets = torch.empty(0, dtype=torch.long, device=device)
        if options.drawn:
            self.pictures, self.targets = self._beginnings(options.buffer)

    def optimize(self) -> Tensor:
        """Some of the pictures, after their steps uphill -> (drawn, 3, H, W), normalised, float32."""
        options, generator = self.options, self._generator
        if not options.drawn:
            return torch.empty(0, 3, options.size, options.size, device=self._device)
        picked = torch.randperm(len(self.pictures), generator=generator)[: options.drawn]
        anew = picked[torch.rand(len(picked), generator=generator) < options.restart].to(self._device)
        picked = picked.to(self._device)
        if len(anew):
            # An even number, of which every second one is noise.
            pictures, targets = self._beginnings(2 * len(anew))
            side = int(torch.randint(2, (), generator=generator))
            self.pictures[anew], self.targets[anew] = pictures[side::2], targets[side::2]
        x, targets = self.pictures[picked].float(), self.targets[picked]
        for _ in range(options.ascents):
            reach = 2 * options.jitter + 1
            shift = [int(place) - options.jitter for place in torch.randint(reach, (2,), generator=generator)]
            x = torch.roll(x, shift, (2, 3))
            _, grad = gradient(lambda x: self._answer(x).gather(1, targets[:, None])[:, 0], x)
            step = smooth(grad)
            x = displayable(x + options.ascent_step * step / step.abs().mean((1, 2, 3), keepdim=True).clamp_min(1e-12))
        self.pictures[picked] = x.half()
        return x

    def _beginnings(self, count: int) -> tuple[Tensor, Tensor]:
        """Views and smooth noise in turn, and a class for each to climb."""
        pictures = self._views(count)
        noise = smooth(torch.randn(pictures[::2].shape, generator=self._noise, device=self._device))
        pictures[::2] = noise / noise.std((1, 2, 3), keepdim=True) / 2
        targets = torch.randint(CLASSES, (count,), generator=self._generator).to(self._device)
        return displayable(pictures).half(), targets


def smooth(x: Tensor) -> Tensor:
    """(B, C, H, W) with each frequency divided by itself: the metric in which `robust` draws, too."""
    height, width = x.shape[-2:]
    rows, columns = torch.fft.fftfreq(height, device=x.device), torch.fft.rfftfreq(width, device=x.device)
    frequency = (rows[:, None].square() + columns[None, :].square()).sqrt().clamp_min(1 / height)
    result: Tensor = torch.fft.irfft2(torch.fft.rfft2(x) / frequency, s=(height, width))
    return result


def displayable(x: Tensor) -> Tensor:
    """Normalised images without what no picture could show."""
    return NORMALIZATION(NORMALIZATION.inverse(x).clamp(0, 1))
