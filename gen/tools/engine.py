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
# WebAssembly of 128-bit vectors, without a system under it: nothing is imported, so it runs in any page.
FLAGS = (
    *("-target", "wasm32-freestanding", "-O3", "-nostdlib", "-ffreestanding"),
    *("-Wall", "-Wextra", "-Werror", "-Wl,--no-entry", "-Wl,-s"),
)
MODULES = {
    SOURCE.with_name("engine.wasm"): "-mcpu=generic+simd128+bulk_memory",
    SOURCE.with_name("engine-relaxed.wasm"): "-mcpu=generic+simd128+bulk_memory+relaxed_simd",
}
"""The modules and what they need of a browser; `relaxed` has fused multiply-add, and is chosen where it runs."""


def compiled(module: Path) -> bytes:
    """Compile a module with the release of Zig's C compiler in pyproject.toml: another one gives other bytes.

    Raises:
        ActmaxError: the compiler is not installed, or refuses the source.
    """
    if importlib.util.find_spec("ziglang") is None:
        raise ActmaxError('The compiler is missing: pip install "actmax[test]" brings it (ziglang).')
    with tempfile.TemporaryDirectory() as folder:
        output = Path(folder) / module.name
        command = [sys.executable, "-m", "ziglang", "cc", *FLAGS, MODULES[module], "-o", str(output), SOURCE.name]
        done = subprocess.run(command, cwd=SOURCE.parent, capture_output=True, text=True, check=False)  # noqa: S603
        if done.returncode:
            raise ActmaxError(f"{SOURCE.name} cannot be compiled: {done.stderr.strip()[-2000:]}")
        return output.read_bytes()


def write_engine() -> list[Path]:
    """Compile the modules and save them next to their source.

    Raises:
        ActmaxError: as :func:`compiled`, or a module cannot be written.
    """
    for module in MODULES:
        save(module, compiled(module))
    return list(MODULES)
