"""Images to train on, and one thread to train with."""

from __future__ import annotations

import tarfile
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch
from PIL import Image


@pytest.fixture(autouse=True)
def one_cpu_thread(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Use one thread, here and in subprocesses: sums have one order, and small tensors do not wait for another core."""
    monkeypatch.setenv("ACTMAX_DEVICE", "cpu")
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Ten images of noise in three formats and several sizes, two of them in a subfolder."""
    folder = tmp_path_factory.mktemp("images")
    (folder / "n02391049").mkdir()
    generator = torch.Generator().manual_seed(1)
    for index, suffix in enumerate(["png", "jpg", "webp", "JPEG", "png"] * 2):
        size = (40 + 8 * index, 90 - 5 * index, 3)
        pixels = torch.randint(256, size, generator=generator, dtype=torch.uint8)
        name = f"n02391049/{index}.{suffix}" if index < 2 else f"n01440764_{index}.{suffix}"
        Image.fromarray(pixels.numpy()).save(folder / name)
    return folder


@pytest.fixture(scope="session")
def tar(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("tar") / "images.tar"
    with tarfile.open(path, "w") as archive:
        archive.add(folder, ".")
    return path
