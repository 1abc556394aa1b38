"""What is asked: a recipe's fields and identity, the named methods, the grammar of targets. Needs no torch."""

from actmax.recipe.methods import DEFAULT, METHODS, OVERRIDABLE, compose
from actmax.recipe.recipe import ALGORITHM, Recipe
from actmax.recipe.target import Target, parse

__all__ = ["ALGORITHM", "DEFAULT", "METHODS", "OVERRIDABLE", "Recipe", "Target", "compose", "parse"]
