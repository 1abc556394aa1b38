"""Activation maximization: what does this neuron respond to?

The names below are loaded when they are first used: ``import actmax`` costs no torch.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from actmax.errors import ActmaxError
    from actmax.networks.labels import classes, resolve
    from actmax.networks.network import load
    from actmax.networks.weights import source
    from actmax.pipeline.draw import decide, draw, published
    from actmax.recipe.recipe import METHODS, Recipe, compose
    from actmax.store.store import Store

__all__ = [
    "METHODS",
    "ActmaxError",
    "Recipe",
    "Store",
    "classes",
    "compose",
    "decide",
    "draw",
    "load",
    "published",
    "resolve",
    "source",
]

_HOMES = {
    "errors": ("ActmaxError",),
    "recipe.recipe": ("METHODS", "Recipe", "compose"),
    "store.store": ("Store",),
    "networks.labels": ("classes", "resolve"),
    "networks.weights": ("source",),
    "networks.network": ("load",),
    "pipeline.draw": ("decide", "draw", "published"),
}


def __getattr__(name: str) -> Any:
    for home, names in _HOMES.items():
        if name in names:
            return getattr(import_module(f"actmax.{home}"), name)
    raise AttributeError(f"module 'actmax' has no attribute {name!r}")
