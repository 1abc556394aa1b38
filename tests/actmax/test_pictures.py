"""Tests of actmax.pictures: an image file is read as viewers display it, or refused with a reason."""

from __future__ import annotations

import contextlib
import hashlib
import io
import os
import random
import struct
import subprocess
import sys
import zlib
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from actmax.errors import PictureError
from actmax.pictures import BACKGROUND, FORMATS, MAX_PIXELS, read_rgb, read_start

RED, BLUE = (255, 0, 0), (0, 0, 255)


def encoded(image: Image.Image, kind: str = "PNG", **options: Any) -> bytes:
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def halves(width: int = 64, height: int = 32) -> Image.Image:
    """Blue on the left, red on the right."""
    image = Image.new("RGB", (width, height), RED)
    image.paste(BLUE, (0, 0, width // 2, height))
    return image


def noise() -> Image.Image:
    return Image.frombytes("RGB", (64, 64), random.Random(0).randbytes(64 * 64 * 3))


def palette(*colors: tuple[int, int, int]) -> Image.Image:
    image = Image.new("P", (4, 4), 1)
    image.putpalette([level for color in colors for level in color])
    return image


def png(width: int, height: int) -> bytes:
    """Return a file of a few bytes whose header declares this size."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"")) + chunk(b"IEND", b"")


def near(pixel: Any, color: tuple[int, int, int]) -> bool:
    return all(abs(a - b) <= 6 for a, b in zip(pixel, color, strict=True))


@pytest.mark.parametrize("kind", FORMATS)
def test_every_format_is_read_from_bytes_and_from_a_path(kind: str, tmp_path: Path) -> None:
    data = encoded(halves(), kind)
    (tmp_path / "picture").write_bytes(data)
    image = read_rgb(data)
    assert (image.mode, image.size) == ("RGB", (64, 32))
    assert near(image.getpixel((10, 16)), BLUE)
    assert near(image.getpixel((50, 16)), RED)
    assert read_rgb(tmp_path / "picture").tobytes() == image.tobytes()


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "TIFF", "WEBP"])
@pytest.mark.parametrize(
    ("orientation", "size", "blue"),
    [
        (1, (64, 32), (5, 16)),
        (2, (64, 32), (58, 16)),
        (3, (64, 32), (58, 16)),
        (6, (32, 64), (16, 5)),
        (8, (32, 64), (16, 58)),
    ],
)
def test_the_exif_orientation_is_applied(
    kind: str, orientation: int, size: tuple[int, int], blue: tuple[int, int]
) -> None:
    exif = Image.Exif()
    exif[0x112] = orientation
    image = read_rgb(encoded(halves(), kind, exif=exif))
    assert image.size == size
    assert near(image.getpixel(blue), BLUE)


@pytest.mark.parametrize(
    ("image", "options", "color"),
    [
        (Image.new("RGBA", (4, 4), (255, 0, 0, 0)), {}, BACKGROUND),
        (Image.new("RGBA", (4, 4), (255, 0, 0, 255)), {}, RED),
        (Image.new("RGBA", (4, 4), (255, 255, 255, 128)), {}, (192, 192, 192)),
        (Image.new("LA", (4, 4), (0, 0)), {}, BACKGROUND),
        (palette(RED, BLUE), {"transparency": 1}, BACKGROUND),
        (palette(RED, BLUE), {"transparency": 0}, BLUE),
        (Image.new("L", (4, 4), 7), {"transparency": 7}, BACKGROUND),
        (Image.new("RGB", (4, 4), RED), {"transparency": RED}, BACKGROUND),
        (Image.new("I;16", (4, 4), 300), {"transparency": 300}, BACKGROUND),
        (Image.new("1", (4, 4), 1), {}, (255, 255, 255)),
        (palette(RED, BLUE), {}, BLUE),
    ],
)
def test_modes_are_converted_and_transparency_shows_the_background(
    image: Image.Image, options: dict[str, Any], color: tuple[int, int, int]
) -> None:
    assert near(read_rgb(encoded(image, **options)).getpixel((2, 2)), color)


@pytest.mark.parametrize("kind", ["PNG", "TIFF"])
@pytest.mark.parametrize(("level", "gray"), [(0, 0), (128, 0), (129, 1), (32768, 128), (65406, 254), (65535, 255)])
def test_16_bits_are_scaled_to_8(kind: str, level: int, gray: int) -> None:
    assert read_rgb(encoded(Image.new("I;16", (4, 4), level), kind)).getpixel((2, 2)) == (gray, gray, gray)


@pytest.mark.parametrize("kind", ["JPEG", "TIFF"])
def test_cmyk_is_converted(kind: str) -> None:
    assert near(read_rgb(encoded(Image.new("CMYK", (16, 16), (0, 255, 255, 0)), kind)).getpixel((8, 8)), RED)


@pytest.mark.parametrize("kind", ["GIF", "PNG", "WEBP"])
def test_an_animation_gives_its_first_frame(kind: str) -> None:
    frames = [Image.new("RGB", (16, 16), color) for color in (RED, BLUE)]
    data = encoded(frames[0], kind, save_all=True, append_images=frames[1:], duration=100)
    assert near(read_rgb(data).getpixel((8, 8)), RED)


@pytest.mark.parametrize("mode", ["L", "RGB", "RGBA", "P", "I;16", "CMYK"])
def test_an_open_image_is_read_as_its_file_and_stays_as_it_is(mode: str, tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x112] = 6
    image = Image.new("I;16", (8, 4), 33_000) if mode == "I;16" else halves(8, 4).convert(mode)
    path = tmp_path / "picture"
    image.save(path, "JPEG" if mode == "CMYK" else "PNG", exif=exif)
    with Image.open(path) as opened:
        assert read_rgb(opened).tobytes() == read_rgb(path).tobytes()
        assert (opened.mode, opened.size, read_rgb(opened).size) == (mode, (8, 4), (4, 8))


def test_an_open_image_whose_white_is_unknown_is_refused() -> None:
    with pytest.raises(PictureError, match="A PIL image of mode F cannot be read as an image: it has 32 bits a pixel"):
        read_rgb(Image.new("F", (4, 4), 0.5))


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"", "it is empty, damaged or in none of the formats BMP, GIF, JPEG, PNG, TIFF, WEBP"),
        (b"no image", "it is empty, damaged or in none of the formats"),
        (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n%%EndComments\n", "in none of the formats"),
        (png(7169, 7168), f"it has 7169 × 7168 pixels, not between 1 and {MAX_PIXELS}"),
        (png(10_000, 10_000), "it has 10000 × 10000 pixels, not"),  # here Pillow only warns
        (png(50_000, 50_000), "it has more than"),
        (png(8, 8), "it is damaged or truncated"),
        (encoded(Image.new("F", (4, 4)), "TIFF"), "it has 32 bits a pixel"),
        (encoded(Image.new("I", (4, 4)), "TIFF"), "it has 32 bits a pixel"),
    ],
)
def test_unreadable_data_is_refused_with_the_reason(data: bytes, why: str, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(data)
    for source, name in ((data, "The file"), (tmp_path / "file", str(tmp_path / "file"))):
        with pytest.raises(PictureError) as refusal:
            read_rgb(source)
        assert str(refusal.value).startswith(f"{name} cannot be read as an image: ")
        assert why in str(refusal.value)


@pytest.mark.parametrize("kind", FORMATS)
@pytest.mark.parametrize("part", [0.01, 0.3, 0.9])
def test_a_truncated_file_is_refused(kind: str, part: float) -> None:
    data = encoded(noise(), kind)
    with pytest.raises(PictureError):
        read_rgb(data[: int(len(data) * part)])


@pytest.mark.parametrize("kind", FORMATS)
def test_damage_is_read_or_refused_without_a_warning(kind: str) -> None:
    rng = random.Random(1)
    exif = Image.Exif()
    exif[0x112] = 6
    whole = encoded(noise(), kind, **{} if kind in ("BMP", "GIF") else {"exif": exif})
    for _ in range(60):
        data = bytearray(whole)
        for _ in range(3):
            data[rng.randrange(min(len(data), 400))] = rng.randrange(256)
        with contextlib.suppress(PictureError):
            assert read_rgb(bytes(data)).mode == "RGB"


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("absent", "it is absent or no regular file"),
        ("", "it is a folder"),
        ("fifo", "it is absent or no regular file"),
        ("file/below", "it is absent or no regular file"),
        ("nul\0", "it is absent or no regular file"),
        ("a" * 5000, "name too long"),
    ],
)
@pytest.mark.skipif(os.name != "posix", reason="fifos are POSIX's")
def test_paths_without_an_image_are_refused(name: str, why: str, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "fifo")
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(PictureError) as refusal:
        read_rgb(tmp_path / name)
    assert why in str(refusal.value).lower()


def test_reading_an_image_does_not_import_torch() -> None:
    code = "import sys, actmax.pictures; print('torch' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


def test_a_start_image_is_named_by_the_digest_of_its_file(tmp_path: Path) -> None:
    path = tmp_path / "start.png"
    path.write_bytes(encoded(halves()))
    name, image = read_start(path)
    assert name == hashlib.sha256(path.read_bytes()).hexdigest()[:16]
    assert image.tobytes() == halves().tobytes()
    path.write_bytes(b"words")
    with pytest.raises(PictureError, match=r"start.png cannot be read as an image: it is empty, damaged or"):
        read_start(path)
