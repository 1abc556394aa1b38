"""What moves, and the image that it stands for: pixels, Fourier coefficients, or an untrained generator's weights."""

from actmax.ascent.params.canvas import Canvas, Parameterization, Params
from actmax.ascent.params.fourier import fourier
from actmax.ascent.params.generator import generator
from actmax.ascent.params.pixels import pixels

__all__ = ["Canvas", "Parameterization", "Params", "fourier", "generator", "pixels"]
