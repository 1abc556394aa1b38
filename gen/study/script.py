"""The write-up's script: what it saves is shown on the page."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import actmax
from actmax.errors import ActmaxError
from actmax.files import digest
from actmax.measure.kinds import OUTPUT
from actmax.measure.models import Output
from actmax.networks.weights import resolve_weights
from actmax.pipeline.measurements import measured
from actmax.store.store import Store

if TYPE_CHECKING:
    from actmax.networks.network import Network

SCRIPT = Path(__file__).with_name("zebra.py")
"""Not imported, but run; it saves a picture beside where it is run."""
NETWORK, TARGET, PICTURE = "compact", "fc8:340", "zebra.png"
"""What the script loads, maximizes and saves."""


def output(store: Store) -> Output:
    """Return the picture that the script saves, and the prediction of its network; stored, or computed now.

    Raises:
        ActmaxError: the script fails.
    """
    code = SCRIPT.read_bytes()

    def compute(network: Network) -> Output:
        from actmax.measure.measure import decode, measure

        picture = _run()
        return Output(picture=picture, measures=measure(network, TARGET, decode(picture)))

    return measured(OUTPUT, {"script": digest(code)}, compute, resolve_weights(NETWORK), store)


def _run() -> bytes:
    paths = [str(Path(actmax.__file__).parents[1]), *filter(None, [os.environ.get("PYTHONPATH")])]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(paths)}
    with TemporaryDirectory() as folder:
        done = subprocess.run(  # noqa: S603 - our own script
            [sys.executable, str(SCRIPT)], cwd=folder, env=environment, capture_output=True, text=True, check=False
        )
        if done.returncode:
            raise ActmaxError(f"{SCRIPT.name} failed: {(done.stderr.strip().splitlines() or ['no message'])[-1]}.")
        return (Path(folder) / PICTURE).read_bytes()
