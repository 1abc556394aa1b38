from .engine.compose import Picture, ascend
from .errors import ActmaxError
from .networks.cards import card
from .networks.labels import classes, resolve
from .networks.load import load
from .networks.network import Network, wrap
from .networks.weights import source
from .pipeline.decide import decide
from .pipeline.draw import draw
from .pipeline.publish import published
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
    "decide",
    "draw",
    "load",
    "published",
    "resolve",
    "source",
    "wrap",
]
