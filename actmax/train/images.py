"""Images to train and to evaluate on, from folders and tar files, decoded once and kept in memory."""

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
from actmax.pictures import SUFFIXES, read_rgb
from actmax.tensors import image_to_tensor

MAX_MEMBER_BYTES = 64 << 20
"""Size limit of a tar's member, which is read whole before it is decoded; photographs are far smaller."""
HOLDOUT_SEED = 64
"""Not a run's own seed: all runs on the same images hold out the same ones, so that their results are comparable."""


class Crop(NamedTuple):
    """A part of an image, in pixels."""

    image: int
    top: int
    left: int
    height: int
    width: int
    mirrored: bool


@dataclass(frozen=True)
class Images:
    """The decoded images of one source."""

    name: str
    names: tuple[str, ...]
    pixels: tuple[Tensor, ...]
    """RGB (3, H, W), uint8, each of its own size."""
    skipped: int
    """Number of files that could not be read as images."""

    def only(self, wanted: Callable[[str], bool]) -> Images:
        """Return the images whose names are wanted."""
        kept = [index for index, name in enumerate(self.names) if wanted(name)]
        return Images(self.name, tuple(self.names[i] for i in kept), tuple(self.pixels[i] for i in kept), self.skipped)

    def random_views(self, count: int, size: int, min_crop: float, min_crop_small: float, rng: Generator) -> Tensor:
        """Return random resized crops, half of them mirrored (Szegedy et al. 2015): (count, 3, size, size), uint8.

        Args:
            count: number of crops; images are chosen with equal probability.
            size: width and height to which a crop is resized.
            min_crop: smallest area of a crop, as a fraction of its image.
            min_crop_small: the same for images smaller than half of ``size``, which have little to crop.
            rng: the only source of randomness.
        """
        views = []
        for crop in self.random_crops(count, size, min_crop, min_crop_small, rng):
            part = self.pixels[crop.image][:, crop.top : crop.top + crop.height, crop.left : crop.left + crop.width]
            views.append(_resize(part.flip(2) if crop.mirrored else part, size))
        return torch.stack(views)

    def random_crops(self, count: int, size: int, min_crop: float, min_crop_small: float, rng: Generator) -> list[Crop]:
        """Return the crops of :meth:`random_views`."""
        crops = []
        for pick, area, ratio, top, left, mirror in torch.rand(count, 6, generator=rng).tolist():
            index = int(pick * len(self.pixels))
            _, height, width = self.pixels[index].shape
            smallest = min_crop_small if min(height, width) < size / 2 else min_crop
            side = math.sqrt(height * width * (smallest + area * (1 - smallest)))
            stretch = (4 / 3) ** (ratio - 0.5)  # the square root of an aspect ratio of 3/4…4/3
            high, wide = min(height, round(side / stretch)), min(width, round(side * stretch))
            y, x = int(top * (height - high + 1)), int(left * (width - wide + 1))
            crops.append(Crop(index, y, x, high, wide, mirror < 0.5))
        return crops


def read_sources(paths: Sequence[Path], shorter_side: int, report: Callable[[str], object]) -> list[Images]:
    """Read the images of several folders and tar files, and report how many there are; see :func:`read_images`."""
    sources = [read_images(path, shorter_side) for path in paths]
    for source in sources:
        report(f"{source.name}: {len(source.names)} images, {source.skipped} files that cannot be read")
    return sources


def data_names(sources: Sequence[Images]) -> str:
    """Return the names and sizes of sources, for an exported file's header; names of files only, no paths."""
    return "; ".join(f"{source.name}: {len(source.names)} images" for source in sources)


