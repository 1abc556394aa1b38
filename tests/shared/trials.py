"""Files that may do harm, opened by a process of its own: what came of it, how long it took, how much memory it took.

``pyproject.toml`` puts this folder on pytest's path: ``from trials import Trials``. As a script it is that process.
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

SECONDS = 2.0
"""Of the processor: whether the machine has other things to do is no matter."""
MEGABYTES = 500
LONGEST = 5000
"""Letters in a message."""
HANGS = 30.0
"""Seconds after which no answer is awaited any more."""
REMEDIES = ("Save", "Name", "Take", "Remove", "Install")
"""With what the sentence begins that tells what to do."""


class Trials:
    """Opens one file after another, and tells of each what is wrong with what became of it.

    Args:
        kind: of file: ``weights`` or ``picture``.
    """

    def __init__(self, kind: str) -> None:
        self.kind = kind
        self.tried = self.accepted = self.refused = 0
        self.slowest: tuple[float, str] = (0.0, "none")
        self.largest: tuple[float, str] = (0.0, "none")
        self._process: subprocess.Popen[str] | None = None

    def __call__(self, name: str, path: Path | str, **asked: Any) -> Answer:
        """Opens a file. What it is called by in messages is its path."""
        answer = self._ask({"path": str(path), **asked})
        self.tried += 1
        self.accepted += answer.result is not None
        self.refused += answer.said is not None
        self.slowest = max(self.slowest, (answer.seconds, name))
        self.largest = max(self.largest, (answer.megabytes, name))
        faults = list(answer.faults)
        if answer.said is not None:
            faults += wrong(answer.said, str(path))
        if answer.seconds > SECONDS:
            faults.append(f"took {answer.seconds:.1f} s")
        if answer.megabytes > MEGABYTES:
            faults.append(f"took {answer.megabytes:.0f} MB")
        answer.faults = [f"{name}: {fault}" for fault in faults]
        return answer

    def summary(self) -> str:
        """One line of what has been."""
        return (
            f"{self.kind}: {self.tried} tried, {self.accepted} accepted, {self.refused} refused; slowest "
            f"{self.slowest[0]:.2f} s ({self.slowest[1]}), most memory {self.largest[0]:.0f} MB ({self.largest[1]})"
        )

    def close(self) -> None:
        """Ends the process."""
        if self._process:
            self._process.kill()
            self._process.communicate()
            self._process = None

    def _ask(self, question: dict[str, Any]) -> Answer:
        started = time.perf_counter()
        if not self._process:
            words = [sys.executable, "-W", "ignore", __file__, self.kind]
            self._process = subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        process = self._process
        assert process.stdin
        assert process.stdout
        process.stdin.write(json.dumps(question) + "\n")
        process.stdin.flush()
        if not select.select([process.stdout], [], [], HANGS)[0]:
            self.close()
            return Answer(time.perf_counter() - started, 0, faults=["hangs"])
        if line := process.stdout.readline():
            return Answer(**json.loads(line))
        self.close()
        return Answer(time.perf_counter() - started, 0, faults=[f"ended the process ({process.returncode})"])


@dataclass
class Answer:
    """What became of a file."""

    seconds: float
    megabytes: float
    said: str | None = None
    """Why it was refused."""
    result: Any = None
    """What is known of what was accepted."""
    faults: list[str] = field(default_factory=list)


def wrong(message: str, path: str) -> list[str]:
    """What a refusal lacks: it is a paragraph that names the file and the remedy."""
    named = path if path.isprintable() else repr(path)
    return [
        f"{fault}: {message[:300]!r}"
        for fault, so in {
            "no paragraph": not message.isprintable(),
            "a traceback": "Traceback" in message,
            "too long": len(message) > LONGEST,
            "the file is not named": named[:70] not in message,
            "no remedy": not re.search(rf"(^|\. )({'|'.join(REMEDIES)}) [^.]*", message),
        }.items()
        if so
    ]


def _memory(which: str) -> float:
    """Megabytes that this process has (VmRSS), or has had since it was last asked to forget (VmHWM)."""
    try:
        status = Path("/proc/self/status").read_text("ascii")
    except OSError:  # elsewhere than on Linux the most that there has ever been
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1 << 20)
    found = re.search(rf"{which}:\s+(\d+) kB", status)
    return int(found[1]) / 1024 if found else 0.0


def _weights() -> Callable[[dict[str, Any]], Any]:
    import torch

    from actmax.networks.load import load

    def open_one(question: dict[str, Any]) -> Any:
        network = load(question["network"], Path(question["path"]))
        logits = network.logits(torch.full((1, 3, *network.size), 0.5))
        return {"finite": bool(logits.isfinite().all()), "shape": list(logits.shape), "first": logits[0, 0].item()}

    return open_one


def _picture() -> Callable[[dict[str, Any]], Any]:
    from actmax.pictures import read_rgb

    def open_one(question: dict[str, Any]) -> Any:
        image = read_rgb(Path(question["path"]))
        places = [(image.width * x // 4, image.height * y // 4) for y in (1, 3) for x in (1, 3)]
        return {"mode": image.mode, "size": image.size, "pixels": [image.getpixel(place) for place in places]}

    return open_one


def _main(kind: str) -> None:
    from actmax.errors import ActmaxError

    resource.setrlimit(resource.RLIMIT_AS, (24 << 30, 24 << 30))  # a bomb ends this process and not the machine
    open_one = {"weights": _weights, "picture": _picture}[kind]()
    for line in sys.stdin:
        with contextlib.suppress(OSError):
            Path("/proc/self/clear_refs").write_text("5", "ascii")
        before, started = _memory("VmRSS"), time.process_time()
        answer: dict[str, Any] = {}
        try:
            answer["result"] = open_one(json.loads(line))
        except ActmaxError as error:
            answer["said"] = str(error)
        except Exception as error:  # noqa: BLE001 - whatever else is a fault, and told
            answer["faults"] = [f"raised {error!r}"[:300]]
        answer["seconds"] = time.process_time() - started
        answer["megabytes"] = _memory("VmHWM") - before
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    _main(sys.argv[1])
