"""The author's tools: what `python -m gen` does, beside mkdocs.yml."""

from gen.tools.draw import LOCAL, Forecast, draw, forecast, share
from gen.tools.engine import write_engine
from gen.tools.explain import explain
from gen.tools.merge import merge
from gen.tools.prune import prune
from gen.tools.redraw import redraw
from gen.tools.verify import Verified, verify
from gen.tools.write import write

__all__ = [
    "LOCAL",
    "Forecast",
    "Verified",
    "draw",
    "explain",
    "forecast",
    "merge",
    "prune",
    "redraw",
    "share",
    "verify",
    "write",
    "write_engine",
]
