"""Random transforms: each step sees an augmented view of the image, so that no detail works in one position only.

A transform is a function images -> images, (B, C, H, W) in [0, 1]; torchvision's v2 transforms fit as they are. If it
has a second parameter, it is given a random generator for each image. Olah et al. 2017, "Transformation Robustness".
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import torch
from torch import Generator, Tensor
from torch.nn import functional

from actmax.ascent.arguments import checked
from actmax.ascent.checks import takes
from actmax.ascent.params.canvas import Canvas
from actmax.errors import RecipeError

__all__ = ["affine", "jitter", "noise", "pad", "random_crop", "rotate", "scale"]


def __dir__() -> list[str]:
    return __all__


Transform = Callable[..., Tensor]
"""Images, or images and a generator for each -> images."""
View = Callable[[Tensor], Tensor]
"""Normalized images (B, C, H, W) -> the same as one step sees them."""


@checked()
@dataclass(frozen=True)
class affine:  # noqa: N801 - called like the functions beside it
    """Shift, scale and rotate in a single bilinear interpolation; beyond the border the image is mirrored.

    Args:
        jitter: largest shift, in pixels either way.
        scale: largest change of size, as a part of 1 either way.
        rotate: largest rotation, in degrees either way.

    >>> affine(jitter=2, rotate=5.0)(torch.rand(2, 3, 8, 8)).shape
    torch.Size([2, 3, 8, 8])
    """

    jitter: int = 0
    scale: float = 0.0
    rotate: float = 0.0

    def __call__(self, images: Tensor, generators: Sequence[Generator] | None = None) -> Tensor:
        """Transform images (B, C, H, W) of any range."""
        drawn = self.draw(_generators(images, generators), 1, (images.shape[2], images.shape[3]))
        return apply_affine(drawn[0].to(images.device), images)

    def draw(self, generators: Sequence[Generator], count: int, size: tuple[int, int]) -> Tensor:
        """Draw so many random maps for each image: (count, B, 2, 3)."""
        maps = [random_affine(generator, count, size, self.jitter, self.scale, self.rotate) for generator in generators]
        return torch.stack(maps, 1)


@checked()
def jitter(pixels: int) -> affine:
    """Shift by whole pixels, up to so many either way.

    >>> jitter(4)(torch.rand(1, 3, 8, 8)).shape
    torch.Size([1, 3, 8, 8])
    """
    return affine(jitter=pixels)


@checked()
def rotate(degrees: float) -> affine:
    """Rotate by up to so many degrees either way.

    >>> rotate(5.0)(torch.rand(1, 3, 8, 8)).shape
    torch.Size([1, 3, 8, 8])
    """
    return affine(rotate=degrees)


@checked()
def scale(part: float) -> affine:
    """Change the size by up to this part of 1 either way.

    >>> scale(0.1)(torch.rand(1, 3, 8, 8)).shape
    torch.Size([1, 3, 8, 8])
    """
    return affine(scale=part)


@checked(size=(1, math.inf))
@dataclass(frozen=True)
class random_crop:  # noqa: N801 - called like the functions beside it
    """Crop a part of the image at a random position, and resize it (Fel et al. 2023, "MACO").

    In the optimization loop it is resized to what the network takes: to its own input size, or to the image's size
    where that is smaller. So a large image is seen crop by crop, and not enlarged.

    Differs: a crop lies anywhere inside the image with the same probability. In the authors' code (Horama 0.3, Xplique)
    its center has a normal distribution around the image's, and a crop that reaches out of the image is filled up.

    Args:
        part: the crop's height and width, as a part of the image's, above 0 and up to 1.
        largest: that of the largest crop; each is of a random size between the two. By default all are of one size.
        size: height and width of the result; by default the image's.

    >>> random_crop(0.25, 0.5)(torch.rand(1, 3, 8, 8)).shape
    torch.Size([1, 3, 8, 8])

    Raises:
        RecipeError: the sizes are not in 0…1, or the largest is smaller than the smallest.
    """

    part: float
    largest: float | None = None
    size: tuple[int, int] | None = None

    def __post_init__(self) -> None:
        if not 0 < self.part <= (self.part if self.largest is None else self.largest) <= 1:
            sizes = self.part if self.largest is None else f"{self.part}…{self.largest}"
            raise RecipeError(f"A crop's size is a part of the image's, above 0 and up to 1, not {sizes}.")

    def __call__(self, images: Tensor, generators: Sequence[Generator] | None = None) -> Tensor:
        """Crop each image (B, C, H, W) at a position of its own."""
        height, width = images.shape[2:]
        crops = []
        for image, generator in zip(images, _generators(images, generators), strict=True):
            part = self.part
            if self.largest is not None:
                part += (self.largest - part) * torch.rand((), generator=generator).item()
            rows, columns = (max(1, round(part * side)) for side in (height, width))
            top, left = (
                int(torch.randint(side - kept + 1, (), generator=generator))
                for side, kept in ((height, rows), (width, columns))
            )
            crop = image[None, :, top : top + rows, left : left + columns]
            size = self.size or (height, width)
            crops.append(functional.interpolate(crop, size, mode="bilinear", align_corners=False, antialias=True))
        return torch.cat(crops)


@checked()
@dataclass(frozen=True)
class pad:  # noqa: N801 - called like the functions beside it
    """Add a border; the views are then resized to the size that the network was given.

    Args:
        pixels: width of the border.
        value: its color, in [0, 1]; None mirrors the image.

    >>> pad(2)(torch.rand(1, 3, 8, 8)).shape
    torch.Size([1, 3, 12, 12])
    """

    pixels: int
    value: float | None = 0.5

    def __call__(self, images: Tensor) -> Tensor:
        """Pad images (B, C, H, W) in [0, 1]."""
        if self.value is None:
            return functional.pad(images, [self.pixels] * 4, mode="reflect")
        return functional.pad(images, [self.pixels] * 4, value=self.value)


@checked()
@dataclass(frozen=True)
class noise:  # noqa: N801 - called like the functions beside it
    """Add Gaussian noise (Fel et al. 2023, "MACO").

    Differs from the authors' code (Horama 0.3, Xplique), which adds uniform noise of half the size, too.

    Args:
        sd: its standard deviation; the range of images is 0…1.

    >>> noise(0.1)(torch.rand(1, 3, 8, 8)).shape
    torch.Size([1, 3, 8, 8])
    """

    sd: float

    def __call__(self, images: Tensor, generators: Sequence[Generator] | None = None) -> Tensor:
        """Add noise to images (B, C, H, W)."""
        drawn = [torch.randn(images.shape[1:], generator=chance) for chance in _generators(images, generators)]
        return images + self.sd * torch.stack(drawn).to(images.device, images.dtype)


def _generators(images: Tensor, generators: Sequence[Generator] | None) -> Sequence[Generator]:
    """Return a generator for each image, by default seeded from torch's global one."""
    if generators is not None:
        return generators
    return [Generator().manual_seed(int(torch.randint(2**62, ()))) for _ in images]


