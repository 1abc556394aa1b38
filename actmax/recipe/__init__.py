"""What is requested: a recipe's fields and identity, the named methods, the grammar of targets. Needs no torch."""

from actmax.recipe.methods import ACCENTUATION, DEFAULT, METHODS, OVERRIDABLE, accentuation, compose
from actmax.recipe.recipe import ALGORITHM, Recipe
from actmax.recipe.renamed import RENAMED
from actmax.recipe.target import Target, parse

__all__ = [
    "ACCENTUATION",
    "ALGORITHM",
    "DEFAULT",
    "METHODS",
    "OVERRIDABLE",
    "RENAMED",
    "Recipe",
    "Target",
    "accentuation",
    "compose",
    "parse",
]
