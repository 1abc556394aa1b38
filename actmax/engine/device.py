"""Choose the device and the arithmetic, and make computations reproducible."""

from __future__ import annotations

import os
import platform
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any

import torch
from torch.nn import functional

from actmax.errors import ActmaxError, RecipeError, did_you_mean, quoted

PRECISIONS = {"fp32": torch.float32, "bf16": torch.bfloat16}


def choose_device(device: str | torch.device | None = None) -> torch.device:
    """Return a device: the given one, that of ``ACTMAX_DEVICE``, CUDA or MPS if present, or the processor.

    Raises:
        ActmaxError: torch does not have the named device here.
    """
    named = device or os.environ.get("ACTMAX_DEVICE")
    if named:
        try:
            found = torch.device(named)
            torch.zeros(1, device=found).item()
        except (RuntimeError, AssertionError, NotImplementedError, TypeError, ValueError):
            source = "device" if device else "ACTMAX_DEVICE"
            raise ActmaxError(f"{source} is {str(named)!r}, which cannot be used here. Try cpu.") from None
        return found
    if torch.cuda.is_available():
        return torch.device("cuda")
    if torch.backends.mps.is_available() and _supports_ascent(torch.device("mps")):
        return torch.device("mps")
    return torch.device("cpu")


def _supports_ascent(device: torch.device) -> bool:
    """Return whether a device has all operations that are needed: not every release of torch has all of them for
    MPS."""
    try:
        coefficients = torch.ones(1, 3, 4, 3, 2, device=device, requires_grad=True)
        image = torch.fft.irfft2(torch.view_as_complex(coefficients), s=(4, 4))
        grid = functional.affine_grid(torch.eye(2, 3, device=device)[None], [1, 3, 4, 4], align_corners=False)
        view = functional.grid_sample(image, grid, padding_mode="reflection", align_corners=False)
        torch.autograd.grad(view.sum(), coefficients)
    except (NotImplementedError, RuntimeError):
        return False
    return True


def choose_dtype(precision: str, device: torch.device) -> torch.dtype:
    """Return the arithmetic inside the network for a requested precision.

    ``auto`` is bfloat16 where the hardware multiplies it natively (AMX, AVX512-BF16, CUDA from Ampere on) and it is
    several times faster than float32; else float32.

    Raises:
        RecipeError: there is no such precision.
    """
    if not isinstance(precision, str) or precision not in ("auto", *PRECISIONS):
        raise RecipeError(f"precision is {quoted(precision)}. {did_you_mean(str(precision), ('auto', *PRECISIONS))}")
    if precision == "auto":
        return torch.bfloat16 if _native_bfloat16(device) else torch.float32
    return PRECISIONS[precision]


def _native_bfloat16(device: torch.device) -> bool:
    if device.type == "cuda":
        return torch.cuda.get_device_capability(device) >= (8, 0)
    if device.type != "cpu":
        return False
    features = cpu_features()
    return "amx_bf16" in features or "avx512_bf16" in features


def cpu_features() -> set[str]:
    """Return the processor's instruction sets, as Linux lists them; empty elsewhere."""
    for line in _cpuinfo():
        if line.startswith("flags"):
            return set(line.partition(":")[2].split())
    return set()


@contextmanager
def exact() -> Iterator[None]:
    """Compute reproducibly within: float32, deterministic algorithms, gradients on, whatever the caller has set.

    TF32, reduced float32 precision, autocast, inference mode and other default devices and dtypes are off. Several
    threads may be within: the caller's settings return when the last of them leaves.
    """
    _EXACT.enter()
    try:
        with ExitStack() as stack:  # the settings of this thread
            stack.enter_context(torch.inference_mode(False))
            stack.enter_context(torch.enable_grad())
            for kind in ("cpu", "cuda"):
                if torch.is_autocast_enabled(kind):
                    stack.enter_context(torch.autocast(kind, enabled=False))
            if torch.get_default_device().type != "cpu":  # as a context it costs a little at every operation
                stack.enter_context(torch.device("cpu"))
            yield
    finally:
        _EXACT.leave()


def _fp32_settings() -> list[Any]:
    """Return the objects whose ``fp32_precision`` may lower the precision of float32; none before torch 2.9."""
    backends = torch.backends
    objects = [backends, backends.cuda.matmul, backends.cudnn, backends.mkldnn]
    objects += [
        getattr(of, name, None) for of in (backends.cudnn, backends.mkldnn) for name in ("conv", "rnn", "matmul")
    ]
    return [of for of in objects if hasattr(of, "fp32_precision")]


class _Exact:
    """The settings that hold for all threads together."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._within = 0
        self._before = ExitStack()

    def enter(self) -> None:
        with self._lock:
            if not self._within:
                self._set_all()
            self._within += 1

    def leave(self) -> None:
        with self._lock:
            self._within -= 1
            if not self._within:
                self._before.close()

    def _set_all(self) -> None:
        self._before.callback(torch.set_default_dtype, torch.get_default_dtype())
        torch.set_default_dtype(torch.float32)
        cudnn = torch.backends.cudnn
        for of, name, value in ((cudnn, "enabled", True), (cudnn, "benchmark", False), (cudnn, "deterministic", True)):
            self._before.callback(setattr, of, name, getattr(of, name))
            setattr(of, name, value)
        # Of two interfaces, the older one raises while settings of the newer one disagree with it.
        with suppress(RuntimeError):
            self._before.callback(torch.set_float32_matmul_precision, torch.get_float32_matmul_precision())
        with suppress(RuntimeError):
            self._before.callback(setattr, cudnn, "allow_tf32", cudnn.allow_tf32)
        for of, value in [(of, of.fp32_precision) for of in _fp32_settings()]:  # read before any is set: they inherit
            self._before.callback(setattr, of, "fp32_precision", value)
            of.fp32_precision = "ieee"
        torch.set_float32_matmul_precision("highest")
        cudnn.allow_tf32 = False


_EXACT = _Exact()


def describe(device: torch.device) -> str:
    """Describe the device, for provenance."""
    if device.type == "cuda":
        return torch.cuda.get_device_name(device)
    names = [line.partition(":")[2].strip() for line in _cpuinfo() if line.startswith("model name")]
    threads = torch.get_num_threads()
    processor = names[0] if names else platform.processor() or platform.machine()
    return f"{processor}, {threads} thread{'s' if threads > 1 else ''}"


def _cpuinfo() -> list[str]:
    try:
        return Path("/proc/cpuinfo").read_text("utf-8").splitlines()
    except OSError:
        return []
