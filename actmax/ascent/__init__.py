"""The mathematics, as plain functions to compose: objectives, parameterizations, transforms, penalties and more."""

from actmax.ascent import constraints, gradients, objectives, optimizers, params, penalties, transforms
from actmax.ascent.optimize import Method, Step, optimize
from actmax.ascent.params import Canvas

__all__ = [
    "Canvas",
    "Method",
    "Step",
    "constraints",
    "gradients",
    "objectives",
    "optimize",
    "optimizers",
    "params",
    "penalties",
    "transforms",
]
