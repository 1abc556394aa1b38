"""Two writers to one store are killed at random moments, again and again, beside a reader: what a writer acknowledged
is stored, complete, and not replaced by an older version."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import fakes
import pytest
from nightly import smoke
from recipes import of_class

SCRIPT = """
import json, os, random, signal, sys
from pathlib import Path
from actmax.store import Record, Store

root, seed, rounds = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
records = [Record.model_validate_json(text) for text in sys.argv[4:]]
dice = random.Random(seed)
known = {channel: -1 for channel in range(3)}  # the latest count that was acknowledged for each drawing
lost, torn, reads, turn, written = [], [], 0, 0, 0

def write(own, turn, pipe):
    store = Store(root)
    store.sweep()
    while True:  # a drawing of this writer's, and one that both write
        for channel in (own, 2):
            word = b"%d" % turn
            store.put({"drawing.png": word * 500, "frames.webp": word * 50}, records[channel])
            os.write(pipe, b"%d %d\\n" % (channel, turn))
            turn += 2

def read():
    global reads
    store = Store(root)
    for channel, record in enumerate(records):
        entry = store.get(record.recipe)
        if entry is None:
            yield channel, None
            continue
        reads += 1
        try:
            picture, frames = entry.read("drawing.png"), entry.read("frames.webp")
        except Exception:  # it was replaced in the meantime
            continue
        length = len(picture) // 500
        if picture != picture[:length] * 500 or frames != picture[:length] * 50:
            torn.append([channel, picture[:20].decode(), frames[:20].decode()])
        yield channel, int(picture[:length])

for number in range(rounds):
    children = []
    for own in (0, 1):
        mine, theirs = os.pipe()
        child = os.fork()
        if child == 0:
            os.close(mine)
            write(own, turn + own, theirs)
        os.close(theirs)
        children.append((child, mine))
    # In every other round each writer acknowledges something first, so that there is something to lose on any machine.
    firsts = [os.read(pipe, 1) if number % 2 else b"" for _, pipe in children]
    for _ in range(dice.randrange(4)):
        list(read())
    for child, _ in dice.sample(children, 2):
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
    acknowledged = b"".join(
        first + b"".join(iter(lambda: os.read(pipe, 65536), b"")) for first, (_, pipe) in zip(firsts, children)
    )
    for _, pipe in children:
        os.close(pipe)
    latest = dict(known)
    for line in acknowledged.splitlines():
        channel, count = map(int, line.split())
        written += 1
        turn = max(turn, count)
        # For the shared drawing either writer's last count may be the later one.
        latest[channel] = max(latest[channel], count) if channel != 2 else count
    Store(root).sweep()
    for channel, stored in read():
        missing = known[channel] >= 0 and stored is None
        if missing or channel != 2 and (stored if stored is not None else -1) < latest[channel]:
            lost.append([channel, stored, latest[channel]])
    known, turn = latest, turn + 2 - turn % 2
print(json.dumps({"lost": lost, "torn": torn, "reads": reads, "written": written}))
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="the writers are forks")
@pytest.mark.parametrize(("seed", "rounds"), smoke([(0, 4), *((seed, 50) for seed in range(1, 11))]))
def test_what_two_killed_writers_acknowledged_is_stored_and_complete(
    seed: int, rounds: int, tmp_path: Path, report: Any
) -> None:
    records = [fakes.record(of_class(index)).model_dump_json() for index in range(3)]
    command = [sys.executable, "-c", SCRIPT, str(tmp_path / "store"), str(seed), str(rounds), *records]
    counts = json.loads(subprocess.check_output(command, text=True))
    report.add("kills", tried=2 * rounds, lost=len(counts["lost"]), torn=len(counts["torn"]), reads=counts["reads"])
    assert (counts["lost"], counts["torn"]) == ([], [])
    assert counts["written"] >= rounds
    assert counts["reads"] >= rounds
