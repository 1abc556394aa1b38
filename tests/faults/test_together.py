"""Two builds, a redraw and a prune at once, over and over: each build is whole, of pictures that were put together with
the measures beside them, or says in a sentence that it has to be run again; and nothing that a page shows is pruned."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from projects import ROOT, environment

SECONDS = 60 if os.environ.get("ACTMAX_FAULTS") == "whole" else 8
SETTINGS = {
    "network": "compact",
    "size": 64,
    "seeds": [0, 1],
    "methods": {"robust": {"steps": 2}},
    "groups": {"animals": ["zebra", "tiger"], "things": ["volcano"]},
}
SCRIPT = """
import hashlib, io, json, random, sys, time
from pathlib import Path
import fakes
from PIL import Image
from actmax.errors import StoreError
from actmax.recipe import parse
from gen import site
from gen.pages import Place
from gen.tools.prune import prune

role, root, values, end = sys.argv[1], Path(sys.argv[2]), json.loads(sys.argv[3]), time.monotonic() + float(sys.argv[4])
dice = random.Random(role)

def put(prepared, recipe):
    # A probability that only this picture has, so that measures beside another picture are noticed.
    green = dice.randrange(250)
    measures = fakes.measures(parse(recipe.target).unit, 1, probability(green))
    files = fakes.files(recipe.model_copy(update={"seed": green}))
    prepared.store.put(files, fakes.record(recipe, measures=dict.fromkeys(("drawing.png", "drawing.jpg"), measures)))

def probability(green):
    return round(0.5 + green / 1000, 3)

def prepared():
    return site.prepare(values, root / "mkdocs.yml")

def build():
    contents, outcome = site.generate(prepared(), root / "docs", lambda _: None, Place())
    assert outcome.drawn == 0, "a drawing that a page shows was gone"
    files = dict(site.files(contents, root / "docs"))
    for entry in contents.entries.values():
        master = files[f"gallery/drawings/{entry.picture}.png"]
        assert hashlib.sha256(master).hexdigest().startswith(entry.picture)
        green = Image.open(io.BytesIO(master)).getpixel((0, 0))[1]
        assert entry.measures().probability == probability(green), "measures of another picture"

done = again = 0
while time.monotonic() < end:
    try:
        if role == "fill":
            for recipe in prepared().plan.recipes():
                put(prepared(), recipe)
            end = 0
        elif role == "redraw":
            put(prepared(), dice.choice(prepared().plan.recipes()))
            time.sleep(dice.choice([0, 3 * dice.random()]))  # several at once, and a while in which a build can end
        elif role == "prune":
            spare = prepared().plan.recipes()[0].model_copy(update={"seed": 7000 + dice.randrange(99)})
            put(prepared(), spare)
            assert prune(prepared(), say=lambda _: None).removed == 1
        else:
            build()
            end = end if role != "the next build" else 0
        done += 1
    except StoreError as error:
        assert "run the same command again" in str(error), error
        again += 1
print(json.dumps([done, again]))
"""


def test_builds_beside_a_redraw_and_a_prune_are_whole_or_say_so(tmp_path: Path, tried: Any) -> None:
    (tmp_path / "docs").mkdir()
    (tmp_path / "mkdocs.yml").write_text("{}")
    env = environment()
    env["PYTHONPATH"] = os.pathsep.join([str(ROOT), str(ROOT / "tests/shared")])

    def started(role: str) -> subprocess.Popen[str]:
        words = [sys.executable, "-c", SCRIPT, role, str(tmp_path), json.dumps(SETTINGS), str(SECONDS)]
        return subprocess.Popen(words, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    def ended(process: subprocess.Popen[str]) -> tuple[int, int]:
        out, err = process.communicate(timeout=SECONDS + 120)
        assert process.returncode == 0, err
        done, again = json.loads(out)
        return done, again

    ended(started("fill"))
    builds = [started("build 1"), started("build 2")]
    others = [started("redraw"), started("prune")]
    redrawn, pruned = map(ended, others)
    whole, again = map(sum, zip(*map(ended, builds), strict=True))
    tried.add("together", redrawn=redrawn[0], pruned=pruned[0], whole=whole, to_be_run_again=again)
    assert redrawn[0]
    assert pruned[0]
    assert (redrawn[1], pruned[1]) == (0, 0)
    assert whole + again
    assert ended(started("the next build")) == (1, 0)
