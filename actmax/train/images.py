"""Images to train and to examine on, from folders and tar files, decoded once and kept in memory."""

from __future__ import annotations

import lzma
import math
import re
import tarfile
import zlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import torch
from PIL import Image
from torch import Generator, Tensor
from torch.nn import functional

from actmax.errors import ActmaxError, PictureError
from actmax.networks import labels
from actmax.pictures import read_rgb
from actmax.tensors import image_to_tensor

SUFFIXES = (".webp", ".jpg", ".jpeg", ".png")
MOST_BYTES = 64 << 20
"""Of a tar's member, which is read whole before it is decoded; photographs stay far below."""
HOLDOUT_SEED = 64
"""Never a run's own: all runs on the same images keep the same ones out, and can be compared."""


@dataclass(frozen=True)
class Images:
    """One source, decoded."""

    name: str
    names: tuple[str, ...]
    pixels: tuple[Tensor, ...]
    """RGB (3, H, W), uint8, each of its own size."""
    skipped: int
    """Files that no image could be read from."""

    def only(self, keep: Callable[[str], bool]) -> Images:
        """Those whose name is to be kept."""
        kept = [index for index, name in enumerate(self.names) if keep(name)]
        return Images(self.name, tuple(self.names[i] for i in kept), tuple(self.pixels[i] for i in kept), self.skipped)


def read_images(path: Path, shorter_side: int = 288) -> Images:
    """Every WebP, JPEG and PNG of a folder, with its subfolders, or of a tar file, ordered by name.

    Args:
        path: of the folder or the tar file, which may be compressed.
        shorter_side: larger images are shrunk to this, in pixels.

    Raises:
        ActmaxError: the path cannot be read, or holds no image.
    """
    pixels: dict[str, Tensor] = {}
    skipped = 0
    try:
        for name, file in _folder(path) if path.is_dir() else _tar(path):
            try:
                pixels[name] = _pixels(file, shorter_side)
            except PictureError:
                skipped += 1
    except (OSError, EOFError, ValueError, tarfile.TarError, zlib.error, lzma.LZMAError) as error:
        raise ActmaxError(f"{path} is no folder or tar file of images that can be read: {error}.") from None
    if not pixels:
        hint = f"none of its {skipped} image files can be read" if skipped else f"no file ends in {', '.join(SUFFIXES)}"
        raise ActmaxError(f"There are no images in {path}: {hint}.")
    names = sorted(pixels)
    return Images(path.name, tuple(names), tuple(pixels[name] for name in names), skipped)


def _folder(path: Path) -> Iterator[tuple[str, Path]]:
    for file in sorted(path.rglob("*")):
        if file.suffix.lower() in SUFFIXES and file.is_file():
            yield file.relative_to(path).as_posix(), file


def _tar(path: Path) -> Iterator[tuple[str, bytes]]:
    """Regular files only: a link or a device in an archive says nothing about where it leads. What is too large to
    be read is yielded empty, so that it counts as a file that no image could be read from."""
    if not path.is_file():  # opening a fifo would wait for whoever writes to it
        raise FileNotFoundError("there is no such file")
    with tarfile.open(path) as archive:
        for member in archive:
            if member.name.lower().endswith(SUFFIXES) and member.isreg():
                opened = archive.extractfile(member) if member.size <= MOST_BYTES else None
                yield member.name, opened.read() if opened else b""


def _pixels(file: bytes | Path, shorter_side: int) -> Tensor:
    rgb = read_rgb(file)
    shrink = shorter_side / min(rgb.size)
    if shrink < 1:
        rgb = rgb.resize((round(rgb.width * shrink), round(rgb.height * shrink)), Image.Resampling.BICUBIC)
    return image_to_tensor(rgb)


def hold_out(sources: Sequence[Images], count: int) -> tuple[Images, list[Images]]:
    """Parts ``count`` images of the largest source from the rest, always the same ones.

    Raises:
        ActmaxError: nothing would be left to train on.
    """
    largest = max(sources, key=lambda source: len(source.names))
    if count >= len(largest.names):
        raise ActmaxError(
            f"{count} images are to be held out of {largest.name}, which holds {len(largest.names)}: "
            "give more images, or set a smaller holdout."
        )
    order = torch.randperm(len(largest.names), generator=Generator().manual_seed(HOLDOUT_SEED))
    held = {largest.names[index] for index in order[:count].tolist()}
    rest = [source.only(lambda name: name not in held) if source is largest else source for source in sources]
    return largest.only(lambda name: name in held), rest


def framed(images: Images, size: int) -> Tensor:
    """Each image's centre, whole on its shorter side -> (B, 3, size, size), uint8."""
    views = []
    for image in images.pixels:
        _, height, width = image.shape
        side = min(height, width)
        top, left = (height - side) // 2, (width - side) // 2
        views.append(_resize(image[:, top : top + side, left : left + side], size))
    return torch.stack(views)


