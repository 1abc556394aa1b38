"""Compile the engine that draws in a reader's browser."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
import tempfile
from pathlib import Path

from actmax.errors import ActmaxError
from actmax.files import save
from gen.pages.assets import FOLDER

SOURCE = FOLDER / "live" / "engine.c"
MODULE = FOLDER / "live" / "engine.wasm"
# A WebAssembly of 128-bit vectors, without a system under it: nothing is imported, so it runs in any page.
FLAGS = (
    *("-target", "wasm32-freestanding", "-mcpu=generic+simd128+bulk_memory", "-O3", "-nostdlib", "-ffreestanding"),
    *("-Wall", "-Wextra", "-Werror", "-Wl,--no-entry", "-Wl,-s"),
)


def compiled() -> bytes:
    """Compile the module with the release of Zig's C compiler in pyproject.toml: another one gives other bytes.

    Raises:
        ActmaxError: the compiler is not installed, or refuses the source.
    """
    if importlib.util.find_spec("ziglang") is None:
        raise ActmaxError('The compiler is missing: pip install "actmax[test]" brings it (ziglang).')
    with tempfile.TemporaryDirectory() as folder:
        module = Path(folder) / MODULE.name
        command = [sys.executable, "-m", "ziglang", "cc", *FLAGS, "-o", str(module), SOURCE.name]
        done = subprocess.run(command, cwd=SOURCE.parent, capture_output=True, text=True, check=False)  # noqa: S603
        if done.returncode:
            raise ActmaxError(f"{SOURCE.name} cannot be compiled: {done.stderr.strip()[-2000:]}")
        return module.read_bytes()


def write_engine() -> Path:
    """Compile the module and save it next to its source.

    Raises:
        ActmaxError: as :func:`compiled`, or the module cannot be written.
    """
    save(MODULE, compiled())
    return MODULE
