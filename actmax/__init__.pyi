from .engine.ascend import Picture, ascend
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
    "Network",
    "Picture",
    "Recipe",
    "Store",
    "ascend",
    "card",
    "classes",
    "compose",
    "draw",
    "load",
    "render_files",
    "resolve_class",
    "resolve_weights",
    "select_network",
    "wrap",
]
