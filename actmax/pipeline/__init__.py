"""Recipes -> stored drawings, and measurements of networks: what the store lacks is computed and kept there.

Nothing here imports torch until something is missing.
"""

from actmax.pipeline.draw import Outcome, draw
from actmax.pipeline.measurements import cached, measured, stored
from actmax.pipeline.publish import render_files
from actmax.pipeline.select import NetworkSelection, select_network

__all__ = ["NetworkSelection", "Outcome", "cached", "draw", "measured", "render_files", "select_network", "stored"]
