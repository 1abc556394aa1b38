from . import methods
from .ascend import Result, ascend, grid
from .batches import batches
from .render import Drawing, render

__all__ = ["Drawing", "Result", "ascend", "batches", "grid", "methods", "render"]
