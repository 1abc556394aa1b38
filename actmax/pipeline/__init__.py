"""Recipes -> stored drawings: the store is asked first; what it lacks is drawn, encoded, measured and kept.

Nothing here imports torch until something must be drawn or worked out.
"""

from actmax.pipeline.answers import Question, answered, ask
from actmax.pipeline.draw import Outcome, draw
from actmax.pipeline.publish import render_files
from actmax.pipeline.select import NetworkSelection, select_network

__all__ = ["NetworkSelection", "Outcome", "Question", "answered", "ask", "draw", "render_files", "select_network"]
