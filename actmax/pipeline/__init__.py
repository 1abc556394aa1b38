"""Recipes -> stored drawings: the store is asked first; what it lacks is drawn, encoded, measured and kept.

Nothing here imports torch until something must be drawn or worked out.
"""

from actmax.pipeline.answers import Question, answered, ask
from actmax.pipeline.decide import Decision, decide
from actmax.pipeline.draw import Outcome, draw
from actmax.pipeline.publish import published

__all__ = ["Decision", "Outcome", "Question", "answered", "ask", "decide", "draw", "published"]
