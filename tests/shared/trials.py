"""Open files that may do harm in a process of its own, and check the outcome, the processor time and the memory.

``pyproject.toml`` puts this folder on pytest's path: ``from trials import Trials``. Run as a script, this file is that
process.
"""

from __future__ import annotations

import contextlib
import json
import re
import resource
import select
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

MAX_SECONDS = 2.0
"""Processor time for a file; other load on the machine does not count."""
MAX_MEGABYTES = 500
MAX_MESSAGE = 5000
"""Characters."""
TIMEOUT = 120.0
"""Seconds after which the process counts as hanging, on however busy a machine."""
START_TIMEOUT = 600.0
"""The same for its first file, before which it imports torch."""
REMEDIES = ("Save", "Name", "Take", "Use", "Remove", "Install")
"""The first words of sentences that tell the user what to do."""


class Trials:
    """A process that opens one file after another.

    Args:
        kind: of file: ``weights`` or ``picture``.
    """

    def __init__(self, kind: str) -> None:
        self.kind = kind
        self.tried = self.accepted = self.refused = 0
        self.slowest: tuple[float, str] = (0.0, "none")
        self.largest: tuple[float, str] = (0.0, "none")
        self._timeout = START_TIMEOUT
        self._process: subprocess.Popen[str] | None = None

    def __call__(self, name: str, path: Path | str, **options: Any) -> Outcome:
        """Open a file and return the outcome, with whatever is wrong in it as its faults."""
        outcome = self.open({"path": str(path), **options})
        self.tried += 1
        self.accepted += outcome.result is not None
        self.refused += outcome.message is not None
        self.slowest = max(self.slowest, (outcome.seconds, name))
        self.largest = max(self.largest, (outcome.megabytes, name))
        faults = list(outcome.faults)
        if outcome.message is not None:
            faults += message_faults(outcome.message, str(path))
        if outcome.seconds > MAX_SECONDS:
            faults.append(f"took {outcome.seconds:.1f} s")
        if outcome.megabytes > MAX_MEGABYTES:
            faults.append(f"took {outcome.megabytes:.0f} MB")
        outcome.faults = [f"{name}: {fault}" for fault in faults]
        return outcome

    def summary(self) -> str:
        """Return a line for the report."""
        return (
            f"{self.kind}: {self.tried} tried, {self.accepted} accepted, {self.refused} refused; slowest "
            f"{self.slowest[0]:.2f} s ({self.slowest[1]}), most memory {self.largest[0]:.0f} MB ({self.largest[1]})"
        )

    def close(self) -> None:
        """End the process."""
        if self._process:
            self._process.kill()
            self._process.communicate()
            self._process = None

    def open(self, request: dict[str, Any]) -> Outcome:
        """Send a request to the process, which is started if there is none, and wait for the outcome."""
        started = time.perf_counter()
        if not self._process:
            command = [sys.executable, "-W", "ignore", __file__, self.kind]
            self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
            self._timeout = START_TIMEOUT
        process = self._process
        assert process.stdin
        assert process.stdout
        process.stdin.write(json.dumps(request) + "\n")
        process.stdin.flush()
        timeout, self._timeout = self._timeout, TIMEOUT
        if not select.select([process.stdout], [], [], timeout)[0]:
            self.close()
            return Outcome(time.perf_counter() - started, 0, faults=["hangs"])
        if line := process.stdout.readline():
            return Outcome(**json.loads(line))
        self.close()
        return Outcome(time.perf_counter() - started, 0, faults=[f"ended the process ({process.returncode})"])


@dataclass
class Outcome:
    """The outcome of opening a file."""

    seconds: float
    megabytes: float
    message: str | None = None
    """The error, if the file was refused."""
    result: Any = None
    """A summary of the content, if the file was accepted."""
    faults: list[str] = field(default_factory=list)


def message_faults(message: str, path: str) -> list[str]:
    """Return what is wrong with an error: it must be one paragraph that names the file and the remedy."""
    named = path if path.isprintable() else repr(path)
    return [
        f"{fault}: {message[:300]!r}"
        for fault, present in {
            "no paragraph": not message.isprintable(),
            "a traceback": "Traceback" in message,
            "too long": len(message) > MAX_MESSAGE,
            "the file is not named": named[:70] not in message,
            "no remedy": not re.search(rf"(^|\. )({'|'.join(REMEDIES)}) [^.]*", message),
        }.items()
        if present
    ]


def _memory(field_name: str) -> float:
    """Return megabytes of this process: in use (VmRSS), or the peak since /proc/self/clear_refs was written (VmHWM)."""
    try:
        status = Path("/proc/self/status").read_text("ascii")
    except OSError:  # not Linux: the peak since the start
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1 << 20)
    match = re.search(rf"{field_name}:\s+(\d+) kB", status)
    return int(match[1]) / 1024 if match else 0.0


def _weights() -> Callable[[dict[str, Any]], Any]:
    import torch

    from actmax.networks.load import load

    def open_weights(request: dict[str, Any]) -> Any:
        network = load(request["network"], Path(request["path"]))
        logits = network.logits(torch.full((1, 3, *network.size), 0.5))
        return {"finite": bool(logits.isfinite().all()), "shape": list(logits.shape), "first": logits[0, 0].item()}

    return open_weights


def _picture() -> Callable[[dict[str, Any]], Any]:
    from actmax.pictures import read_rgb

    def open_picture(request: dict[str, Any]) -> Any:
        image = read_rgb(Path(request["path"]))
        points = [(image.width * x // 4, image.height * y // 4) for y in (1, 3) for x in (1, 3)]
        return {"mode": image.mode, "size": image.size, "pixels": [image.getpixel(point) for point in points]}

    return open_picture


def _main(kind: str) -> None:
    from actmax.errors import ActmaxError

    resource.setrlimit(resource.RLIMIT_AS, (24 << 30, 24 << 30))  # a bomb ends this process, not the machine
    open_file = {"weights": _weights, "picture": _picture}[kind]()
    for line in sys.stdin:
        with contextlib.suppress(OSError):
            Path("/proc/self/clear_refs").write_text("5", "ascii")
        before, started = _memory("VmRSS"), time.process_time()
        outcome: dict[str, Any] = {}
        try:
            outcome["result"] = open_file(json.loads(line))
        except ActmaxError as error:
            outcome["message"] = str(error)
        except Exception as error:  # noqa: BLE001 - any other exception is a fault
            outcome["faults"] = [f"raised {error!r}"[:300]]
        outcome["seconds"] = time.process_time() - started
        outcome["megabytes"] = _memory("VmHWM") - before
        print(json.dumps(outcome), flush=True)


if __name__ == "__main__":
    _main(sys.argv[1])
