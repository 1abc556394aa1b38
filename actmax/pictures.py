"""Reads and writes image files: bytes or a path to 8-bit RGB. Does not import torch."""

from __future__ import annotations

import io
import re
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

from actmax.errors import PictureError, printable, reason
from actmax.files import digest

FORMATS = ("BMP", "GIF", "JPEG", "PNG", "TIFF", "WEBP")
"""Formats that are read, by Pillow's names. Pillow knows more, some of which start programs (EPS: Ghostscript)."""
SUFFIXES = (".webp", ".jpg", ".jpeg", ".png")
"""Of the image files that are collected from a folder."""
MAX_PIXELS = 7168 * 7168
"""Larger images are refused before they are decoded: a bomb's file may be tiny. This admits the 50 million pixels of a
phone; turning such an image upright takes two copies, 400 MB."""
MAX_SIDE = 65_535
"""The limit of JPEG and GIF. Rows have a cost of their own: one column takes three times as long as a square."""
MAX_SCANS = 64
"""Limit of a JPEG's passes over all its pixels, each of which a hundred bytes can demand. Progressive ones have ten."""
STRIP_PIXELS = 1 << 20
"""Pixels that are converted at a time."""
BACKGROUND = (128, 128, 128)
"""Color behind transparency. Gray is near the mean of photographs, so networks respond little to it, and neither a
black nor a white drawing on a transparent background disappears."""

_JPEG_SEGMENT = re.compile(rb"\xff([^\x00\x01\xd0-\xd8\xff])")
"""Marker of a segment that has a length."""


def read_rgb(source: bytes | Path | Image.Image) -> Image.Image:
    """Read an image as viewers display it.

    It is turned upright by its EXIF orientation and laid over :data:`BACKGROUND` where it is transparent; 16 bits are
    scaled to 8; CMYK, palettes and gray are converted; of an animation the first frame is taken. Color profiles are
    ignored, as in the data that classifiers are trained on.

    Args:
        source: a file's bytes, its path, or an image that has been opened.

    Returns:
        An image of mode ``RGB``, in memory, of at most :data:`MAX_PIXELS` pixels.

    Raises:
        PictureError: it cannot be read as an image; the message gives the reason.
    """
    if isinstance(source, Image.Image):
        with _refused(f"A PIL image of mode {source.mode}"):
            upright = ImageOps.exif_transpose(source)
            upright.format = source.format
            return _to_rgb(upright)
    if isinstance(source, bytes):
        return _read(io.BytesIO(source), "The file")
    try:
        if not source.is_file():  # opening a FIFO would wait for its writer
            raise _error(source, "it is a folder" if source.is_dir() else "it is absent or no regular file")
        with source.open("rb") as file:
            return _read(file, source)
    except OSError as error:
        raise _error(source, reason(error)) from None


def read_start(path: Path) -> tuple[str, Image.Image]:
    """Read an image to start from, and return it with its name in recipes, the first digits of the file's SHA-256.

    Raises:
        PictureError: as :func:`read_rgb`.
    """
    rgb = read_rgb(path)
    try:
        return digest(path.read_bytes()), rgb
    except OSError as error:  # it was there a moment ago
        raise _error(path, reason(error)) from None


def encode_image(image: Image.Image, file_format: str, **options: Any) -> bytes:
    """Encode an image as a file.

    Args:
        image: of any mode that the format can hold.
        file_format: Pillow's name of it, such as ``PNG`` or ``WEBP``.
        **options: of Pillow's encoder, such as ``quality``.
    """
    buffer = io.BytesIO()
    image.save(buffer, file_format, **options)
    return buffer.getvalue()


def _read(file: IO[bytes], name: object) -> Image.Image:
    with _refused(name), Image.open(file, formats=FORMATS) as image:
        _check_limits(image, file)
        ImageOps.exif_transpose(image, in_place=True)
        return _to_rgb(image)


@contextmanager
def _refused(name: object) -> Iterator[None]:
    """Raise whatever a decoder raises as an error of ours."""
    # Pillow warns of large images and of odd metadata; here an image is read or refused.
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            yield
        except PictureError as error:
            why = str(error)
        except UnidentifiedImageError:
            why = f"it is empty, damaged or in none of the formats {', '.join(FORMATS)}"
        except Image.DecompressionBombError:
            why = f"it has more than {MAX_PIXELS} pixels"
        except Exception:  # noqa: BLE001 - decoders raise whatever they stumble over
            why = "it is damaged or truncated"
        else:
            return
    raise _error(name, why) from None


def _error(name: object, why: str) -> PictureError:
    return PictureError(f"{printable(name)} cannot be read as an image: {why}. Name another, or save it as a PNG.")


def _check_limits(image: Image.Image, file: IO[bytes]) -> None:
    """Refuse an image that takes too much time or memory, before it is decoded."""
    limit = MAX_PIXELS
    if image.format == "WEBP":  # its decoder keeps three further copies
        limit //= 3
    elif image.format in ("JPEG", "MPO"):
        position = file.tell()
        file.seek(0)
        scans = _scan_count(file.read())
        file.seek(position)
        if scans > MAX_SCANS:
            raise PictureError(f"it consists of {scans} scans, more than {MAX_SCANS}")
        if scans > 1:  # the decoder keeps all coefficients, of two bytes each
            limit //= 2
    size = f"{image.width} × {image.height} pixels"
    if not 0 < image.width * image.height <= limit:
        raise PictureError(f"it has {size}, not between 1 and {limit}")
    if max(image.size) > MAX_SIDE:
        raise PictureError(f"it has {size}, more than {MAX_SIDE} a side")


def _scan_count(jpeg: bytes) -> int:
    """Return how often a JPEG makes its decoder pass over all pixels."""
    scans, position = 0, 2
    # Up to the end of the image, which a film may follow.
    while (marker := _JPEG_SEGMENT.search(jpeg, position)) and marker[1] != b"\xd9":
        scans += marker[1] == b"\xda"
        position = marker.end() + int.from_bytes(jpeg[marker.end() : marker.end() + 2], "big")
    return scans


def _to_rgb(image: Image.Image) -> Image.Image:
    """Convert in strips: each copy of a large image would be large, too."""
    is_16_bit = image.mode.startswith("I;16") or (image.mode == "I" and image.format == "PNG")
    if image.mode in ("I", "F") and not is_16_bit:
        raise PictureError("it has 32 bits a pixel, of which the value of white is unknown")
    rgb, rows = Image.new("RGB", image.size), -(-STRIP_PIXELS // image.width)
    for top in range(0, image.height, rows):
        strip = image.crop((0, top, image.width, min(top + rows, image.height)))
        rgb.paste(_opaque(_to_8_bit(strip) if is_16_bit else strip), (0, top))
    return rgb


def _opaque(image: Image.Image) -> Image.Image:
    if image.has_transparency_data:
        rgba = image.convert("RGBA")
        image = Image.alpha_composite(Image.new("RGBA", rgba.size, (*BACKGROUND, 255)), rgba)
    return image.convert("RGB")


def _to_8_bit(image: Image.Image) -> Image.Image:
    """Convert 16-bit gray to 8 bits, with an alpha channel if one level is declared transparent."""
    levels = np.asarray(image.convert("I"))
    gray = Image.fromarray(((levels + 128) // 257).astype(np.uint8))
    transparent = image.info.get("transparency")
    if isinstance(transparent, int):
        gray.putalpha(Image.fromarray(np.where(levels == transparent, 0, 255).astype(np.uint8)))
    return gray
