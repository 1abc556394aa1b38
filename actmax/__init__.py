"""Activation maximization: what does this neuron respond to?

The names below are loaded when they are first used: ``import actmax`` costs no torch.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from actmax.draw import Decision, Outcome, decide, draw
    from actmax.errors import ActmaxError
    from actmax.labels import Label, labels, resolve
    from actmax.measure import Measures, measure
    from actmax.networks import Network, load
    from actmax.recipe import METHODS, Recipe, compose
    from actmax.render import Drawing, render
    from actmax.store import Entry, Store
    from actmax.weights import Source, source

_HOMES = {
    "ActmaxError": "errors",
    "Decision": "draw",
    "Drawing": "render",
    "Entry": "store",
    "Label": "labels",
    "METHODS": "recipe",
    "Measures": "measure",
    "Network": "networks",
    "Outcome": "draw",
    "Recipe": "recipe",
    "Source": "weights",
    "Store": "store",
    "compose": "recipe",
    "decide": "draw",
    "draw": "draw",
    "labels": "labels",
    "load": "networks",
    "measure": "measure",
    "render": "render",
    "resolve": "labels",
    "source": "weights",
}

__all__ = [
    "METHODS",
    "ActmaxError",
    "Decision",
    "Drawing",
    "Entry",
    "Label",
    "Measures",
    "Network",
    "Outcome",
    "Recipe",
    "Source",
    "Store",
    "compose",
    "decide",
    "draw",
    "labels",
    "load",
    "measure",
    "render",
    "resolve",
    "source",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'actmax' has no attribute {name!r}")
    return getattr(import_module(f"actmax.{_HOMES[name]}"), name)
