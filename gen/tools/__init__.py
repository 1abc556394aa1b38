"""The commands of `python -m gen`."""

from gen.tools.draw import LOCAL, Estimate, draw, estimate, share
from gen.tools.engine import write_engine
from gen.tools.explain import explain
from gen.tools.merge import merge
from gen.tools.portable import is_guest, left_out
from gen.tools.prune import prune
from gen.tools.redraw import redraw
from gen.tools.verify import Verified, verify
from gen.tools.write import require_ours, write, write_tree

__all__ = [
    "LOCAL",
    "Estimate",
    "Verified",
    "draw",
    "estimate",
    "explain",
    "is_guest",
    "left_out",
    "merge",
    "prune",
    "redraw",
    "require_ours",
    "share",
    "verify",
    "write",
    "write_engine",
    "write_tree",
]
