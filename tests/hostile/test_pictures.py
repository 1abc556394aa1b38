"""Damaged and malicious pictures are read correctly or refused in one paragraph, soon and in little memory."""

from __future__ import annotations

import io
import os
import random
import re
import struct
import zlib
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from nightly import extent, smoke, some
from PIL import Image, ImageOps, PngImagePlugin
from trials import Trials

GRAY = (128, 128, 128)
"""The background of transparent pixels."""
RED, GREEN, BLUE, WHITE = (255, 0, 0), (0, 255, 0), (0, 0, 255), (255, 255, 255)
CORNERS = (RED, GREEN, BLUE, WHITE)
"""The colors of a picture's quarters, row by row."""
MAX_SIDE = 7168
"""Pixels along a side of the largest square picture that is allowed."""
pytestmark = pytest.mark.skipif(os.name != "posix", reason="limits of memory, and fifos, are POSIX's")


@pytest.fixture(scope="module")
def trials(tmp_path_factory: pytest.TempPathFactory, report: Any) -> Iterator[Trials]:
    """A process that has read one picture of each format."""
    started = Trials("picture")
    path = tmp_path_factory.mktemp("good") / "good"
    for kind in KINDS:
        path.write_bytes(encoded(quarters(), kind))
        assert started.open({"path": str(path)}).result
    yield started
    started.close()
    report.lines.append(started.summary())


KINDS = ("PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF")


def encoded(image: Image.Image, kind: str = "PNG", **options: Any) -> bytes:
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def quarters(mode: str = "RGB", size: tuple[int, int] = (64, 48)) -> Image.Image:
    """Red and green above, blue and white below."""
    image = Image.new("RGB", (2, 2))
    image.putdata(CORNERS)
    return image.resize(size, Image.Resampling.NEAREST).convert(mode)


def noise(size: int = 64) -> Image.Image:
    return Image.frombytes("RGB", (size, size), random.Random(0).randbytes(size * size * 3))


def faults_of(
    trials: Trials,
    name: str,
    path: Path,
    accepted: bool | None = False,
    pixels: Sequence[tuple[int, int, int]] = (),
) -> list[str]:
    """Return what is wrong with the outcome. ``accepted``: whether the file must be read; None: either is right."""
    outcome = trials(name, path)
    if result := outcome.result:
        if result["mode"] != "RGB" or not all(0 <= level <= 255 for pixel in result["pixels"] for level in pixel):
            outcome.faults.append(f"{name}: {result}")
        for wanted, pixel in zip(pixels, result["pixels"], strict=False):
            if max(abs(a - b) for a, b in zip(wanted, pixel, strict=True)) > 12:
                outcome.faults.append(f"{name}: {result['pixels']} and not {list(pixels)}")
                break
    if accepted is not None and not outcome.faults and (outcome.result is not None) != accepted:
        outcome.faults.append(f"{name}: {outcome.message or outcome.result}")
    return outcome.faults


# Valid pictures.


def lit(mode: str, options: dict[str, Any], kind: str = "PNG") -> bytes:
    return encoded(quarters(mode), kind, **options)


def clear(mode: str, alpha: int) -> bytes:
    image = quarters(mode)
    image.putalpha(alpha)
    return encoded(image)


def deep() -> bytes:
    """16-bit gray: black, dark, middle and white."""
    image = Image.new("I;16", (64, 48))
    for (x, y), level in zip(((0, 0), (32, 0), (0, 24), (32, 24)), (0, 257 * 20, 257 * 128, 65535), strict=True):
        image.paste(level, (x, y, x + 32, y + 24))
    return encoded(image)