def read_images(path: Path, shorter_side: int = 288) -> Images:
    """Read every WebP, JPEG and PNG of a folder with its subfolders, or of a tar file, ordered by name.

    Args:
        path: of the folder or the tar file, which may be compressed.
        shorter_side: larger images are reduced to this, in pixels.

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
        raise ActmaxError(f"{path} is no readable folder or tar file of images: {error}.") from None
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
    """Yield regular files only: a link or a device could lead anywhere. Too large a member is yielded empty, so that it
    counts as unreadable."""
    if not path.is_file():  # opening a FIFO would wait for its writer
        raise FileNotFoundError("there is no such file")
    with tarfile.open(path) as archive:
        for member in archive:
            if member.name.lower().endswith(SUFFIXES) and member.isreg():
                opened = archive.extractfile(member) if member.size <= MAX_MEMBER_BYTES else None
                yield member.name, opened.read() if opened else b""


def _pixels(file: bytes | Path, shorter_side: int) -> Tensor:
    rgb = read_rgb(file)
    scale = shorter_side / min(rgb.size)
    if scale < 1:
        rgb = rgb.resize((round(rgb.width * scale), round(rgb.height * scale)), Image.Resampling.BICUBIC)
    return image_to_tensor(rgb)


def hold_out(sources: Sequence[Images], counts: int | Sequence[int]) -> tuple[list[Images], list[Images]]:
    """Separate images from the rest, always the same ones.

    Args:
        sources: of images.
        counts: how many of the largest source, or a number for each.

    Returns:
        Those held out, of the sources that give any, and the rest of each source.

    Raises:
        ActmaxError: nothing of a source would be left to train on.
    """
    if isinstance(counts, int):
        largest = max(sources, key=lambda source: len(source.names))
        counts = [counts if source is largest else 0 for source in sources]
    held, rest = [], []
    for source, count in zip(sources, counts, strict=True):
        if count >= len(source.names):
            raise ActmaxError(
                f"{count} images are to be held out of {source.name}, which holds {len(source.names)}: "
                "give more images, or set a smaller holdout."
            )
        order = torch.randperm(len(source.names), generator=Generator().manual_seed(HOLDOUT_SEED))
        chosen = {source.names[index] for index in order[:count].tolist()}
        if count:
            held.append(source.only(chosen.__contains__))
        rest.append(source.only(set(source.names).difference(chosen).__contains__) if count else source)
    return held, rest


def framed(images: Images, size: int) -> Tensor:
    """Return the largest centered square of each image, resized: (B, 3, size, size), uint8."""
    views = []
    for image in images.pixels:
        _, height, width = image.shape
        side = min(height, width)
        top, left = (height - side) // 2, (width - side) // 2
        views.append(_resize(image[:, top : top + side, left : left + side], size))
    return torch.stack(views)


def true_classes(images: Images) -> Tensor:
    """Return the class of the WNID in each image's name, or -1 where there is none: (B,)."""
    index = {label.wnid: label.index for label in labels.classes()}
    wnids = (re.search(r"n\d{8}", name) for name in images.names)
    return torch.tensor([index.get(wnid.group(), -1) if wnid else -1 for wnid in wnids])


class DeviceImages:
    """A source's images in the memory of a GPU, which crops a whole batch at once (slower than :class:`Images` on a
    CPU, and the GPU would wait for that).

    Where a crop is reduced, each pixel is the mean of 2 × 2 samples: enough down to half the size.
    """

    def __init__(self, images: Images, device: torch.device) -> None:
        self.images = images
        shapes = torch.tensor([image.shape[1:] for image in images.pixels])
        areas = shapes.prod(1)
        self._shapes, self._starts = shapes.to(device), (areas.cumsum(0) - areas).to(device)
        # Red, green, blue and a pad packed into one number, so that one look-up fetches a pixel.
        pixels = [functional.pad(image.permute(1, 2, 0), (0, 1)).reshape(-1, 4) for image in images.pixels]
        self._pixels = torch.cat(pixels).contiguous().view(torch.int32).view(-1).to(device)

    def random_views(self, count: int, size: int, min_crop: float, min_crop_small: float, rng: Generator) -> Tensor:
        """As :meth:`Images.random_views`, but not rounded: (count, 3, size, size), float32, 0…255."""
        crops = self.images.random_crops(count, size, min_crop, min_crop_small, rng)
        image, top, left, high, wide, mirrored = torch.tensor(crops).to(self._pixels.device).unbind(1)
        samples = 2 * size if max(max(crop.height, crop.width) for crop in crops) > size else size
        part = (torch.arange(samples, device=image.device) + 0.5) / samples
        height, width = self._shapes[image].unbind(1)
        rows = (top[:, None] + part * high[:, None] - 0.5).clamp_min(0)
        columns = torch.where(mirrored[:, None] > 0, 1 - part, part) * wide[:, None]
        columns = (left[:, None] + columns - 0.5).clamp_min(0)
        (above, below, down), (before, behind, right) = _neighbors(rows, height), _neighbors(columns, width)
        start = self._starts[image][:, None, None]

        def fetch(row: Tensor, column: Tensor) -> Tensor:
            packed = self._pixels[start + row[:, :, None] * width[:, None, None] + column[:, None, :]]
            return packed.view(torch.uint8).view(*packed.shape, 4)[..., :3].float()

        right = right[:, None, :, None]
        upper = torch.lerp(fetch(above, before), fetch(above, behind), right)
        lower = torch.lerp(fetch(below, before), fetch(below, behind), right)
        views = torch.lerp(upper, lower, down[:, :, None, None]).permute(0, 3, 1, 2)
        return functional.avg_pool2d(views, 2) if samples > size else views


def _neighbors(positions: Tensor, lengths: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Return the pixels before and behind positions (B, n) in images of these lengths (B,), and the part between."""
    last = lengths[:, None] - 1
    before = torch.minimum(positions.long(), last)
    return before, torch.minimum(before + 1, last), positions - before


def _resize(image: Tensor, size: int) -> Tensor:
    return functional.interpolate(image[None], (size, size), mode="bilinear", antialias=True)[0]
