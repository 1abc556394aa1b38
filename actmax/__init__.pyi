from .ascent import constraints, gradients, objectives, optimizers, params, penalties, transforms
from .ascent.optimize import Method, Step, optimize
from .engine import methods
from .engine.ascend import Result, ascend, grid
from .engine.methods import method
from .errors import ActmaxError
from .networks.cards import card
from .networks.labels import classes, resolve_class
from .networks.load import load
from .networks.network import Network
from .networks.weights import resolve_weights
from .networks.wrapping import wrap
from .pipeline.draw import draw
from .pipeline.publish import render_files
from .pipeline.select import select_network
from .recipe.methods import METHODS, compose
from .recipe.recipe import Recipe
from .store.store import Store

__all__ = [
    "METHODS",
    "ActmaxError",
    "Method",
    "Network",
    "Recipe",
    "Result",
    "Step",
    "Store",
    "ascend",
    "card",
    "classes",
    "compose",
    "constraints",
    "draw",
    "gradients",
    "grid",
    "load",
    "method",
    "methods",
    "objectives",
    "optimize",
    "optimizers",
    "params",
    "penalties",
    "render_files",
    "resolve_class",
    "resolve_weights",
    "select_network",
    "transforms",
    "wrap",
]
