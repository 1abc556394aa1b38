"""Images to train and to examine on, from folders and tar files, decoded once and kept in memory."""

from __future__ import annotations

import io
import math
import re
import tarfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from PIL import Image
from torch import Generator, Tensor
from torch.nn import functional

from actmax.errors import ActmaxError
from actmax.networks import labels

SUFFIXES = (".webp", ".jpg", ".jpeg", ".png")
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

    Raises:
        ActmaxError: the path cannot be read, or holds no image.
    """
    found: dict[str, Tensor] = {}
    skipped = 0
    try:
        for name, data in _files(path):
            try:
                found[name] = _decode(data, shorter_side)
            except (OSError, ValueError, SyntaxError, Image.DecompressionBombError):
                skipped += 1
    except (OSError, tarfile.TarError) as error:
        raise ActmaxError(f"{path} is no folder or tar file of images that can be read: {error}.") from None
    if not found:
        hint = f"none of its {skipped} image files can be read" if skipped else f"no file ends in {', '.join(SUFFIXES)}"
        raise ActmaxError(f"There are no images in {path}: {hint}.")
    names = sorted(found)
    return Images(path.name, tuple(names), tuple(found[name] for name in names), skipped)


def _files(path: Path) -> Iterator[tuple[str, bytes]]:
    if path.is_dir():
        for file in sorted(path.rglob("*")):
            if file.suffix.lower() in SUFFIXES and file.is_file():
                yield file.relative_to(path).as_posix(), file.read_bytes()
        return
    with tarfile.open(path) as archive:
        for member in archive:
            opened = archive.extractfile(member) if member.name.lower().endswith(SUFFIXES) else None
            if opened:
                yield member.name, opened.read()


def _decode(data: bytes, shorter_side: int) -> Tensor:
    with Image.open(io.BytesIO(data)) as image:
        rgb = image.convert("RGB")
    shrink = shorter_side / min(rgb.size)
    if shrink < 1:
        rgb = rgb.resize((round(rgb.width * shrink), round(rgb.height * shrink)), Image.Resampling.BICUBIC)
    values = torch.frombuffer(bytearray(rgb.tobytes()), dtype=torch.uint8)
    return values.view(rgb.height, rgb.width, 3).permute(2, 0, 1)


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
        generator: all chance comes from it.
    """
    views = []
    for pick, area, ratio, top, left, mirror in torch.rand(count, 6, generator=generator).tolist():
        image = images.pixels[int(pick * len(images.pixels))]
        _, height, width = image.shape
        smallest = least_small if min(height, width) < size / 2 else least
        side = math.sqrt(height * width * (smallest + area * (1 - smallest)))
        stretch = (4 / 3) ** (ratio - 0.5)  # the square root of an aspect ratio of 3/4…4/3
        high, wide = min(height, round(side / stretch)), min(width, round(side * stretch))
        y, x = int(top * (height - high + 1)), int(left * (width - wide + 1))
        crop = image[:, y : y + high, x : x + wide]
        views.append(_resize(crop.flip(2) if mirror < 0.5 else crop, size))
    return torch.stack(views)


def _resize(image: Tensor, size: int) -> Tensor:
    return functional.interpolate(image[None], (size, size), mode="bilinear", antialias=True)[0]
