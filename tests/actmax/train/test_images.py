"""Tests of actmax.train.images: folders and tar files are read alike, and the same images are always held out."""

from __future__ import annotations

import io
import os
import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from PIL import Image

from actmax.errors import ActmaxError
from actmax.networks import labels
from actmax.train import images as reading
from actmax.train.images import DeviceImages, Images, framed, hold_out, read_images, true_classes


def test_a_folder_and_a_tar_of_it_hold_the_same_images(folder: Path, tar: Path) -> None:
    of_folder, of_tar = read_images(folder), read_images(tar)
    assert len(of_folder.names) == 10
    assert [name.removeprefix("./") for name in of_tar.names] == list(of_folder.names)
    assert all(torch.equal(a, b) for a, b in zip(of_folder.pixels, of_tar.pixels, strict=True))


def test_only_large_images_are_reduced(folder: Path) -> None:
    sizes = [tuple(image.shape[1:]) for image in read_images(folder, 64).pixels]
    assert max(min(size) for size in sizes) == 64
    assert (48, 85) in sizes


def test_unreadable_images_are_skipped_and_counted(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "truncated.png").write_bytes((folder / "n01440764_4.png").read_bytes()[:300])
    (tmp_path / "words.jpg").write_text("not an image")
    (tmp_path / "notes.txt").write_text("not counted")
    (tmp_path / "whole.webp").write_bytes((folder / "n01440764_2.webp").read_bytes())
    images = read_images(tmp_path)
    assert images.names == ("whole.webp",)
    assert images.skipped == 2


def white(width: int = 8) -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (width, 8), "white").save(file, "PNG")
    return file.getvalue()


def archive(path: Path, *members: tuple[str, bytes, bytes], mode: str = "w") -> Path:
    """Write a tar of members: name, type, and the data or the target of a link."""
    with tarfile.open(path, mode) as written:  # type: ignore[call-overload]
        for name, kind, data in members:
            member = tarfile.TarInfo(name)
            member.type = kind
            if kind == tarfile.REGTYPE:
                member.size = len(data)
            else:
                member.linkname = data.decode()
            written.addfile(member, io.BytesIO(data))
    return path


def test_tar_members_that_are_not_regular_files_are_ignored(tmp_path: Path) -> None:
    (tmp_path / "outside.png").write_bytes(white())
    path = archive(
        tmp_path / "links.tar",
        ("real.png", tarfile.REGTYPE, white()),
        ("symbolic.png", tarfile.SYMTYPE, b"real.png"),
        ("hard.png", tarfile.LNKTYPE, b"real.png"),
        ("outside.png", tarfile.SYMTYPE, str(tmp_path / "outside.png").encode()),
        ("fifo.png", tarfile.FIFOTYPE, b""),
        ("folder.png", tarfile.DIRTYPE, b""),
    )
    assert (read_images(path).names, read_images(path).skipped) == (("real.png",), 0)


def test_tar_members_that_are_too_large_are_counted_as_skipped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    small, large = white(), white(900)
    monkeypatch.setattr(reading, "MAX_MEMBER_BYTES", len(small))
    assert len(small) < len(large)
    path = archive(
        tmp_path / "a.tar", ("large.png", tarfile.REGTYPE, large), ("small.png", tarfile.REGTYPE, small), mode="w:gz"
    )
    assert (read_images(path).names, read_images(path).skipped) == (("small.png",), 1)


