"""The author's tools: what `python -m gen` does, beside mkdocs.yml."""

from gen.tools.engine import write_engine
from gen.tools.explain import explain
from gen.tools.prune import prune
from gen.tools.redraw import redraw
from gen.tools.write import write

__all__ = ["explain", "prune", "redraw", "write", "write_engine"]
