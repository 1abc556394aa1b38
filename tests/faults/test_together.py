"""Two builds, a redraw and a prune run at once, over and over: each build is consistent (every picture stands with its
own measurements) or raises an error that asks for another run, and no picture that a page shows is pruned."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from nightly import smoke
from projects import ROOT, environment

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
from gen.pages import SiteInfo
from gen.tools.prune import prune

# A role ends after so many rounds; without a number, when the file `stop` is there.
role, root, values, rounds = sys.argv[1], Path(sys.argv[2]), json.loads(sys.argv[3]), json.loads(sys.argv[4])
dice = random.Random(role)

def put(prepared, recipe):
    # A probability that only this picture has, so that measurements of another picture are noticed.
    green = dice.randrange(250)
    measures = fakes.measures(parse(recipe.target).unit, 1, probability(green))
    files = fakes.files(recipe.model_copy(update={"seed": green}))
    prepared.store.put(files, fakes.record(recipe, measures=dict.fromkeys(("drawing.png", "drawing.jpg"), measures)))

def probability(green):
    return round(0.5 + green / 1000, 3)

def prepared():
    return site.prepare(site.Project(values, root / "mkdocs.yml"))

def build():
    contents, outcome = site.generate(ready := prepared(), lambda _: None, SiteInfo())
    assert outcome.drawn == 0, "a drawing that a page shows was gone"
    files = dict(site.files(ready, contents))
    for entry in contents.entries.values():
        master = files[f"gallery/drawings/{entry.picture}.png"]
        assert hashlib.sha256(master).hexdigest().startswith(entry.picture)
        green = Image.open(io.BytesIO(master)).getpixel((0, 0))[1]
        assert entry.measures().probability == probability(green), "measurements of another picture"

def wait_for_a_build():
    # Return when a build has ended that was still running: builds finish however slow the machine is.
    before = {path: path.read_text() for path in root.glob("*.rounds")}
    while {path: path.read_text() for path in root.glob("*.rounds")} == before and not stop.exists():
        time.sleep(0.01)

stop = root / "stop"
done = again = 0
while not stop.exists() if rounds is None else done + again < rounds:
    try:
        if role == "fill":
            for recipe in prepared().plan.recipes():
                put(prepared(), recipe)
        elif role == "redraw":
            for _ in range(dice.randrange(1, 6)):
                put(prepared(), dice.choice(prepared().plan.recipes()))
            for _ in range(dice.randrange(1, 5)):
                wait_for_a_build()
        elif role == "prune":
            spare = prepared().plan.recipes()[0].model_copy(update={"seed": 7000 + dice.randrange(99)})
            put(prepared(), spare)
            assert prune(prepared(), log=lambda _: None).removed == 1
            wait_for_a_build()
        else:
            build()
        done += 1
    except StoreError as error:
        assert "run the same command again" in str(error), error
        again += 1
    if role.startswith("build"):
        (root / f"{role}.rounds").write_text(str(done + again))
print(json.dumps([done, again]))
"""


@pytest.mark.parametrize(("rounds", "settings"), smoke([(4, SETTINGS | {"second_opinion": False}), (25, SETTINGS)]))
def test_builds_beside_a_redraw_and_a_prune_are_consistent_or_ask_for_another_run(
    rounds: int, settings: dict[str, Any], tmp_path: Path, report: Any
) -> None:
    (tmp_path / "docs").mkdir()
    (tmp_path / "mkdocs.yml").write_text("{}")
    env = environment()
    env["PYTHONPATH"] = os.pathsep.join([str(ROOT), str(ROOT / "tests/shared")])

    def start(role: str, rounds: int | None) -> subprocess.Popen[str]:
        command = [sys.executable, "-c", SCRIPT, role, str(tmp_path), json.dumps(settings), json.dumps(rounds)]
        return subprocess.Popen(command, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    def finish(process: subprocess.Popen[str]) -> tuple[int, int]:
        out, err = process.communicate()
        assert process.returncode == 0, err
        done, again = json.loads(out)
        return done, again

    finish(start("fill", 1))
    builds = [start("build 1", rounds), start("build 2", rounds)]
    others = [start("redraw", None), start("prune", None)]
    consistent, again = map(sum, zip(*map(finish, builds), strict=True))
    (tmp_path / "stop").touch()
    redrawn, pruned = map(finish, others)
    report.add("together", redrawn=redrawn[0], pruned=pruned[0], consistent=consistent, run_again=again)
    assert redrawn[0]
    assert pruned[0]
    assert (redrawn[1], pruned[1]) == (0, 0)
    assert consistent + again == 2 * rounds
    assert finish(start("the next build", 1)) == (1, 0)
