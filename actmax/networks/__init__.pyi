from .cards import Card, card
from .labels import Label, classes, resolve
from .load import load
from .network import Network, wrap
from .weights import Source, source

__all__ = [
    "Card",
    "Label",
    "Network",
    "Source",
    "card",
    "classes",
    "load",
    "resolve",
    "source",
    "wrap",
]