@pytest.mark.parametrize(
    "damage", [lambda data: data[: len(data) // 2], lambda data: data[:40] + bytes(40) + data[80:], lambda data: b""]
)
@pytest.mark.parametrize("mode", ["w:gz", "w:bz2", "w:xz"])
def test_a_damaged_tar_is_refused(mode: str, damage: Callable[[bytes], bytes], tmp_path: Path) -> None:
    noise = os.urandom(4000)
    path = archive(tmp_path / "a.tar", *((f"{n}.png", tarfile.REGTYPE, noise) for n in range(3)), mode=mode)
    path.write_bytes(damage(path.read_bytes()))
    with pytest.raises(ActmaxError, match="is no readable folder or tar file of images"):
        read_images(path)


@pytest.mark.skipif(os.name != "posix", reason="fifos are POSIX's")
def test_reading_does_not_wait_for_a_fifo(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "fifo.png")
    with pytest.raises(ActmaxError, match="there is no such file"):
        read_images(tmp_path / "fifo.png")
    (tmp_path / "white.png").write_bytes(white())
    assert read_images(tmp_path).names == ("white.png",)


def test_a_source_without_images_is_refused_with_the_reason(tmp_path: Path) -> None:
    with pytest.raises(ActmaxError, match=r"There are no images in .*: no file ends in \.webp"):
        read_images(tmp_path)
    (tmp_path / "words.jpg").write_text("not an image")
    with pytest.raises(ActmaxError, match="none of its 1 image files can be read"):
        read_images(tmp_path)
    for path in (tmp_path / "absent", tmp_path / "words.jpg"):
        with pytest.raises(ActmaxError, match="is no readable folder or tar file of images"):
            read_images(path)


def test_the_holdout_comes_from_the_largest_source_and_is_always_the_same(folder: Path) -> None:
    large = read_images(folder)
    small = large.only(lambda name: name.startswith("n02391049"))
    (held,), (first, second) = hold_out([small, large], 3)
    (again,), _ = hold_out([large], 3)
    assert len(held.names) == 3
    assert held.names == again.names
    assert first is small
    assert set(held.names) | set(second.names) == set(large.names)
    assert not set(held.names) & set(second.names)
    with pytest.raises(ActmaxError, match=r"10 images are to be held out of .*, which holds 10"):
        hold_out([large], 10)


def test_images_held_out_of_several_sources_are_not_in_the_rest(folder: Path, tar: Path) -> None:
    sources = [read_images(folder), read_images(tar), read_images(folder).only(lambda name: name.endswith("png"))]
    held, rest = hold_out(sources, (3, 0, 1))
    assert [len(images.names) for images in held] == [3, 1]
    assert [len(images.names) for images in rest] == [7, 10, 3]
    for images, left, whole in zip(held, (rest[0], rest[2]), (sources[0], sources[2]), strict=True):
        assert set(images.names) | set(left.names) == set(whole.names)
        assert not set(images.names) & set(left.names)
    assert held[0].names == hold_out([sources[0]], 3)[0][0].names  # whatever the other sources
    with pytest.raises(ValueError, match="shorter"):
        hold_out(sources, (3, 0))


def test_a_wnid_in_the_name_gives_the_true_class() -> None:
    names = ("n02391049/3.webp", "n01440764_tench.webp", "n99999999_5.png", "holiday.jpg")
    assert true_classes(Images("", names, (), 0)).tolist() == [labels.resolve_class("zebra").index, 0, -1, -1]


def test_random_views_depend_on_the_seed_alone(folder: Path) -> None:
    images = read_images(folder)
    views, same, other = (
        images.random_views(5, 64, 0.15, 0.5, torch.Generator().manual_seed(seed)) for seed in (0, 0, 1)
    )
    assert views.shape == (5, 3, 64, 64)
    assert views.dtype == torch.uint8
    assert torch.equal(views, same)
    assert not torch.equal(views, other)
    assert framed(images, 64).shape == (10, 3, 64, 64)


@pytest.mark.parametrize(("size", "min_crop", "tolerance"), [(256, 0.9, 1.0), (64, 0.9, 6.0)])
def test_crops_on_a_device_equal_those_on_the_cpu(size: int, min_crop: float, tolerance: float) -> None:
    """Enlarged: up to rounding, away from the border, where pixels beyond the crop enter. Reduced: up to the filter."""
    generator = torch.Generator().manual_seed(0)
    coarse = torch.rand(3, 3, 12, 9, generator=generator) * 255
    smooth = torch.nn.functional.interpolate(coarse, (120, 90), mode="bicubic").clamp(0, 255).to(torch.uint8)
    images = Images("smooth", ("a", "b", "c"), tuple(smooth), 0)
    shape = (8, size, min_crop, min_crop)
    views = images.random_views(*shape, torch.Generator().manual_seed(1)).float()
    cropped = DeviceImages(images, torch.device("cpu")).random_views(*shape, torch.Generator().manual_seed(1))
    border = size // 32
    inner = (views - cropped)[..., border:-border, border:-border].abs()
    assert inner.max() <= tolerance
    assert inner.mean() <= 0.6
