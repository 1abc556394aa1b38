"""The one place where a picture file is opened: bytes or a path -> 8-bit RGB. Needs no torch."""

from __future__ import annotations

import io
import re
import warnings
from functools import cache, lru_cache
from pathlib import Path
from typing import IO, Any

from PIL import Image, ImageOps, UnidentifiedImageError

from actmax.errors import PictureError, printable, reason
from actmax.files import digest

FORMATS = ("BMP", "GIF", "JPEG", "PNG", "TIFF", "WEBP")
"""Pillow's names of what is read. It knows more, and some of those start programs (EPS: Ghostscript)."""
MOST_PIXELS = 7168 * 7168
"""Larger pictures are refused before they are decoded, and a bomb's file may be tiny. A phone's 50 million are allowed:
two pictures of so many, which is what it takes to turn one, are 400 MB."""
LONGEST_SIDE = 65_535
"""As in JPEGs and GIFs. Rows have their costs, too: a picture of one column takes three times what a square takes."""
MOST_SCANS = 64
"""Of a JPEG. A progressive one has ten; a hundred bytes are enough for one more, which passes over all pixels again."""
STRIP = 1 << 20
"""Pixels that are converted at a time."""
_MARKER = re.compile(rb"\xff([^\x00\x01\xd0-\xd8\xff])")
"""What a part of a JPEG begins with that says how long it is."""
BACKGROUND = (128, 128, 128)
"""What shows through transparency. Middle grey is near the mean of photographs, so a network has least to say
about it, and neither a black nor a white drawing on a transparent ground disappears in it."""


def read_rgb(source: bytes | Path) -> Image.Image:
    """A picture as a person sees it, whatever its file is like.

    Turned upright by its EXIF orientation; transparency over :data:`BACKGROUND`; 16 bits scaled to 8, not cut off;
    CMYK, palettes and grey converted; of an animation the first frame. Colour profiles are ignored, as in the
    pictures that classifiers are trained on.

    Args:
        source: the file's bytes, or its path.

    Returns:
        An image of mode ``RGB``, in memory, of at most :data:`MOST_PIXELS` pixels.

    Raises:
        PictureError: it cannot be read as an image; one sentence that says why.
    """
    if isinstance(source, bytes):
        return _read(io.BytesIO(source), "The file")
    try:
        # Opening a fifo would wait for whoever writes to it.
        if not source.is_file():
            why = "it is a folder" if source.is_dir() else "it is absent or no regular file"
            raise _refused(source, why)
        with source.open("rb") as file:
            return _read(file, str(source))
    except OSError as error:
        raise _refused(source, reason(error)) from None


def read_start(path: Path) -> tuple[str, Image.Image]:
    """A picture to start from, and the name that a recipe calls it by: the first digits of the file's SHA-256.

    Raises:
        PictureError: as :func:`read_rgb` does.
    """
    rgb = read_rgb(path)
    try:
        return digest(path.read_bytes()), rgb
    except OSError as error:  # it was there a moment ago
        raise _refused(path, reason(error)) from None


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


def _read(file: IO[bytes], name: str) -> Image.Image:
    # Pillow warns of large pictures and of odd metadata; here a picture is read or refused.
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            with Image.open(file, formats=FORMATS) as image:
                _check(image, file)
                ImageOps.exif_transpose(image, in_place=True)
                return _rgb(image)
        except PictureError as error:
            why = str(error)
        except UnidentifiedImageError:
            why = f"it is empty, damaged or in none of the formats {', '.join(FORMATS)}"
        except Image.DecompressionBombError:
            why = f"it has more pixels than the {MOST_PIXELS} that are allowed"
        except Exception:  # noqa: BLE001 - decoders raise whatever they stumble over
            why = "it is damaged or cut short"
    raise _refused(name, why) from None


def _refused(name: object, why: str) -> PictureError:
    return PictureError(f"{printable(name)} cannot be read as an image: {why}. Use another, or save it as a PNG.")


def _check(image: Image.Image, file: IO[bytes]) -> None:
    """Refuses what would take too much time or memory, before anything is decoded."""
    pixels, most = image.width * image.height, MOST_PIXELS
    if not pixels:
        raise PictureError("it has no pixels")
    if image.format == "WEBP":  # its decoder keeps three pictures besides the one that it makes
        most //= 3
    elif image.format in ("JPEG", "MPO"):
        place = file.tell()
        file.seek(0)
        scans = _scans(file.read())
        file.seek(place)
        if scans > MOST_SCANS:
            raise PictureError(f"it is made of {scans} scans, and more than {MOST_SCANS} are not allowed")
        if scans > 1:  # the decoder keeps all coefficients, of two bytes each
            most //= 2
    if pixels > most:
        raise PictureError(f"{image.width} × {image.height} pixels are more than the {most} that are allowed")
    if max(image.size) > LONGEST_SIDE:
        raise PictureError(f"of {image.width} × {image.height} pixels, not more than {LONGEST_SIDE} a side are allowed")


def _scans(jpeg: bytes) -> int:
    """How often a JPEG has its decoder pass over the whole picture."""
    scans, place = 0, 2
    while (marker := _MARKER.search(jpeg, place)) and marker[1] != b"\xd9":  # the end; a film may follow
        scans += marker[1] == b"\xda"
        place = marker.end() + int.from_bytes(jpeg[marker.end() : marker.end() + 2], "big")
    return scans


def _rgb(image: Image.Image) -> Image.Image:
    """Strip by strip: a picture may be large, and with it each copy on the way."""
    deep = image.mode.startswith("I;16") or (image.mode == "I" and image.format == "PNG")
    if image.mode in ("I", "F") and not deep:
        raise PictureError("it has 32 bits a pixel, and which number is white is not known")
    rgb, rows = Image.new("RGB", image.size), -(-STRIP // image.width)
    for top in range(0, image.height, rows):
        strip = image.crop((0, top, image.width, min(top + rows, image.height)))
        rgb.paste(_opaque(_grey(strip) if deep else strip), (0, top))
    return rgb


def _opaque(image: Image.Image) -> Image.Image:
    if image.has_transparency_data:
        own = image.convert("RGBA")
        image = Image.alpha_composite(Image.new("RGBA", own.size, (*BACKGROUND, 255)), own)
    return image.convert("RGB")


def _grey(image: Image.Image) -> Image.Image:
    """16-bit grey -> 8-bit grey, with alpha where one level is declared transparent."""
    levels = image.convert("I")
    grey = levels.point(_scaled(), "L")
    clear = image.info.get("transparency")
    if isinstance(clear, int):
        grey.putalpha(levels.point(_all_but(clear), "L"))
    return grey


@cache
def _scaled() -> list[int]:
    return [round(level / 257) for level in range(1 << 16)]


@lru_cache(1)
def _all_but(clear: int) -> list[int]:
    return [0 if level == clear else 255 for level in range(1 << 16)]