def truth(images: Images) -> Tensor:
    """The class that the WNID in each image's name says, or -1 -> (B,)."""
    index = {label.wnid: label.index for label in labels.classes()}
    wnids = (re.search(r"n\d{8}", name) for name in images.names)
    return torch.tensor([index.get(wnid.group(), -1) if wnid else -1 for wnid in wnids])


def random_views(
    images: Images, count: int, size: int, least: float, least_small: float, generator: Generator
) -> Tensor:
    """Random resized crops, half of them mirrored (Szegedy et al. 2015) -> (count, 3, size, size), uint8.

    Args:
        images: picked from with equal chances.
        count: how many crops.
        size: width and height to which a crop is resized.
        least: smallest area of a crop, as a part of its image.
        least_small: the same for images smaller than half of ``size``, which hold little to crop.
        generator: the only source of randomness.
    """
    views = []
    for crop in random_crops(images, count, size, least, least_small, generator):
        part = images.pixels[crop.image][:, crop.top : crop.top + crop.high, crop.left : crop.left + crop.wide]
        views.append(_resize(part.flip(2) if crop.mirrored else part, size))
    return torch.stack(views)


class Crop(NamedTuple):
    """A part of an image, in pixels."""

    image: int
    top: int
    left: int
    high: int
    wide: int
    mirrored: bool


def random_crops(
    images: Images, count: int, size: int, least: float, least_small: float, generator: Generator
) -> list[Crop]:
    """The crops of :func:`random_views`."""
    crops = []
    for pick, area, ratio, top, left, mirror in torch.rand(count, 6, generator=generator).tolist():
        index = int(pick * len(images.pixels))
        _, height, width = images.pixels[index].shape
        smallest = least_small if min(height, width) < size / 2 else least
        side = math.sqrt(height * width * (smallest + area * (1 - smallest)))
        stretch = (4 / 3) ** (ratio - 0.5)  # the square root of an aspect ratio of 3/4…4/3
        high, wide = min(height, round(side / stretch)), min(width, round(side * stretch))
        y, x = int(top * (height - high + 1)), int(left * (width - wide + 1))
        crops.append(Crop(index, y, x, high, wide, mirror < 0.5))
    return crops


class Pool:
    """A source's images in the memory of a device, where all crops of a step are made at once.

    A GPU would wait for the processor to crop one image after another. Where a crop is shrunk, each pixel is the mean
    of 2 × 2 samples, which serves to half the size.
    """

    def __init__(self, images: Images, device: torch.device) -> None:
        self.images = images
        shapes = torch.tensor([image.shape[1:] for image in images.pixels])
        areas = shapes.prod(1)
        self._shapes, self._starts = shapes.to(device), (areas.cumsum(0) - areas).to(device)
        # Red, green, blue and nothing, as one number: a pixel is then fetched at once.
        pixels = [functional.pad(image.permute(1, 2, 0), (0, 1)).reshape(-1, 4) for image in images.pixels]
        self._pixels = torch.cat(pixels).contiguous().view(torch.int32).view(-1).to(device)

    def random_views(self, count: int, size: int, least: float, least_small: float, generator: Generator) -> Tensor:
        """As the function of this name, but for rounding -> (count, 3, size, size), float32, 0…255."""
        crops = random_crops(self.images, count, size, least, least_small, generator)
        numbers = torch.tensor(crops).to(self._pixels.device)
        image, top, left, high, wide, mirrored = numbers.unbind(1)
        fine = 2 * size if max(max(crop.high, crop.wide) for crop in crops) > size else size
        place = (torch.arange(fine, device=numbers.device) + 0.5) / fine
        height, width = self._shapes[image].unbind(1)
        rows = (top[:, None] + place * high[:, None] - 0.5).clamp_min(0)
        columns = torch.where(mirrored[:, None] > 0, 1 - place, place) * wide[:, None]
        columns = (left[:, None] + columns - 0.5).clamp_min(0)
        (above, below, down), (before, behind, right) = _neighbours(rows, height), _neighbours(columns, width)
        start = self._starts[image][:, None, None]

        def fetch(row: Tensor, column: Tensor) -> Tensor:
            packed = self._pixels[start + row[:, :, None] * width[:, None, None] + column[:, None, :]]
            return packed.view(torch.uint8).view(*packed.shape, 4)[..., :3].float()

        right = right[:, None, :, None]
        upper = torch.lerp(fetch(above, before), fetch(above, behind), right)
        lower = torch.lerp(fetch(below, before), fetch(below, behind), right)
        views = torch.lerp(upper, lower, down[:, :, None, None]).permute(0, 3, 1, 2)
        return functional.avg_pool2d(views, 2) if fine > size else views


def _neighbours(places: Tensor, sizes: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Places (B, n) between pixels, of images so long (B,) -> the pixel before and behind each, and the way between."""
    last = sizes[:, None] - 1
    before = torch.minimum(places.long(), last)
    return before, torch.minimum(before + 1, last), places - before


def _resize(image: Tensor, size: int) -> Tensor:
    return functional.interpolate(image[None], (size, size), mode="bilinear", antialias=True)[0]
