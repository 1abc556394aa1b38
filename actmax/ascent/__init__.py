"""The mathematics, as plain functions: gradient ascent, objectives, parameterizations, optimizers and more."""

from actmax.ascent.composition import Composition, Step, climb
from actmax.ascent.gradient import ascend, gradient
from actmax.ascent.objectives import Objective, against_rivals
from actmax.ascent.optimizers import Optimizer, adam, gradient_ascent
from actmax.ascent.params import Canvas, Parameterization, Params, fourier, generator, pixels
from actmax.ascent.penalties import Penalty, squared_distance_from_grey, total_variation
from actmax.ascent.transforms import Transform, View, affine, jitter, rotate, zoom

__all__ = [
    "Canvas",
    "Composition",
    "Objective",
    "Optimizer",
    "Parameterization",
    "Params",
    "Penalty",
    "Step",
    "Transform",
    "View",
    "adam",
    "affine",
    "against_rivals",
    "ascend",
    "climb",
    "fourier",
    "generator",
    "gradient",
    "gradient_ascent",
    "jitter",
    "pixels",
    "rotate",
    "squared_distance_from_grey",
    "total_variation",
    "zoom",
]
