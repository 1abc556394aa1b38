from .cards import Card, card
from .labels import Label, classes, resolve_class
from .load import load
from .network import Network
from .weights import Source, resolve_weights
from .wrapping import wrap

__all__ = [
    "Card",
    "Label",
    "Network",
    "Source",
    "card",
    "classes",
    "load",
    "resolve_class",
    "resolve_weights",
    "wrap",
]
