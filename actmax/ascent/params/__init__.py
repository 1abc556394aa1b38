"""Parameterizations: what is optimized, and how it is decoded to an image."""

from actmax.ascent.params.canvas import Canvas, Parameterization, Params
from actmax.ascent.params.cppn import cppn
from actmax.ascent.params.fourier import fourier
from actmax.ascent.params.generator import generator
from actmax.ascent.params.learned import learned
from actmax.ascent.params.phase import phase
from actmax.ascent.params.pixels import pixels
from actmax.ascent.params.pyramid import pyramid

__all__ = [
    "Canvas",
    "Parameterization",
    "Params",
    "cppn",
    "fourier",
    "generator",
    "learned",
    "phase",
    "pixels",
    "pyramid",
]


def __dir__() -> list[str]:
    return [name for name in __all__ if name.islower()]