def view_size(transforms: Sequence[Transform], size: tuple[int, int], network: tuple[int, int]) -> tuple[int, int]:
    """Return the height and width of the views of an image: those of the image, except that crops of an image larger
    than the network's input are resized to that.

    Args:
        transforms: of the method.
        size: height and width of the image.
        network: those of the images that the network was trained on.
    """
    if not any(isinstance(transform, random_crop) for transform in transforms):
        return size
    factor = min(1.0, max(network) / max(size))
    height, width = size
    return max(1, round(factor * height)), max(1, round(factor * width))


def make_views(
    transforms: Sequence[Transform],
    generators: Sequence[Generator],
    count: int,
    canvas: Canvas,
    size: tuple[int, int] | None = None,
) -> list[View]:
    """Return so many views of the images, each a chain of the transforms.

    Affine maps are drawn for all views before the first step; other transforms draw when a view is used.

    Args:
        transforms: of the method.
        generators: one for each image.
        count: how many views.
        canvas: of the images.
        size: height and width of the views; by default those of the images.
    """
    size = size or canvas.size
    transforms = [
        replace(transform, size=size) if isinstance(transform, random_crop) and not transform.size else transform
        for transform in transforms
    ]
    if not transforms:
        return [lambda x: x] * count
    links: list[list[View]] = []
    for transform in transforms:
        if isinstance(transform, affine):
            maps = transform.draw(generators, count, canvas.size).to(canvas.device)
            links.append([partial(apply_affine, step) for step in maps])
        else:
            links.append([_adapted(transform, generators, canvas)] * count)
    return [partial(_chain, chain, size) for chain in zip(*links, strict=True)]


