"""The mathematics, as plain functions: gradient ascent, objectives, parameterizations, optimizers and more."""

from actmax.ascent.composition import Composition, Step, climb
from actmax.ascent.constraints import Constraint, blur, bounded, length, shrunk, within_range
from actmax.ascent.gradient import ascend, gradient
from actmax.ascent.objectives import Objective, against_rivals
from actmax.ascent.optimizers import Optimizer, adam, gradient_ascent
from actmax.ascent.params import Canvas, Parameterization, Params, fourier, generator, learned, phase, pixels
from actmax.ascent.penalties import (
    Penalty,
    distance_of_features,
    squared_distance_from_grey,
    total_variation,
    unlikeness,
)
from actmax.ascent.transforms import Transform, View, affine, jitter, rotate, zoom

__all__ = [
    "Canvas",
    "Composition",
    "Constraint",
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
    "blur",
    "bounded",
    "climb",
    "distance_of_features",
    "fourier",
    "generator",
    "gradient",
    "gradient_ascent",
    "jitter",
    "learned",
    "length",
    "phase",
    "pixels",
    "rotate",
    "shrunk",
    "squared_distance_from_grey",
    "total_variation",
    "unlikeness",
    "within_range",
    "zoom",
]
