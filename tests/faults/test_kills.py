"""Two writers that are killed at random moments, over and over, and a reader beside them: what was acknowledged is
there, whole, and never older than that."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import fakes
import pytest
from recipes import of_class

ROUNDS = 500 if os.environ.get("ACTMAX_FAULTS") == "whole" else 25
"""Each kills two."""
SCRIPT = """
import json, os, random, signal, sys, time
from pathlib import Path
from actmax.store import Record, Store

root, rounds, records = Path(sys.argv[1]), int(sys.argv[2]), [Record.model_validate_json(one) for one in sys.argv[3:]]
dice = random.Random(0)
known = {place: -1 for place in range(3)}  # the last turn of each drawing that a writer was told is stored
lost, torn, reads, turn, written = [], [], 0, 0, 0

def write(own, turn, pipe):
    store = Store(root)
    store.sweep()
    while True:  # a drawing of one's own, and one that both write
        for place in (own, 2):
            word = b"%d" % turn
            store.put({"drawing.png": word * 500, "frames.webp": word * 50}, records[place])
            os.write(pipe, b"%d %d\\n" % (place, turn))
            turn += 2

def look():
    global reads
    store = Store(root)
    for place, record in enumerate(records):
        entry = store.get(record.recipe)
        if entry is None:
            yield place, None
            continue
        reads += 1
        try:
            picture, frames = entry.read("drawing.png"), entry.read("frames.webp")
        except Exception:  # it was replaced meanwhile, which is said
            continue
        length = len(picture) // 500
        if picture != picture[:length] * 500 or frames != picture[:length] * 50:
            torn.append([place, picture[:20].decode(), frames[:20].decode()])
        yield place, int(picture[:length])

for _ in range(rounds):
    children = []
    for own in (0, 1):
        mine, theirs = os.pipe()
        child = os.fork()
        if child == 0:
            os.close(mine)
            write(own, turn + own, theirs)
        os.close(theirs)
        children.append((child, mine))
    end = time.monotonic() + dice.uniform(0.02, 0.15)
    while time.monotonic() < end:
        list(look())
    for child, _ in dice.sample(children, 2):
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
    told = b"".join(part for _, pipe in children for part in iter(lambda: os.read(pipe, 65536), b""))
    for _, pipe in children:
        os.close(pipe)
    latest = dict(known)
    for line in told.splitlines():
        place, number = map(int, line.split())
        written += 1
        turn = max(turn, number)
        # Of the one that both write, either's last may have been the later.
        latest[place] = max(latest[place], number) if place != 2 else number
    Store(root).sweep()
    for place, there in look():
        if known[place] >= 0 and there is None or place != 2 and (there if there is not None else -1) < latest[place]:
            lost.append([place, there, latest[place]])
    known, turn = latest, turn + 2 - turn % 2
print(json.dumps({"lost": lost, "torn": torn, "reads": reads, "written": written}))
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="the writers are forks")
def test_what_two_killed_writers_have_acknowledged_is_there_and_whole(tmp_path: Path, tried: Any) -> None:
    records = [fakes.record(of_class(index)).model_dump_json() for index in range(3)]
    words = [sys.executable, "-c", SCRIPT, str(tmp_path / "store"), str(ROUNDS), *records]
    found = json.loads(subprocess.check_output(words, text=True))
    tried.add("kills", tried=2 * ROUNDS, lost=len(found["lost"]), torn=len(found["torn"]), reads=found["reads"])
    assert (found["lost"], found["torn"]) == ([], [])
    assert found["written"] > ROUNDS
    assert found["reads"] > ROUNDS