def many_frames(kind: str, count: int) -> bytes:
    others = [Image.new("RGB", (64, 48), (number % 256, 0, number // 256)) for number in range(count)]
    return encoded(quarters(), kind, save_all=True, append_images=others, duration=10)


def bright(image: Image.Image) -> list[tuple[int, int, int]]:
    """Return the gray levels of the quarters."""
    gray = image.convert("L").convert("RGB")
    return [gray.getpixel(point) for point in ((16, 12), (48, 12), (16, 36), (48, 36))]  # type: ignore[misc]


HALF = [tuple((level + 128) // 2 for level in color) for color in CORNERS]
VALID: dict[str, tuple[Callable[[], bytes], Sequence[Any]]] = {
    **{f"{kind}": (lambda kind=kind: lit("RGB", {}, kind), CORNERS) for kind in KINDS},
    **{
        f"{kind} of a palette": (lambda kind=kind: lit("P", {}, kind), CORNERS)
        for kind in ("PNG", "GIF", "BMP", "TIFF")
    },
    **{f"{kind} in CMYK": (lambda kind=kind: lit("CMYK", {}, kind), CORNERS) for kind in ("JPEG", "TIFF")},
    **{f"gray {kind}": (lambda kind=kind: lit("L", {}, kind), bright(quarters())) for kind in KINDS},
    "progressive JPEG": (lambda: lit("RGB", {"progressive": True}, "JPEG"), CORNERS),
    "progressive CMYK": (lambda: lit("CMYK", {"progressive": True}, "JPEG"), CORNERS),
    "lossless WebP": (lambda: lit("RGB", {"lossless": True}, "WEBP"), CORNERS),
    "interlaced GIF": (lambda: lit("RGB", {"interlace": 1}, "GIF"), CORNERS),
    **{
        f"TIFF by {way}": (lambda way=way: lit("RGB", {"compression": way}, "TIFF"), CORNERS)
        for way in ("tiff_lzw", "tiff_adobe_deflate", "packbits", "jpeg")
    },
    "16 bits": (deep, [(0, 0, 0), (20, 20, 20), GRAY, WHITE]),
    "1 bit": (
        lambda: encoded(quarters("L").point(lambda level: 255 * (level > 140)).convert("1")),
        [(0, 0, 0), WHITE, (0, 0, 0), WHITE],
    ),
    "clear": (lambda: clear("RGB", 0), [GRAY] * 4),
    "half clear": (lambda: clear("RGB", 128), HALF),
    "opaque": (lambda: clear("RGB", 255), CORNERS),
    "clear gray": (lambda: clear("L", 0), [GRAY] * 4),
    "clear WebP": (lambda: lit("RGBA", {"lossless": True}, "WEBP"), CORNERS),
    "a clear color": (lambda: lit("RGB", {"transparency": GREEN}), (RED, GRAY, BLUE, WHITE)),
    "a clear color of a palette": (
        lambda: encoded(quarters().quantize(4), transparency=quarters().quantize(4).getpixel((48, 12))),
        (RED, GRAY, BLUE, WHITE),
    ),
    **{
        f"{kind} of many frames": (lambda kind=kind: many_frames(kind, 300), CORNERS) for kind in ("GIF", "WEBP", "PNG")
    },
    "TIFF of many pages": (lambda: many_frames("TIFF", 300), CORNERS),
}


@extent
def test_valid_pictures_are_read_correctly(trials: Trials, tmp_path: Path, whole: bool) -> None:
    faults = []
    for name, (make, pixels) in some(list(VALID.items()), 3, whole):
        path = tmp_path / "picture.png"  # the format is detected from the content
        path.write_bytes(make())
        faults += faults_of(trials, name, path, True, pixels)
    assert faults == []


@pytest.mark.parametrize("kind", smoke(["JPEG", "PNG", "WEBP", "TIFF"], 2))
def test_the_exif_orientation_is_applied(kind: str, trials: Trials, tmp_path: Path) -> None:
    faults = []
    for orientation in range(11):
        exif = Image.Exif()
        exif[0x112] = orientation
        data = encoded(quarters(), kind, exif=exif)
        turned = ImageOps.exif_transpose(Image.open(io.BytesIO(encoded(quarters(), "PNG", exif=exif))))
        points = [(turned.width * x // 4, turned.height * y // 4) for y in (1, 3) for x in (1, 3)]
        (tmp_path / "picture").write_bytes(data)
        pixels = [turned.getpixel(point) for point in points]
        faults += faults_of(trials, f"{kind} turned by {orientation}", tmp_path / "picture", True, pixels)  # type: ignore[arg-type]
    assert faults == []


# Small files that take much memory or time.


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(width: int, height: int, *chunks: bytes, bits: int = 8, color: int = 2, pixels: bytes = b"") -> bytes:
    header = struct.pack(">IIBBBBB", width, height, bits, color, 0, 0, 0)
    body = chunk(b"IDAT", pixels or zlib.compress(b""))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + b"".join(chunks) + body + chunk(b"IEND", b"")


def zeros(count: int) -> bytes:
    """Return compressed zeros, ``count`` before compression."""
    packer = zlib.compressobj(1)
    parts = [packer.compress(bytes(min(1 << 24, count - start))) for start in range(0, count, 1 << 24)]
    return b"".join(parts) + packer.flush()


def large(mode: str, kind: str = "PNG", side: int = MAX_SIDE, **options: Any) -> bytes:
    return encoded(Image.new(mode, (side, side)), kind, **options)


def turned(kind: str, **options: Any) -> bytes:
    exif = Image.Exif()
    exif[0x112] = 6
    return large("RGB", kind, exif=exif, **options)


def rescanned(count: int) -> bytes:
    """A progressive JPEG with one of its scans repeated."""
    data = large("L", "JPEG", 5000, progressive=True)
    head, first, second, *_ = re.split(rb"(?=\xff\xda)", data)
    return head + first + second * count + b"\xff\xd9"


def hidden(count: int) -> bytes:
    """The same with an end marker inside a comment before it."""
    data = rescanned(count)
    return data[:2] + b"\xff\xfe\x00\x04\xff\xd9" + data[2:]


def filmed() -> bytes:
    """A JPEG with another file appended, as phones write them."""
    return encoded(quarters(), "JPEG") + b"\xff\xda" * 900


def resized(size: bytes) -> bytes:
    """A JPEG with another height and width in its header."""
    data = encoded(noise(), "JPEG")
    start = data.index(b"\xff\xc0") + 5
    return data[:start] + size + data[start + 4 :]


def exif(directory: bytes, offset: bytes = b"\x08\0\0\0") -> bytes:
    """A PNG with this EXIF directory."""
    return png(8, 8, chunk(b"eXIf", b"II*\0" + offset + directory), pixels=EIGHT)


def gif(width: int, height: int, frame: tuple[int, int, int, int] = (0, 0, 1, 1)) -> bytes:
    return (
        b"GIF89a"
        + struct.pack("<HHBBB", width, height, 0x80, 0, 0)
        + bytes(6)
        + b","
        + struct.pack("<HHHHB", *frame, 0)
        + b"\x02\x02\x44\x01\x00;"
    )


def bmp(width: int, height: int, bits: int = 24, compression: int = 0, offset: int = 54) -> bytes:
    header = struct.pack("<IiiHHIIiiII", 40, width, height, 1, bits, compression, 0, 0, 0, 0, 0)
    return b"BM" + struct.pack("<IHHI", 54, 0, 0, offset) + header + bytes(64)


def tiff(**changes: int) -> bytes:
    """A TIFF of one strip with other values in its directory."""
    tags = {
        256: 8,
        257: 8,
        258: 8,
        259: 1,
        262: 1,
        273: 8,
        277: 1,
        278: 8,
        279: 64,
        **{int(name[1:]): value for name, value in changes.items()},
    }
    entries = b"".join(struct.pack("<HHII", tag, 4, 1, value) for tag, value in sorted(tags.items()))
    return b"II*\0" + struct.pack("<I", 72) + bytes(64) + struct.pack("<H", len(tags)) + entries + bytes(4)


def vp8(side: int) -> bytes:
    """A lossless WebP with this side in its header."""
    bits = (side - 1) | (side - 1) << 14
    body = b"VP8L" + struct.pack("<I", 8) + b"\x2f" + struct.pack("<I", bits) + bytes(3)
    return b"RIFF" + struct.pack("<I", 4 + len(body)) + b"WEBP" + body


def text_chunk(kind: bytes, megabytes: int) -> bytes:
    between = {b"zTXt": b"note\0\0", b"iTXt": b"note\0\1\0\0\0", b"iCCP": b"note\0\0"}[kind]
    return chunk(kind, between + zeros(megabytes << 20))


EIGHT = zlib.compress((b"\0" + b"\xff\0\0" * 8) * 8)
BOMBS: dict[str, tuple[Callable[[], bytes], bool | None]] = {
    "PNG of 30000": (lambda: png(30_000, 30_000), False),
    "PNG of 30000 that is whole": (lambda: png(30_000, 30_000, bits=1, color=0, pixels=zeros(3751 * 30_000)), False),
    "PNG of 2^31": (lambda: png(2**31 - 1, 2**31 - 1), False),
    "PNG of 2^32": (lambda: png(2**32 - 1, 1), False),
    "PNG of one row": (lambda: png(MAX_SIDE * MAX_SIDE, 1, pixels=zeros(3 * MAX_SIDE * MAX_SIDE + 1)), False),
    "PNG of one column": (lambda: png(1, MAX_SIDE * MAX_SIDE, pixels=zeros(4 * MAX_SIDE * MAX_SIDE)), False),
    "PNG of no width": (lambda: png(0, 8), False),
    "PNG of no height": (lambda: png(8, 0), False),
    "PNG of more pixels than its header has": (lambda: png(8, 8, pixels=zeros(900 << 20)), None),
    "zTXt": (lambda: png(8, 8, text_chunk(b"zTXt", 500), pixels=EIGHT), None),
    "iTXt": (lambda: png(8, 8, text_chunk(b"iTXt", 500), pixels=EIGHT), None),
    "iCCP": (lambda: png(8, 8, text_chunk(b"iCCP", 500), pixels=EIGHT), None),
    "many zTXt": (lambda: png(8, 8, *[chunk(b"zTXt", b"a\0\0" + zeros(900_000))] * 300, pixels=EIGHT), None),
    "many chunks": (lambda: png(8, 8, *[chunk(b"teXt", b"")] * 50_000, pixels=EIGHT), True),
    "a chunk of 2^32": (lambda: png(8, 8)[:33] + b"\xff\xff\xff\xffIDAT" + bytes(64), False),
    "an empty palette": (lambda: png(8, 8, color=3, pixels=EIGHT), None),
    "an invalid profile": (lambda: png(8, 8, chunk(b"iCCP", b"a\0\0abc"), pixels=EIGHT), None),
    "invalid EXIF": (lambda: exif(b"", b"\xff\xff\xff\xff"), None),
    "EXIF that contains itself": (
        lambda: exif(b"\x01\0\x69\x87\x04\0\x01\0\0\0\x08\0\0\0\x08\0\0\0"),
        None,
    ),
    "an orientation that is text": (
        lambda: exif(b"\x01\0\x12\x01\x02\0\x02\0\0\0a\0\0\0\0\0\0\0"),
        None,
    ),
    **{
        f"the largest PNG, {mode}": (lambda mode=mode: large(mode), True) for mode in ("RGB", "RGBA", "LA", "I;16", "P")
    },
    "the longest row": (lambda: png(65_535, 783, pixels=zeros(3 * MAX_SIDE * MAX_SIDE)), True),
    "the longest column": (lambda: png(783, 65_535, pixels=zeros(3 * MAX_SIDE * MAX_SIDE)), True),
    "the largest PNG of 16 bits a color": (
        lambda: png(MAX_SIDE, MAX_SIDE, bits=16, pixels=zeros((6 * MAX_SIDE + 1) * MAX_SIDE)),
        True,
    ),
    "the largest PNG, with a clear gray": (lambda: large("I;16", transparency=0), True),
    "the largest PNG, turned": (lambda: turned("PNG"), True),
    "the largest JPEG, turned": (lambda: turned("JPEG"), True),
    "the largest CMYK": (lambda: large("CMYK", "JPEG"), True),
    "a large progressive JPEG": (lambda: large("RGB", "JPEG", progressive=True, subsampling=0), False),
    "the largest progressive JPEG": (lambda: large("CMYK", "JPEG", 5068, progressive=True, subsampling=0), True),
    "a JPEG of a thousand scans": (lambda: rescanned(1000), False),
    "a JPEG of sixty scans": (lambda: rescanned(60), None),
    "scans behind a false end": (lambda: hidden(1000), False),
    "a film behind a JPEG": (filmed, True),
    "a JPEG of 65535": (
        lambda: resized(b"\xff\xff\xff\xff"),
        False,
    ),
    "a JPEG of no height": (lambda: resized(b"\0\0\0\x40"), False),
    "the largest GIF": (lambda: large("P", "GIF"), True),
    "a GIF of 65535": (lambda: gif(65535, 65535), False),
    "a GIF whose frame is larger": (lambda: gif(1, 1, (0, 0, 65535, 65535)), False),
    "a GIF whose frame is outside": (lambda: gif(1, 1, (65535, 65535, 1, 1)), False),
    "a GIF of no width": (lambda: gif(0, 0, (0, 0, 0, 0)), False),
    "a GIF of many comments": (
        lambda: gif(4, 4)[:19] + b"!\xfe\x01a\0" * 60_000 + gif(4, 4)[19:],
        None,
    ),
    "a large WebP": (lambda: large("RGBA", "WEBP", lossless=True, quality=0, method=0), False),
    "the largest WebP": (lambda: large("RGBA", "WEBP", 4138, lossless=True, quality=0, method=0), True),
    "a WebP of 13000": (lambda: vp8(13_000), False),
    "a WebP of 16384": (lambda: vp8(16_384), False),
    "a BMP of 2^31": (lambda: bmp(2**31 - 1, 2**31 - 1), False),
    "a BMP upside down": (lambda: bmp(2, -2), None),
    "a BMP of negative width": (lambda: bmp(-8, 8), False),
    "a BMP of no width": (lambda: bmp(0, 8), False),
    "a BMP of runs": (lambda: bmp(7000, 7000, 8, 1), None),
    "a BMP whose pixels are outside the file": (lambda: bmp(8, 8, offset=2**31), False),
    "a BMP of 65535 bits": (lambda: bmp(8, 8, 65535), False),
    "the largest TIFF": (lambda: large("RGB", "TIFF", compression="tiff_adobe_deflate"), True),
    "a TIFF of 2^32": (lambda: tiff(t256=2**32 - 1, t257=2**32 - 1), False),
    "a TIFF of no width": (lambda: tiff(t256=0), False),
    "a TIFF whose strip is outside the file": (lambda: tiff(t273=2**31), False),
    "a TIFF whose strip is large": (lambda: tiff(t278=2**32 - 1, t279=2**32 - 1), None),
    "a TIFF of large tiles": (lambda: tiff(t322=65_536, t323=65_536, t324=8, t325=64, t259=8), False),
    "a TIFF of 2^31 samples": (lambda: tiff(t277=2**31 - 1), False),
    "a TIFF of 64 bits": (lambda: tiff(t258=64), False),
    "a TIFF of an unknown compression": (lambda: tiff(t259=34_887), False),
    "a TIFF of invalid JPEG": (lambda: tiff(t259=7), False),
}


# A few of the largest, which take a second each to make, are in the default run.
SLOW = [name for name in BOMBS if name.startswith("the l") and not name.endswith(("RGBA", "turned", "WebP"))]
CHEAP = [name for name in BOMBS if name not in SLOW]


@pytest.mark.parametrize("name", [*smoke(CHEAP, 12), *(pytest.param(name, marks=pytest.mark.nightly) for name in SLOW)])
def test_bombs_are_read_or_refused_within_the_limits(name: str, trials: Trials, tmp_path: Path) -> None:
    make, accepted = BOMBS[name]
    (tmp_path / "bomb.png").write_bytes(make())
    assert faults_of(trials, name, tmp_path / "bomb.png", accepted) == []


# Damage.


def written() -> dict[str, bytes]:
    exif = Image.Exif()
    exif[0x112] = 6
    known = PngImagePlugin.PngInfo()
    known.add_text("note", "a note " * 90, zip=True)
    return {
        "PNG": encoded(noise(), exif=exif, pnginfo=known),
        "JPEG": encoded(noise(), "JPEG", exif=exif),
        "progressive JPEG": encoded(noise(), "JPEG", exif=exif, progressive=True),
        "WEBP": encoded(noise(), "WEBP", exif=exif),
        "lossless WEBP": encoded(noise(), "WEBP", lossless=True),
        "GIF": encoded(noise(), "GIF"),
        "BMP": encoded(noise(), "BMP"),
        "TIFF": encoded(noise(), "TIFF", exif=exif),
        "compressed TIFF": encoded(noise(), "TIFF", compression="tiff_lzw"),
    }


@extent
def test_truncated_files(trials: Trials, tmp_path: Path, whole: bool) -> None:
    faults, dice, path = [], random.Random(1), tmp_path / "picture"
    for kind, data in written().items():
        lengths = [0, 1, 2, 4, 8, 12, 20, 33, 60, 200, len(data) // 2]
        for length in some([*lengths, *(dice.randrange(len(data) - 60) for _ in range(12))], 6, whole):
            path.write_bytes(data[:length])
            faults += faults_of(trials, f"{kind} truncated to {length} bytes", path)
        for missing in some([1, 2, 4, 12, 20], 3, whole):  # in some formats these bytes hold no pixels
            path.write_bytes(data[:-missing])
            faults += faults_of(trials, f"{kind} without its last {missing} bytes", path, None)
    assert faults == []


@extent
def test_changed_bytes(trials: Trials, tmp_path: Path, whole: bool) -> None:
    faults, dice, path = [], random.Random(2), tmp_path / "picture"
    for kind, data in written().items():
        for number in some(range(60), 8, whole):
            changed = bytearray(data)
            for _ in range(dice.choice((1, 1, 4))):
                changed[dice.randrange(min(len(data), dice.choice((60, 400, 10**9))))] = dice.randrange(256)
            path.write_bytes(changed)
            faults += faults_of(trials, f"{kind}, change {number}", path, None)
    assert faults == []


# Other files.

OTHERS: dict[str, bytes] = {
    "empty": b"",
    "text": b"this is no picture\n" * 9,
    "SVG": b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"><image href="file:///etc/passwd"/></svg>',
    "EPS": b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n%%EndComments\n(%pipe%touch canary) (w) file\n",
    "EPS of Windows": b"\xc5\xd0\xd3\xc6" + struct.pack("<II", 32, 90) + bytes(20) + b"%!PS-Adobe-3.0 EPSF-3.0\n",
    "PDF": b"%PDF-1.7\n1 0 obj\n<< /Type /Catalog >>\nendobj\n%%EOF\n",
    "a page": b"<!DOCTYPE html><html><body>Not found</body></html>",
    "a pointer": b"version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12345\n",
    "ICO": b"\0\0\x01\0\x01\0\x10\x10\0\0\x01\0\x20\0\x68\4\0\0\x16\0\0\0" + bytes(99),
    "PPM": b"P6 2 2 255\n" + bytes(12),
    "PSD": b"8BPS\0\x01" + bytes(99),
    "JPEG 2000": b"\0\0\0\x0cjP  \r\n\x87\n" + bytes(99),
    "AVIF": b"\0\0\0\x20ftypavif" + bytes(99),
    "HEIC": b"\0\0\0\x20ftypheic" + bytes(99),
    "WMF": b"\xd7\xcd\xc6\x9a" + bytes(99),
    "zip": b"PK\x03\x04" + bytes(99),
    "zeros": bytes(100_000),
    "noise": random.Random(3).randbytes(100_000),
    **{
        f"the start of {kind}": start + bytes(400)
        for kind, start in {
            "PNG": b"\x89PNG\r\n\x1a\n",
            "JPEG": b"\xff\xd8\xff\xe0",
            "GIF": b"GIF89a",
            "BMP": b"BM",
            "TIFF": b"II*\0",
            "big TIFF": b"II+\0\x08\0\0\0",
            "WebP": b"RIFF\x64\0\0\0WEBPVP8 ",
        }.items()
    },
}


@extent
def test_files_of_other_formats(trials: Trials, tmp_path: Path, whole: bool) -> None:
    faults = []
    for name, data in some(list(OTHERS.items()), 3, whole):
        for ending in ("png", "eps") if whole else ("png",):
            (tmp_path / f"picture.{ending}").write_bytes(data)
            faults += faults_of(trials, f"{name} as .{ending}", tmp_path / f"picture.{ending}")
    assert faults == []


def test_paths_that_name_no_regular_file(trials: Trials, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "fifo.png")
    (tmp_path / "folder.png").mkdir()
    for name, to in (("loop", "loop"), ("around", "back"), ("back", "around"), ("dangling", "nowhere")):
        (tmp_path / f"{name}.png").symlink_to(tmp_path / f"{to}.png")
    names = ["fifo", "folder", "loop", "around", "dangling", "nul\0", "a" * 3000, "absent", "none/none", "two\nlines"]
    paths = [*(tmp_path / f"{name}.png" for name in names), *map(Path, ("/dev/zero", "/dev/null", "", "half \udc80"))]
    faults = [fault for path in paths for fault in faults_of(trials, repr(path), path)]
    for name in ("two\nlines again.png", "blue \N{LARGE BLUE CIRCLE}.png"):
        (tmp_path / name).write_bytes(encoded(quarters()))
        faults += faults_of(trials, repr(name), tmp_path / name, True, CORNERS)
        (tmp_path / name).write_bytes(b"")
        faults += faults_of(trials, f"{name!r}, empty", tmp_path / name)
    assert faults == []
