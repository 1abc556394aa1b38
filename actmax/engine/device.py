"""Which device draws, and in which arithmetic."""

from __future__ import annotations

import os
import platform
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, nullcontext
from pathlib import Path

import torch
from torch.nn import functional

from actmax.errors import ActmaxError, RecipeError, did_you_mean, quoted

PRECISIONS = {"fp32": torch.float32, "bf16": torch.bfloat16}


def choose_device() -> torch.device:
    """CUDA or MPS where present, else the processor; ``ACTMAX_DEVICE`` overrides.

    Raises:
        ActmaxError: the variable names a device that torch does not have here.
    """
    asked = os.environ.get("ACTMAX_DEVICE")
    if asked:
        device: torch.device | None
        try:
            device = torch.device(asked)
            torch.zeros(1, device=device)
        except (RuntimeError, AssertionError):
            device = None
        if device is None or device.type not in ("cpu", "cuda", "mps"):
            raise ActmaxError(f"ACTMAX_DEVICE is {asked!r}, which cannot be used here. Try cpu.")
        return device
    if torch.cuda.is_available():
        return torch.device("cuda")
    if torch.backends.mps.is_available() and _draws(torch.device("mps")):
        return torch.device("mps")
    return torch.device("cpu")


def _draws(device: torch.device) -> bool:
    """Whether a device has what ascent needs: not every release of torch has all of it for MPS."""
    try:
        waves = torch.ones(1, 3, 4, 3, 2, device=device, requires_grad=True)
        image = torch.fft.irfft2(torch.view_as_complex(waves), s=(4, 4))
        grid = functional.affine_grid(torch.eye(2, 3, device=device)[None], [1, 3, 4, 4], align_corners=False)
        seen = functional.grid_sample(image, grid, padding_mode="reflection", align_corners=False)
        torch.autograd.grad(seen.sum(), waves)
    except (NotImplementedError, RuntimeError):
        return False
    return True


def choose_dtype(precision: str, device: torch.device) -> torch.dtype:
    """The arithmetic inside the network for a precision as asked.

    ``auto`` is bfloat16 where the hardware multiplies it natively (AMX, AVX512-BF16, CUDA from
    Ampere on), where it is several times faster than float32; else float32.

    Raises:
        RecipeError: there is no such precision.
    """
    if precision == "auto":
        return torch.bfloat16 if _native_bfloat16(device) else torch.float32
    if precision not in PRECISIONS:
        raise RecipeError(f"precision is {quoted(precision)}. {did_you_mean(precision, ('auto', *PRECISIONS))}")
    return PRECISIONS[precision]


def _native_bfloat16(device: torch.device) -> bool:
    if device.type == "cuda":
        return torch.cuda.get_device_capability(device) >= (8, 0)
    if device.type != "cpu":
        return False
    features = cpu_features()
    return "amx_bf16" in features or "avx512_bf16" in features


def cpu_features() -> set[str]:
    """The processor's instruction sets, as Linux lists them; empty elsewhere."""
    for line in _cpuinfo():
        if line.startswith("flags"):
            return set(line.partition(":")[2].split())
    return set()


@contextmanager
def exact() -> Iterator[None]:
    """While it lasts, of torch's ways to compute those that always give the same; nothing that a caller has set counts.

    cuDNN is deterministic, TF32 is off, new tensors are float32 and on the processor. Several threads may be within:
    what a caller has set comes back with the last that leaves.
    """
    _EXACT.enter()
    try:
        # As a context it costs a little at every operation.
        with nullcontext() if torch.get_default_device().type == "cpu" else torch.device("cpu"):
            yield
    finally:
        _EXACT.leave()


class _Exact:
    """The part of it that holds for all threads together."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._within = 0
        self._before = ExitStack()

    def enter(self) -> None:
        with self._lock:
            if not self._within:
                tf32 = bool(torch.backends.cuda.matmul.allow_tf32)
                self._before.callback(torch.set_default_dtype, torch.get_default_dtype())
                self._before.callback(setattr, torch.backends.cuda.matmul, "allow_tf32", tf32)
                torch.set_default_dtype(torch.float32)
                torch.backends.cuda.matmul.allow_tf32 = False
                self._before.enter_context(
                    torch.backends.cudnn.flags(enabled=True, benchmark=False, deterministic=True, allow_tf32=False)
                )
            self._within += 1

    def leave(self) -> None:
        with self._lock:
            self._within -= 1
            if not self._within:
                self._before.close()


_EXACT = _Exact()


def describe(device: torch.device) -> str:
    """The device in words, for provenance."""
    if device.type == "cuda":
        return torch.cuda.get_device_name(device)
    names = [line.partition(":")[2].strip() for line in _cpuinfo() if line.startswith("model name")]
    return f"{names[0] if names else platform.processor() or platform.machine()}, {torch.get_num_threads()} threads"


def _cpuinfo() -> list[str]:
    try:
        return Path("/proc/cpuinfo").read_text("utf-8").splitlines()
    except OSError:
        return []
