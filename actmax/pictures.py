"""The one place where a picture file is opened: bytes or a path -> 8-bit RGB. Needs no torch."""

from __future__ import annotations

import io
import warnings
from pathlib import Path
from typing import IO

from PIL import Image, ImageOps, UnidentifiedImageError

from actmax.errors import PictureError, reason

FORMATS = ("BMP", "GIF", "JPEG", "PNG", "TIFF", "WEBP")
"""Pillow's names of what is read. It knows more, and some of those start programs (EPS: Ghostscript)."""
MOST_PIXELS = 8192 * 8192
"""Larger pictures are refused before they are decoded: 200 MB as RGB, and a bomb's file may be tiny."""
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
        PictureError: it cannot be read as a picture; one sentence that says why.
    """
    if isinstance(source, bytes):
        return _read(io.BytesIO(source), "The file")
    try:
        # Opening a fifo would wait for whoever writes to it.
        if not source.is_file():
            why = "it is a folder" if source.is_dir() else "it is absent or no regular file"
            raise PictureError(f"{source} cannot be read as a picture: {why}.")
        with source.open("rb") as file:
            return _read(file, str(source))
    except OSError as error:
        raise PictureError(f"{source} cannot be read as a picture: {reason(error)}.") from None


def _read(file: IO[bytes], name: str) -> Image.Image:
    # Pillow warns of large pictures and of odd metadata; here a picture is read or refused.
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            with Image.open(file, formats=FORMATS) as image:
                if image.width * image.height <= MOST_PIXELS:
                    return _rgb(ImageOps.exif_transpose(image))
                why = f"{image.width} × {image.height} pixels are more than the {MOST_PIXELS} that are allowed"
        except PictureError as error:
            why = str(error)
        except UnidentifiedImageError:
            why = f"it is empty, damaged or in none of the formats {', '.join(FORMATS)}"
        except Image.DecompressionBombError:
            why = f"it has more pixels than the {MOST_PIXELS} that are allowed"
        except Exception:  # noqa: BLE001 - decoders raise whatever they stumble over
            why = "it is damaged or cut short"
    raise PictureError(f"{name} cannot be read as a picture: {why}.") from None


def _rgb(image: Image.Image) -> Image.Image:
    if image.mode.startswith("I;16") or (image.mode == "I" and image.format == "PNG"):
        image = _grey(image)
    elif image.mode in ("I", "F"):
        raise PictureError("it has 32 bits a pixel, and which number is white is not known")
    if image.has_transparency_data:
        own = image.convert("RGBA")
        image = Image.alpha_composite(Image.new("RGBA", own.size, (*BACKGROUND, 255)), own)
    return image.convert("RGB")


def _grey(image: Image.Image) -> Image.Image:
    """16-bit grey -> 8-bit grey, with alpha where one level is declared transparent."""
    levels = image.convert("I")
    steps = range(1 << 16)
    grey = levels.point([round(level / 257) for level in steps], "L")
    clear = image.info.get("transparency")
    if isinstance(clear, int):
        grey.putalpha(levels.point([0 if level == clear else 255 for level in steps], "L"))
    return grey
