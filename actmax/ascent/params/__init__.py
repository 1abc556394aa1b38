"""What moves, and the image that it stands for: pixels, waves, their phases, a generator's weights or its code."""

from actmax.ascent.params.canvas import Canvas, Parameterization, Params
from actmax.ascent.params.fourier import fourier
from actmax.ascent.params.generator import generator
from actmax.ascent.params.learned import learned
from actmax.ascent.params.phase import phase
from actmax.ascent.params.pixels import pixels

__all__ = ["Canvas", "Parameterization", "Params", "fourier", "generator", "learned", "phase", "pixels"]
