"""The mathematics, as plain functions: gradient ascent, objectives, parameterizations, optimizers and more."""

from actmax.ascent.constraints import Constraint, blur, bounded, clip, l2_decay, length
from actmax.ascent.gradient_ascent import ascend, gradient
from actmax.ascent.objectives import Objective, logsumexp
from actmax.ascent.optimize import Method, Step, optimize
from actmax.ascent.optimizers import Optimizer, adam, gradient_ascent
from actmax.ascent.params import Canvas, Parameterization, Params, fourier, generator, learned, phase, pixels
from actmax.ascent.penalties import (
    Penalty,
    channel_statistics_penalty,
    feature_distance,
    l2_penalty,
    total_variation,
)
from actmax.ascent.transforms import Transform, View, affine, jitter, rotate, scale

__all__ = [
    "Canvas",
    "Constraint",
    "Method",
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
    "ascend",
    "blur",
    "bounded",
    "channel_statistics_penalty",
    "clip",
    "feature_distance",
    "fourier",
    "generator",
    "gradient",
    "gradient_ascent",
    "jitter",
    "l2_decay",
    "l2_penalty",
    "learned",
    "length",
    "logsumexp",
    "optimize",
    "phase",
    "pixels",
    "rotate",
    "scale",
    "total_variation",
]