def _chain(links: Sequence[View], size: tuple[int, int], x: Tensor) -> Tensor:
    for link in links:
        x = link(x)
    return x if x.shape[2:] == size else _resize(x, size)


def _adapted(transform: Transform, generators: Sequence[Generator], canvas: Canvas) -> View:
    """Return a function of normalized images for one of images in [0, 1], with each image's own random numbers."""
    if takes(transform, 2) and not isinstance(transform, torch.nn.Module):

        def apply(images: Tensor) -> Tensor:
            return _checked(transform(images, generators))
    else:

        def apply(images: Tensor) -> Tensor:
            # Whatever it draws comes from torch's global generator: seeded for each image, and restored.
            views = []
            devices = [images.device.index or 0] if images.device.type == "cuda" else []
            # Some of torchvision's transforms write into tensors that their gradient needs.
            with torch.random.fork_rng(devices), torch.autograd.graph.saved_tensors_hooks(Tensor.clone, _same):
                for image, generator in zip(images, generators, strict=True):
                    torch.manual_seed(int(torch.randint(2**62, (), generator=generator)))
                    views.append(_checked(transform(image[None])))
            return torch.cat(views)

    return lambda x: canvas.normalize(apply(canvas.denormalize(x)))


def _same(x: Tensor) -> Tensor:
    return x


def _checked(images: Any) -> Tensor:
    if not isinstance(images, Tensor) or images.ndim != 4:
        shape = tuple(images.shape) if isinstance(images, Tensor) else type(images).__name__
        raise RecipeError(f"A transform must return images (B, C, H, W), not {shape}.")
    return images


def _resize(images: Tensor, size: tuple[int, int]) -> Tensor:
    return functional.interpolate(images, size, mode="bilinear", align_corners=False)


def random_affine(
    generator: Generator, steps: int, size: tuple[int, int], jitter: int, scale: float, rotate: float
) -> Tensor:
    """Draw random affine maps.

    Args:
        generator: the image's own.
        steps: how many maps.
        size: height and width of the image, in pixels.
        jitter: largest shift, in pixels; whole pixels, uniformly in -jitter…jitter, for each axis.
        scale: largest change of size, as a part of 1; uniform.
        rotate: largest rotation, in degrees; uniform.

    Returns:
        (steps, 2, 3), float32: output position -> input position, both in [-1, 1], as
        :func:`torch.nn.functional.affine_grid` takes them.
    """
    height, width = size
    angle, size_change, *shift = (2 * torch.rand(steps, 4, generator=generator) - 1).unbind(1)
    turn = torch.deg2rad(rotate * angle)
    factor = 1 / (1 + scale * size_change)
    cos, sin = factor * turn.cos(), factor * turn.sin()
    # A pixel is 2 / size of an image that reaches from -1 to 1.
    x, y = ((jitter + 0.49) * part for part in shift) if jitter else (torch.zeros(steps), torch.zeros(steps))
    x, y = x.round() * 2 / width, y.round() * 2 / height
    aspect = height / width
    return torch.stack(
        [torch.stack([cos, -sin * aspect, x], 1), torch.stack([sin / aspect, cos, y], 1)],
        1,
    )


def apply_affine(maps: Tensor, images: Tensor) -> Tensor:
    """Transform each image by its own map, bilinearly; beyond the border the image is mirrored.

    Args:
        maps: (B, 2, 3).
        images: (B, C, H, W), any range.
    """
    return functional.grid_sample(
        images, affine_grid(maps, (images.shape[2], images.shape[3])), padding_mode="reflection", align_corners=False
    )


def affine_grid(maps: Tensor, size: tuple[int, int]) -> Tensor:
    """Return the input position of each output position, (B, H, W, 2): :func:`torch.nn.functional.affine_grid`.

    In a tenth of its time: a sum of rows and columns, each position a complex number, in place of a matrix product.
    """
    rows, columns = ((torch.arange(side, device=maps.device) * 2 + 1 - side) / side for side in size)
    along, down, shift = torch.view_as_complex(maps.mT.contiguous()).unbind(1)
    return torch.view_as_real((along[:, None] * columns)[:, None] + (down[:, None] * rows + shift[:, None])[:, :, None])
